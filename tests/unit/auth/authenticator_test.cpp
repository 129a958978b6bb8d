#include "auth/authenticator.hpp"

#include "auth/argon2id_hasher.hpp"
#include "tests/unit/auth/authenticator_fixture.hpp"

#include <thread>

namespace postern::auth {
namespace {

class Authentication : public AuthenticatorFixture {
protected:
    Authentication() {
        add("anna@example.org", "secret", {"a.lee", "anna.lee@example.org"}, {"staff", "pupils"});
        add("bob", "secret");
        add("carl@example.org", "secret");
        EXPECT_TRUE(accounts_.suspend(accounts_.find(test::name("carl@example.org"))->id));
        add("dora@example.org", "");
        add("twin", "bare");
        add("twin@example.org", "completed");
        NewAccount visitor = test::new_account("late@example.org");
        visitor.valid_until = test_store_.clock.now();
        add(visitor, "secret");
        NewAccount fresh = test::new_account("fresh@example.org");
        fresh.state = AccountState::provisional;
        add(fresh, "secret");
    }
};

TEST_F(Authentication, GivesTheIdentityOfTheAccount) {
    const auto verdict = log_in("Anna.Lee@Example.ORG", "secret");
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->login, "anna@example.org");
    EXPECT_EQ(verdict->groups, (std::vector<std::string>{"pupils", "staff"}));
}

TEST_F(Authentication, TellsTheLogWhoseAccountWasRefused) {
    EXPECT_EQ(log_in("a.lee", "wrong").error().account, "anna@example.org");
    EXPECT_EQ(log_in("carl@example.org", "secret").error().account, "carl@example.org");
    EXPECT_EQ(log_in("nobody", "wrong").error().account, "");
}

TEST_F(Authentication, RemembersWhatABareNameMeantAtOneListenerForThatOneAlone) {
    where_.default_domain = "example.org";
    EXPECT_EQ(outcome_of(log_in("anna@example.org", "secret", "anna")), "is anna@example.org");
    EXPECT_EQ(outcome_of(log_in("anna@example.org", "secret", "anna")), "is anna@example.org") << "remembered";
    where_.default_domain = "example.net";
    EXPECT_EQ(outcome_of(log_in("anna@example.org", "secret", "anna")), "not_authorised");
}

struct AttemptCase {
    std::string name;
    std::string user;
    std::string password;
    std::string act_as;
    std::string default_domain;
    std::string want;
};
class Attempt : public Authentication, public testing::WithParamInterface<AttemptCase> {};

TEST_P(Attempt, HasOneOutcome) {
    const auto& attempt = GetParam();
    where_.default_domain = attempt.default_domain;
    EXPECT_EQ(outcome_of(log_in(attempt.user, attempt.password, attempt.act_as)), attempt.want);
}

INSTANTIATE_TEST_SUITE_P(
    Of,
    Attempt,
    testing::ValuesIn(std::vector<AttemptCase>{
        {"RightPassword", "anna@example.org", "secret", "", "", "is anna@example.org"},
        {"Alias", "a.lee", "secret", "", "", "is anna@example.org"},
        {"OtherCase", "ANNA@EXAMPLE.ORG", "secret", "", "", "is anna@example.org"},
        {"WrongPassword", "anna@example.org", "Secret", "", "", "wrong_credentials"},
        {"UnknownName", "nobody@example.org", "secret", "", "", "wrong_credentials"},
        {"UnknownNameWithThePasswordOfTheDummy", "nobody", "nobody has this password", "", "", "wrong_credentials"},
        {"NoPasswordYet", "dora@example.org", "secret", "", "", "wrong_credentials"},
        {"NoPasswordYetWithThePasswordOfTheDummy", "dora@example.org", "nobody has this password", "", "",
         "wrong_credentials"},
        {"MalformedName", "anna@@example.org", "secret", "", "", "wrong_credentials"},
        {"EmptyName", "", "secret", "", "", "wrong_credentials"},
        {"EmptyPassword", "anna@example.org", "", "", "", "wrong_credentials"},
        {"LongPassword", "anna@example.org", std::string(1025, 's'), "", "", "wrong_credentials"},
        {"NulBehindThePassword", "anna@example.org", std::string("secret\0", 7), "", "", "wrong_credentials"},
        {"BareNameIsCompleted", "anna", "secret", "", "example.org", "is anna@example.org"},
        {"BareNameWithoutADefaultDomain", "anna", "secret", "", "", "wrong_credentials"},
        {"BareNameOfAnotherDomain", "anna", "secret", "", "example.net", "wrong_credentials"},
        {"BareLoginBesideADefaultDomain", "bob", "secret", "", "example.org", "is bob"},
        {"CompletedNameGoesFirst", "twin", "completed", "", "example.org", "is twin@example.org"},
        {"CompletedNameHidesTheBareOne", "twin", "bare", "", "example.org", "wrong_credentials"},
        {"AddressIsNotCompleted", "twin@example.org", "completed", "", "example.net", "is twin@example.org"},
        {"UselessDefaultDomain", "bob", "secret", "", "not a domain", "is bob"},
        {"SuspendedWithTheRightPassword", "carl@example.org", "secret", "", "", "account_suspended"},
        {"SuspendedWithAWrongPassword", "carl@example.org", "x", "", "", "wrong_credentials"},
        {"ExpiredWithTheRightPassword", "late@example.org", "secret", "", "", "account_expired"},
        {"NotActivatedWithTheRightPassword", "fresh@example.org", "secret", "", "", "not_activated"},
        {"ActAsOneself", "anna@example.org", "secret", "anna@example.org", "", "is anna@example.org"},
        {"ActAsOnesAlias", "anna@example.org", "secret", "A.Lee", "", "is anna@example.org"},
        {"ActAsOnesBareName", "anna", "secret", "anna", "example.org", "is anna@example.org"},
        {"ActAsSomebodyElse", "anna@example.org", "secret", "bob", "", "not_authorised"},
        {"ActAsNobody", "anna@example.org", "secret", "nobody", "", "not_authorised"},
        {"ActAsNonsense", "anna@example.org", "secret", "anna @example.org", "", "not_authorised"},
        {"ActAsSomebodyElseWithAWrongPassword", "anna@example.org", "x", "bob", "", "wrong_credentials"},
        {"ActAsSomebodyElseWhileSuspended", "carl@example.org", "secret", "bob", "", "account_suspended"},
        {"SomethingLikeAnAppPassword", "anna@example.org", "pst1-0000-nonsense", "", "", "wrong_credentials"},
    }),
    [](const auto& test) { return test.param.name; });

/// Everybody who is refused for his credentials must have cost the same work.
class EqualWork : public Authentication, public testing::WithParamInterface<std::string> {};

TEST_P(EqualWork, CostsOneVerificationAndOneCharge) {
    const int before = hasher_.verified;
    EXPECT_EQ(outcome_of(log_in(GetParam(), "wrong password")), "wrong_credentials");
    EXPECT_EQ(hasher_.verified - before, 1);
    long long charged = 0;
    *test_store_.database().hand() << "SELECT count(*) FROM bucket WHERE kind = 'untrusted' AND n = 1",
        soci::into(charged);
    EXPECT_EQ(charged, 1);
    long long sources = 0;
    *test_store_.database().hand() << "SELECT count(*) FROM bucket WHERE kind = 'source'", soci::into(sources);
    EXPECT_EQ(sources, 2);
}

INSTANTIATE_TEST_SUITE_P(ForEveryName,
                         EqualWork,
                         testing::Values("anna@example.org",
                                         "a.lee",
                                         "nobody@example.org",
                                         "nobody",
                                         "carl@example.org",
                                         "dora@example.org",
                                         "",
                                         "bad name",
                                         "anna@@example.org",
                                         "ren\xC3\xA9"));

TEST_F(Authentication, ThrottlesKnownAndUnknownNamesAlike) {
    for (const std::string name : {"anna@example.org", "nobody@example.org", "bad name"}) {
        for (int i = 0; i < 5; ++i) {
            EXPECT_EQ(outcome_of(log_in(name, "wrong" + std::to_string(i))), "wrong_credentials") << name << i;
        }
        EXPECT_EQ(outcome_of(log_in(name, "secret")), "throttled") << name << ": says nothing of the password";
    }
}

TEST_F(Authentication, IsUnavailableWithoutMemoryForTheHashAndChargesNothing) {
    hasher_.is_out_of_memory = true;
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(outcome_of(log_in("anna@example.org", "secret")), "store_unavailable");
        EXPECT_EQ(outcome_of(log_in("nobody", "secret")), "store_unavailable");
    }
    hasher_.is_out_of_memory = false;
    EXPECT_EQ(outcome_of(log_in("anna@example.org", "secret")), "is anna@example.org");
}

TEST_F(Authentication, IsUnavailableWhenTheStoreIs) {
    *test_store_.database().hand() << "ALTER TABLE account RENAME TO gone";
    EXPECT_EQ(outcome_of(log_in("anna@example.org", "secret")), "store_unavailable");
    EXPECT_EQ(outcome_of(log_in("nobody", "secret")), "store_unavailable");
}

TEST_F(Authentication, IsUnavailableWhenAVerifierWasMovedFromAnotherAccount) {
    *test_store_.database().hand() << "UPDATE credential SET verifier = (SELECT verifier FROM credential WHERE "
                                      "account_id = (SELECT id FROM account WHERE login = 'bob')) WHERE account_id = "
                                      "(SELECT id FROM account WHERE login = 'anna@example.org')";
    const auto verdict = log_in("anna@example.org", "secret");
    EXPECT_EQ(outcome_of(verdict), "store_unavailable");
    EXPECT_TRUE(verdict.error().detail.contains("was sealed for something else"));
}

TEST_F(Authentication, JoinsTheGroupsOfLinkedAccountsThatAreActive) {
    const AccountId anna = accounts_.find(test::name("anna@example.org"))->id;
    const AccountId other = add("other@example.org", "", {}, {"parents"});
    ASSERT_TRUE(*store_.change([&](Transaction& t) { return t.accounts().link(anna, other, random_id()); }));
    EXPECT_EQ(log_in("anna@example.org", "secret")->groups, (std::vector<std::string>{"parents", "pupils", "staff"}));
    ASSERT_TRUE(accounts_.suspend(other));
    EXPECT_EQ(log_in("anna@example.org", "secret")->groups, (std::vector<std::string>{"pupils", "staff"}))
        << "at once, whatever is cached";
}

class Rehash : public Authentication {
protected:
    std::string stored_verifier() {
        const auto record =
            store_.read([](Transaction& t) { return login_record(t, test::name("anna@example.org")).value(); });
        return std::string(open_verifier(test_store_.keyring, record->credentials.at(0))->reveal());
    }
    Verdict log_in_again(std::string_view password) {
        return with_dearer_.authenticate({"anna@example.org", "", base::Secret(password)}, where_);
    }

    test::CountingHasher dearer_{"2"};
    Authenticator with_dearer_{store_, dearer_, test_store_.keyring, test_store_.clock, settings_};
};

TEST_F(Rehash, ReplacesAVerifierOfAnotherCostAfterASuccess) {
    EXPECT_TRUE(log_in_again("secret"));
    EXPECT_EQ(stored_verifier(), "plain2:secret");
    EXPECT_TRUE(log_in_again("secret"));
    EXPECT_EQ(dearer_.hashed, 2) << "the dummy and one";
}

TEST_F(Rehash, DoesNothingAfterAWrongPassword) {
    EXPECT_FALSE(log_in_again("wrong"));
    EXPECT_EQ(stored_verifier(), "plain1:secret");
}

TEST_F(Authentication, ServesManyThreadsAtOnce) {
    std::vector<std::jthread> threads;
    std::atomic<int> successes = 0;
    for (int i = 0; i < 16; ++i) {
        threads.emplace_back([this, i, &successes] {
            for (int round = 0; round < 50; ++round) {
                if (log_in("anna@example.org", i % 2 == 0 ? "secret" : "wrong")) ++successes;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(successes, 8 * 50);
}

TEST(AuthenticationWithArgon2, LetsTheRightPasswordInAndRehashesToTheNewCost) {
    test::TestStore held;
    const config::AuthSettings settings;
    const Argon2idHasher cheap({.memory_kib = 8192, .passes = 1});
    const Argon2idHasher dearer({.memory_kib = 8192, .passes = 2});
    const AccountWithPassword anna{test::new_account("anna"), std::move(*cheap.hash(base::Secret("secret")))};
    ASSERT_TRUE(held.accounts().add(std::span(&anna, 1)));
    Authenticator authenticator(held.store(), dearer, held.keyring, held.clock, settings);
    EXPECT_EQ(outcome_of(authenticator.authenticate({"anna", "", base::Secret("wrong")}, {})), "wrong_credentials");
    EXPECT_EQ(outcome_of(authenticator.authenticate({"anna", "", base::Secret("secret")}, {})), "is anna");
    const auto record = held.store().read([](Transaction& t) { return login_record(t, test::name("anna")).value(); });
    EXPECT_EQ(cost_of(open_verifier(held.keyring, record->credentials.at(0))->reveal()), (Argon2Cost{8192, 2}));
}

TEST(AnswerDelay, PutsEveryRefusalOnAGrid) {
    using std::chrono::milliseconds;
    const milliseconds least(2000);
    EXPECT_EQ(answer_delay(milliseconds(0), least), milliseconds(2000));
    EXPECT_EQ(answer_delay(milliseconds(1999), least), milliseconds(1));
    EXPECT_EQ(answer_delay(milliseconds(2000), least), milliseconds(0));
    EXPECT_EQ(answer_delay(milliseconds(2001), least), milliseconds(499));
    EXPECT_EQ(answer_delay(milliseconds(2500), least), milliseconds(0));
    EXPECT_EQ(answer_delay(milliseconds(7), milliseconds(1)), milliseconds(0));
}

}  // namespace
}  // namespace postern::auth
