// What is told without a hash and without a change of the store, however many guess.
#include "tests/unit/auth/authenticator_fixture.hpp"

namespace postern::auth {
namespace {

using Turn = Authenticator::Turn;

class Recall : public AuthenticatorFixture {
protected:
    Recall() {
        anna_ = add("anna@example.org", "secret");
        add("bob@example.org", "secret");
    }

    Authenticator::Recalled recall(const std::string& name, std::string_view password, const AttemptContext& context) {
        return authenticator_.recall(Credentials{name, "", base::Secret(password)}, context);
    }
    /// The verdict as one word; "a turn" when there is none yet.
    std::string told(const std::string& name, std::string_view password, const AttemptContext& context) {
        const auto recalled = recall(name, password, context);
        const auto* const verdict = std::get_if<Verdict>(&recalled);
        return verdict == nullptr ? "a turn" : outcome_of(*verdict);
    }
    static AttemptContext network(int number) { return from("10.0." + std::to_string(number) + ".1"); }
    /// Has guesses of some networks take turns until there are no more.
    std::vector<Turn> crowd() {
        std::vector<Turn> turns;
        for (int number = 0; number < 50; ++number) {
            for (int guess = 0;; ++guess) {
                auto recalled = recall("nobody" + std::to_string(guess), "guess", network(number));
                auto* const turn = std::get_if<Turn>(&recalled);
                if (turn == nullptr) break;
                turns.push_back(std::move(*turn));
            }
        }
        return turns;
    }
    std::string make_app_password() {
        const CredentialId id = random_id();
        const AppPassword made = generate_app_password(id);
        const Credential credential{.id = id,
                                    .account = anna_,
                                    .kind = CredentialKind::app_password,
                                    .verifier = base::Secret(app_password_verifier(test_store_.keyring, made)),
                                    .scope = "imap",
                                    .label = "phone",
                                    .created_at = test_store_.clock.now()};
        EXPECT_TRUE(*store_.change([&](Transaction& t) { return t.credentials().add(credential); }));
        return std::string(text_of(made).reveal());
    }
    /// Another program's transaction that lets nobody write until it goes away.
    class WriteLock {
    public:
        explicit WriteLock(const test::TestDatabase& database) : hand_(database.hand()) { *hand_ << "BEGIN IMMEDIATE"; }
        WriteLock(const WriteLock&) = delete;
        WriteLock& operator=(const WriteLock&) = delete;
        WriteLock(WriteLock&&) = delete;
        WriteLock& operator=(WriteLock&&) = delete;
        ~WriteLock() { *hand_ << "ROLLBACK"; }

    private:
        std::unique_ptr<soci::session> hand_;
    };
    long long rows(const std::string& of) {
        long long count = 0;
        *test_store_.database().hand() << "SELECT count(*) FROM " + of, soci::into(count);
        return count;
    }

    AccountId anna_ = 0;
};

TEST_F(Recall, GivesATurnToWhatMustBeHashedAndTakesTheVerdictFromIt) {
    for (const std::string_view password : {"secret", "wrong"}) {
        const Evidence credentials = Credentials{"anna@example.org", "", base::Secret(password)};
        auto recalled = authenticator_.recall(credentials, where_);
        ASSERT_TRUE(std::holds_alternative<Turn>(recalled));
        EXPECT_EQ(rows("bucket WHERE n > 0"), 0) << "nothing is paid yet";
        EXPECT_EQ(hasher_.verified, password == "secret" ? 0 : 1);
        const auto verdict = authenticator_.authenticate(credentials, where_, std::get<Turn>(std::move(recalled)));
        EXPECT_EQ(outcome_of(verdict), password == "secret" ? "is anna@example.org" : "wrong_credentials");
    }
    EXPECT_EQ(told("anna@example.org", "secret", where_), "is anna@example.org");
    EXPECT_EQ(told("anna@example.org", "wrong", where_), "wrong_credentials");
    EXPECT_EQ(hasher_.verified, 2);
}

TEST_F(Recall, LetsInWhoIsRememberedThoughGuessesTakeAllTheirTurns) {
    const std::string app_password = make_app_password();
    ASSERT_TRUE(log_in("anna@example.org", "secret"));
    ASSERT_TRUE(log_in("anna@example.org", app_password));
    const auto turns = crowd();
    ASSERT_EQ(told("nobody", "guess", from("203.0.113.1")), "busy");
    EXPECT_EQ(told("anna@example.org", "secret", where_), "is anna@example.org");
    EXPECT_EQ(told("anna@example.org", app_password, where_), "is anna@example.org");
    EXPECT_EQ(told("bob@example.org", "secret", where_), "busy") << "never entered from here: a stranger";
}

TEST_F(Recall, HasRoomForKnownPlacesThoughStrangersTakeAllTheirTurns) {
    ASSERT_TRUE(log_in("anna@example.org", "secret"));
    Authenticator restarted(store_, hasher_, test_store_.keyring, test_store_.clock, settings_);
    std::vector<Turn> turns;
    for (int number = 0; number < 50; ++number) {
        for (int guess = 0; guess < 50; ++guess) {
            auto recalled = restarted.recall(Credentials{"nobody" + std::to_string(guess), "", base::Secret("guess")},
                                             network(number));
            if (auto* const turn = std::get_if<Turn>(&recalled)) turns.push_back(std::move(*turn));
        }
    }
    const Evidence right = Credentials{"anna@example.org", "", base::Secret("secret")};
    auto recalled = restarted.recall(right, where_);
    ASSERT_TRUE(std::holds_alternative<Turn>(recalled));
    EXPECT_EQ(outcome_of(restarted.authenticate(right, where_, std::get<Turn>(std::move(recalled)))),
              "is anna@example.org");
}

TEST_F(Recall, GivesNoMoreTurnsThanThereAreSlotsAndWaitingPlaces) {
    const auto bounds = admission_bounds(settings_, hasher_.memory_kib());
    auto turns = crowd();
    EXPECT_LE(turns.size(), bounds.slots + bounds.waiting);
    EXPECT_GE(turns.size(), bounds.slots);
    turns.pop_back();
    EXPECT_EQ(told("nobody", "guess", from("203.0.113.1")), "a turn") << "one that was given back";
}

TEST_F(Recall, HasRoomForAMailProgramThatOpensManyConnectionsAtOnce) {
    const Evidence right = Credentials{"anna@example.org", "", base::Secret("secret")};
    std::vector<Turn> turns;
    for (int connection = 0; connection < 30; ++connection) {
        auto recalled = authenticator_.recall(right, where_);
        ASSERT_TRUE(std::holds_alternative<Turn>(recalled)) << connection;
        turns.push_back(std::get<Turn>(std::move(recalled)));
    }
    for (Turn& turn : turns)
        EXPECT_EQ(outcome_of(authenticator_.authenticate(right, where_, std::move(turn))), "is anna@example.org");
    EXPECT_EQ(hasher_.verified, 1);
}

TEST_F(Recall, ChargesNobodyWhoIsTurnedAway) {
    const auto turns = crowd();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(outcome_of(log_in("anna@example.org", "wrong" + std::to_string(i))), "busy");
    EXPECT_EQ(rows("bucket"), 0);
}

TEST_F(Recall, NeverWrites) {
    const std::string app_password = make_app_password();
    ASSERT_TRUE(log_in("anna@example.org", "secret"));
    ASSERT_TRUE(log_in("anna@example.org", app_password));
    const AttemptContext far_away = from("203.0.113.1");
    for (int i = 0; i < 5; ++i)
        EXPECT_FALSE(authenticator_.authenticate({"bob@example.org", "", base::Secret(std::to_string(i))}, far_away));
    EXPECT_EQ(told("bob@example.org", "first refusal", far_away), "a turn") << "the journal is to hear of it";
    EXPECT_EQ(outcome_of(authenticator_.authenticate({"bob@example.org", "", base::Secret("first refusal")}, far_away)),
              "throttled");
    const WriteLock lock(test_store_.database());
    EXPECT_EQ(told("anna@example.org", "secret", where_), "is anna@example.org");
    EXPECT_EQ(told("anna@example.org", app_password, where_), "is anna@example.org");
    EXPECT_EQ(told("anna@example.org", "wrong", where_), "a turn");
    EXPECT_EQ(told("bob@example.org", "another", far_away), "throttled");
    EXPECT_EQ(outcome_of(authenticator_.authenticate({"bob@example.org", "", base::Secret("another")}, far_away)),
              "throttled");
}

TEST_F(Recall, LeavesTheNewsOfAnAppPasswordToItsTurn) {
    const std::string app_password = make_app_password();
    const auto turns = crowd();
    const Evidence credentials = Credentials{"anna@example.org", "", base::Secret(app_password)};
    auto recalled = authenticator_.recall(credentials, where_);
    ASSERT_TRUE(std::holds_alternative<Turn>(recalled)) << "though guesses have all of theirs";
    EXPECT_EQ(outcome_of(authenticator_.authenticate(credentials, where_, std::get<Turn>(std::move(recalled)))),
              "is anna@example.org");
    EXPECT_EQ(rows("credential WHERE last_used_at IS NOT NULL"), 1);
}

TEST_F(Recall, WritesNothingMoreOfWrongAppPasswordsWhenTheirSourceHasPaid) {
    settings_.lockout.source_burst = 3;
    std::string wrong = make_app_password();
    ASSERT_EQ(told("bob@example.org", wrong, where_), "a turn") << "it is not his";
    int turns = 0;
    while (turns < 50 && told("bob@example.org", wrong, where_) == "a turn") {
        ++turns;
        EXPECT_EQ(outcome_of(log_in("bob@example.org", wrong)), "wrong_credentials");
    }
    EXPECT_EQ(turns, 3);
    const WriteLock lock(test_store_.database());
    EXPECT_EQ(outcome_of(log_in("bob@example.org", wrong)), "wrong_credentials");
}

TEST_F(Recall, TellsTheJournalOnceAMinuteOfANetworkThatMakesNamesUp) {
    settings_.lockout.source_burst = 2;
    int throttled = 0;
    for (int i = 0; i < 20; ++i)
        throttled += outcome_of(log_in("nobody" + std::to_string(i), "guess")) == "throttled" ? 1 : 0;
    EXPECT_GT(throttled, 10);
    EXPECT_EQ(rows("journal WHERE reason = 'throttled'"), 1);
    test_store_.clock.seconds += 61;
    EXPECT_EQ(outcome_of(log_in("nobody else", "guess")), "throttled");
    EXPECT_EQ(rows("journal WHERE reason = 'throttled'"), 2);
}

TEST_F(Recall, LeavesCertificatesAndTokensToTheirTurn) {
    const auto holder = authenticator_.recall(CertificateHolder{.name = "anna@example.org", .act_as = {}}, where_);
    EXPECT_TRUE(std::holds_alternative<Turn>(holder));
    const auto token = authenticator_.recall(BearerToken{.name = {}, .token = base::Secret("any")}, where_);
    EXPECT_EQ(outcome_of(std::get<Verdict>(token)), "wrong_credentials") << "nobody checks tokens";
}

}  // namespace
}  // namespace postern::auth
