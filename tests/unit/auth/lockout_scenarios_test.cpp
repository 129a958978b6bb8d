// Days of guessing, on the real authenticator and a real store, with a clock that the test moves: what guessing gains,
// and what it costs the owner.
#include "tests/unit/auth/authenticator_fixture.hpp"

namespace postern::auth {
namespace {

constexpr long long day = 86'400;

class LockoutScenario : public AuthenticatorFixture {
protected:
    LockoutScenario() {
        settings_.password_threads = 1;
        victim_ = add("victim@example.org", "right");
        hasher_.verified = 0;
    }

    Verdict guess(const std::string& name, const std::string& password, const AttemptContext& context) {
        return authenticator_.authenticate({name, "", base::Secret(password)}, context);
    }
    /// Whether a guess at the victim was looked at: hashed, and not merely refused.
    bool is_looked_at(const std::string& password, const AttemptContext& context) {
        const int before = hasher_.verified;
        EXPECT_FALSE(guess("victim@example.org", password, context));
        return hasher_.verified != before;
    }
    static AttemptContext bot(int number) {
        return from("10." + std::to_string(number / 65536) + '.' + std::to_string(number / 256 % 256) + '.' +
                    std::to_string(number % 256));
    }
    std::string make_app_password() {
        const CredentialId id = random_id();
        const AppPassword made = generate_app_password(id);
        const Credential credential{.id = id,
                                    .account = victim_,
                                    .kind = CredentialKind::app_password,
                                    .verifier = base::Secret(app_password_verifier(test_store_.keyring, made)),
                                    .scope = "imap,smtp",
                                    .label = "phone",
                                    .created_at = test_store_.clock.now()};
        EXPECT_TRUE(*store_.change([&](Transaction& t) { return t.credentials().add(credential); }));
        return std::string(text_of(made).reveal());
    }

    AccountId victim_ = 0;
    const AttemptContext home_ = from("192.0.2.1");
    void move(long long seconds) { test_store_.clock.seconds += seconds; }
};

TEST_F(LockoutScenario, FiveThousandAddressesGuessFortyTimesADayAtMostAndTheOwnerNeverNotices) {
    const std::string app_password = make_app_password();
    AttemptContext browser = from("198.51.100.7", Channel::portal);
    browser.device = "cookie of the known browser";
    ASSERT_TRUE(guess("victim@example.org", "right", home_));
    ASSERT_TRUE(guess("victim@example.org", "right", browser));
    int looked_at = 0;
    int refused_owner = 0;
    int number = 0;
    // A guess every 20 seconds from an address that is never the same twice; the phone asks every five minutes.
    for (long long second = 0; second < day; second += 20) {
        looked_at += is_looked_at("guess" + std::to_string(number), bot(number % 5000)) ? 1 : 0;
        ++number;
        if (second % 300 == 0) {
            refused_owner += guess("victim@example.org", "right", home_) ? 0 : 1;
            refused_owner += guess("victim@example.org", app_password, bot(number)) ? 0 : 1;
            refused_owner += guess("victim@example.org", "right", browser) ? 0 : 1;
        }
        move(20);
    }
    RecordProperty("guesses_looked_at_on_day_one", looked_at);
    EXPECT_LE(looked_at, 40);
    EXPECT_GE(looked_at, 5) << "or nothing was measured";
    EXPECT_EQ(refused_owner, 0);
}

TEST_F(LockoutScenario, AMonthOfGuessingGainsAHundredAndThirtyGuessesAtMost) {
    int looked_at = 0;
    int number = 0;
    for (long long hour = 0; hour < 30 * 24; ++hour) {
        for (int i = 0; i < 3; ++i) {
            looked_at += is_looked_at("guess" + std::to_string(number), bot(number % 5000)) ? 1 : 0;
            ++number;
        }
        move(3600);
    }
    RecordProperty("guesses_looked_at_in_a_month", looked_at);
    EXPECT_LE(looked_at, 130);
}

TEST_F(LockoutScenario, OneAddressGainsNoMore) {
    int looked_at = 0;
    for (long long second = 0; second < day; second += 20) {
        looked_at += is_looked_at("guess" + std::to_string(second), bot(1)) ? 1 : 0;
        move(20);
    }
    EXPECT_LE(looked_at, 40);
}

TEST_F(LockoutScenario, AStalePhoneCostsOneChargeAndTwoHashesInAWeek) {
    ASSERT_TRUE(accounts_.set_password(victim_, base::Secret("plain1:new")));
    hasher_.verified = 0;
    int refused_owner = 0;
    for (long long minute = 0; minute < 7 * 24 * 60; ++minute) {
        EXPECT_EQ(outcome_of(guess("victim@example.org", "right", from("203.0.113.9"))), "wrong_credentials");
        if (minute % 720 == 0) {
            const int before = hasher_.verified;
            refused_owner += guess("victim@example.org", "new", home_) ? 0 : 1;
            hasher_.verified = before;
        }
        move(60);
    }
    long long charges = 0;
    *test_store_.database().hand() << "SELECT coalesce(sum(total), 0) FROM bucket WHERE kind <> 'source'",
        soci::into(charges);
    EXPECT_LE(charges, 1);
    // One against the password, one against the one before it; after a day, when this process has forgotten, one more.
    EXPECT_LE(hasher_.verified, 2 + 7);
    EXPECT_EQ(refused_owner, 0);
    const auto rows = store_.read([&](Transaction& t) { return t.journal().find({.subject = victim_}); });
    EXPECT_EQ(std::ranges::count(*rows, std::string("old_password"), &JournalRow::reason), 1) << "told once";
}

TEST_F(LockoutScenario, AnInsiderOnTheOwnersNetworkGainsSixtyADayAndRefusesNobody) {
    ASSERT_TRUE(guess("victim@example.org", "right", home_));
    int looked_at = 0;
    int refused_owner = 0;
    for (long long second = 0; second < day; second += 20) {
        looked_at += is_looked_at("guess" + std::to_string(second), home_) ? 1 : 0;
        if (second % 300 == 0) refused_owner += guess("victim@example.org", "right", home_) ? 0 : 1;
        move(20);
    }
    EXPECT_LE(looked_at, 60);
    EXPECT_EQ(refused_owner, 0) << "the owner's mail program is remembered";
}

TEST_F(LockoutScenario, ASchoolBehindOneAddressWithStalePhonesAndTyposRefusesNobody) {
    const AttemptContext school = from("198.51.100.1");
    constexpr int people = 200;
    for (int i = 0; i < people; ++i) add("pupil" + std::to_string(i), "secret" + std::to_string(i));
    int refused = 0;
    for (int quarter = 0; quarter < 9 * 4; ++quarter) {
        for (int i = 0; i < people; ++i) {
            const std::string name = "pupil" + std::to_string(i);
            if (i % 20 == 0) std::ignore = guess(name, "stale", school);
            if ((i + quarter) % 100 == 1) std::ignore = guess(name, "typo" + std::to_string(quarter), school);
            refused += guess(name, "secret" + std::to_string(i), school) ? 0 : 1;
        }
        move(900);
    }
    EXPECT_EQ(refused, 0);
}

TEST_F(LockoutScenario, SprayingOnePasswordOverManyAccountsFromOneAddressIsBounded) {
    for (const bool owns_an_account : {false, true}) {
        const AttemptContext source = from(owns_an_account ? "10.8.0.1" : "10.9.0.1");
        if (owns_an_account) {
            add("mallory", "own");
            ASSERT_TRUE(guess("mallory", "own", source));
        }
        int looked_at = 0;
        for (int i = 0; i < 1500; ++i) {
            const int before = hasher_.verified;
            std::ignore = guess("user" + std::to_string(i) + (owns_an_account ? "b" : "a"), "Rentree2026", source);
            looked_at += hasher_.verified != before ? 1 : 0;
            if (owns_an_account && i % 100 == 0) EXPECT_TRUE(guess("mallory", "own", source));
            move(day / 1500);
        }
        EXPECT_LE(looked_at, owns_an_account ? 850 : 800);
    }
}

TEST_F(LockoutScenario, AnIpv6NetworkIsOneSource) {
    int looked_at = 0;
    for (int i = 0; i < 500; ++i) {
        char address[64];
        std::snprintf(address, sizeof address, "2001:db8:1:2::%x", i + 1);
        const int before = hasher_.verified;
        std::ignore = guess("user" + std::to_string(i), "Rentree2026", from(address));
        looked_at += hasher_.verified != before ? 1 : 0;
    }
    EXPECT_LE(looked_at, 50);
}

TEST_F(LockoutScenario, ARightPasswordGivesStrangersNothingBack) {
    for (int i = 0; i < 5; ++i) std::ignore = guess("victim@example.org", "guess" + std::to_string(i), bot(i));
    move(30);
    ASSERT_TRUE(guess("victim@example.org", "right", from("203.0.113.50"))) << "the wait is over";
    EXPECT_TRUE(is_looked_at("one more", bot(7)));
    EXPECT_FALSE(is_looked_at("and no more", bot(8))) << "the owner's success did not open the budget again";
}

struct MatrixCase {
    std::string name;
    Channel channel;
    bool has_otp = false;
    bool app_required = false;
    std::string password, temporary, provisional, imap_app, smtp_app;
};
class Matrix : public LockoutScenario, public testing::WithParamInterface<MatrixCase> {};

TEST_P(Matrix, OfChannelAndCredential) {
    const MatrixCase& wanted = GetParam();
    settings_.app_passwords_required = wanted.app_required;
    const auto put = [&](const std::string& login, CredentialKind kind, const std::string& scope) -> std::string {
        const AccountId owner = add(login, kind == CredentialKind::password ? "secret" : "");
        if (wanted.has_otp) {
            const OtpKeyId key = random_id();
            EXPECT_TRUE(*store_.change([&](Transaction& t) {
                const Time now = test_store_.clock.now();
                return t.otp_keys().add({.id = key, .serial = login, .seed = "s"}, now) &&
                       t.otp_keys().hand_over({.key = key, .account = owner, .enrol_until = now}, now) &&
                       t.otp_keys().accept_step(key, OtpKeyState::issued, OtpKeyState::pin_pending, 1, 0, now) &&
                       t.otp_keys().propose_pin(key, "pin", 1, now) &&
                       t.otp_keys().accept_step(key, OtpKeyState::pin_confirm, OtpKeyState::active, 2, 0, now);
            }));
        }
        if (kind == CredentialKind::password) return "secret";
        const CredentialId id = random_id();
        Credential credential{.id = id, .account = owner, .kind = kind, .created_at = test_store_.clock.now()};
        credential.expires_at = test_store_.clock.now() + std::chrono::hours(1);
        std::string text = "handed out";
        if (kind == CredentialKind::app_password) {
            const AppPassword made = generate_app_password(id);
            credential.verifier = base::Secret(app_password_verifier(test_store_.keyring, made));
            credential.scope = scope;
            text = text_of(made).reveal();
        } else {
            credential.verifier = close_verifier(test_store_.keyring, base::Secret("plain1:handed out"), id, owner);
        }
        EXPECT_TRUE(*store_.change([&](Transaction& t) { return t.credentials().add(credential); }));
        return text;
    };
    const AttemptContext context = from("192.0.2.77", wanted.channel);
    const auto outcome = [&](const std::string& login, CredentialKind kind, const std::string& scope = "") {
        const std::string secret = put(login, kind, scope);
        const Verdict verdict = guess(login, secret, context);
        return verdict ? "in" : outcome_of(verdict);
    };
    EXPECT_EQ(outcome("a", CredentialKind::password), wanted.password);
    EXPECT_EQ(outcome("b", CredentialKind::temporary), wanted.temporary);
    EXPECT_EQ(outcome("c", CredentialKind::provisional), wanted.provisional);
    EXPECT_EQ(outcome("d", CredentialKind::app_password, "imap"), wanted.imap_app);
    EXPECT_EQ(outcome("e", CredentialKind::app_password, "smtp"), wanted.smtp_app);
}

INSTANTIATE_TEST_SUITE_P(
    Of,
    Matrix,
    testing::ValuesIn(std::vector<MatrixCase>{
        {"Imap", Channel::imap, false, false, "in", "must_change", "not_activated", "in", "not_authorised"},
        {"Submission", Channel::submission, false, false, "in", "must_change", "not_activated", "not_authorised", "in"},
        {"Portal", Channel::portal, false, false, "in", "must_change", "not_activated", "not_authorised",
         "not_authorised"},
        {"ImapWithOtp", Channel::imap, true, false, "app_password_required", "must_change", "not_activated", "in",
         "not_authorised"},
        {"PortalWithOtp", Channel::portal, true, false, "in", "must_change", "not_activated", "not_authorised",
         "not_authorised"},
        {"SubmissionWhereAppPasswordsAreRequired", Channel::submission, false, true, "app_password_required",
         "must_change", "not_activated", "not_authorised", "in"},
    }),
    [](const auto& test) { return test.param.name; });

TEST_F(LockoutScenario, EveryChannelPaysFromTheSameBudget) {
    int number = 0;
    for (const Channel channel :
         {Channel::imap, Channel::submission, Channel::portal, Channel::imap, Channel::portal}) {
        AttemptContext context = bot(++number);
        context.channel = channel;
        EXPECT_TRUE(is_looked_at("guess" + std::to_string(number), context));
    }
    for (const Channel channel : {Channel::imap, Channel::submission, Channel::portal}) {
        AttemptContext context = bot(++number);
        context.channel = channel;
        EXPECT_EQ(outcome_of(guess("victim@example.org", "guess" + std::to_string(number), context)), "throttled");
    }
}

}  // namespace
}  // namespace postern::auth
