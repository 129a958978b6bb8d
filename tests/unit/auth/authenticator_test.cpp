#include "auth/authenticator.hpp"

#include "auth/argon2id_hasher.hpp"
#include "tests/unit/auth/fakes.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace postern::auth {
namespace {

using testing_fakes::CountingHasher;
using testing_fakes::MemoryStore;

NewAccount account(std::string_view login,
                   const std::vector<std::string>& aliases,
                   std::string_view verifier,
                   AccountState state = AccountState::active) {
    NewAccount made{*Identifier::parse(login), {}, "Somebody", {"pupils", "staff"}, state, base::Secret(verifier)};
    for (const std::string& alias : aliases) made.aliases.push_back(*Identifier::parse(alias));
    return made;
}

/// What came of an attempt, as one word.
std::string outcome_of(const Verdict& verdict) {
    if (verdict) return "is " + verdict->login;
    switch (verdict.error().why) {
        case Refusal::wrong_credentials:
            return "wrong";
        case Refusal::not_authorised:
            return "not authorised";
        case Refusal::account_disabled:
            return "disabled";
        case Refusal::busy:
            return "busy";
        case Refusal::unavailable:
            return "unavailable";
    }
    return "?";
}

class Authentication : public testing::Test {
protected:
    Authentication() {
        std::vector<NewAccount> accounts;
        accounts.push_back(account("anna@example.org", {"a.lee", "anna.lee@example.org"}, "plain1:secret"));
        accounts.push_back(account("bob", {}, "plain1:secret"));
        accounts.push_back(account("carl@example.org", {}, "plain1:secret", AccountState::disabled));
        accounts.push_back(account("dora@example.org", {}, ""));
        accounts.push_back(account("twin", {}, "plain1:bare"));
        accounts.push_back(account("twin@example.org", {}, "plain1:completed"));
        accounts.push_back(account("odd@example.org", {}, "$1$not$ours"));
        std::ignore = store_.add(accounts);
        hasher_.hashed = 0;
    }

    Verdict log_in(const std::string& name,
                   std::string_view password,
                   const std::string& act_as = "",
                   const std::string& default_domain = "") {
        return authenticator_.authenticate({name, act_as, base::Secret(password)}, {Channel::imap, {}, default_domain});
    }

    MemoryStore store_;
    CountingHasher hasher_;
    Authenticator authenticator_{store_, hasher_};
};

TEST_F(Authentication, GivesTheIdentityOfTheAccount) {
    const auto verdict = log_in("Anna.Lee@Example.ORG", "secret");
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->account, 1);
    EXPECT_EQ(verdict->login, "anna@example.org");
    EXPECT_EQ(verdict->groups, (std::vector<std::string>{"pupils", "staff"}));
}

TEST_F(Authentication, TellsTheLogWhoseAccountWasRefused) {
    EXPECT_EQ(log_in("a.lee", "wrong").error().account, "anna@example.org");
    EXPECT_EQ(log_in("carl@example.org", "secret").error().account, "carl@example.org");
    EXPECT_EQ(log_in("nobody", "wrong").error().account, "");
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
    EXPECT_EQ(outcome_of(log_in(attempt.user, attempt.password, attempt.act_as, attempt.default_domain)), attempt.want);
}

INSTANTIATE_TEST_SUITE_P(
    Of,
    Attempt,
    testing::ValuesIn(std::vector<AttemptCase>{
        {"RightPassword", "anna@example.org", "secret", "", "", "is anna@example.org"},
        {"Alias", "a.lee", "secret", "", "", "is anna@example.org"},
        {"OtherCase", "ANNA@EXAMPLE.ORG", "secret", "", "", "is anna@example.org"},
        {"WrongPassword", "anna@example.org", "Secret", "", "", "wrong"},
        {"UnknownName", "nobody@example.org", "secret", "", "", "wrong"},
        {"UnknownNameWithThePasswordOfTheDummy", "nobody", "nobody has this password", "", "", "wrong"},
        {"NoPasswordYet", "dora@example.org", "secret", "", "", "wrong"},
        {"NoPasswordYetWithThePasswordOfTheDummy", "dora@example.org", "nobody has this password", "", "", "wrong"},
        {"MalformedName", "anna@@example.org", "secret", "", "", "wrong"},
        {"EmptyName", "", "secret", "", "", "wrong"},
        {"EmptyPassword", "anna@example.org", "", "", "", "wrong"},
        {"LongPassword", "anna@example.org", std::string(1025, 's'), "", "", "wrong"},
        {"NulBehindThePassword", "anna@example.org", std::string("secret\0", 7), "", "", "wrong"},
        {"BareNameIsCompleted", "anna", "secret", "", "example.org", "is anna@example.org"},
        {"BareNameWithoutADefaultDomain", "anna", "secret", "", "", "wrong"},
        {"BareNameOfAnotherDomain", "anna", "secret", "", "example.net", "wrong"},
        {"BareLoginBesideADefaultDomain", "bob", "secret", "", "example.org", "is bob"},
        {"CompletedNameGoesFirst", "twin", "completed", "", "example.org", "is twin@example.org"},
        {"CompletedNameHidesTheBareOne", "twin", "bare", "", "example.org", "wrong"},
        {"AddressIsNotCompleted", "twin@example.org", "completed", "", "example.net", "is twin@example.org"},
        {"UselessDefaultDomain", "bob", "secret", "", "not a domain", "is bob"},
        {"DisabledWithTheRightPassword", "carl@example.org", "secret", "", "", "disabled"},
        {"DisabledWithAWrongPassword", "carl@example.org", "x", "", "", "wrong"},
        {"ActAsOneself", "anna@example.org", "secret", "anna@example.org", "", "is anna@example.org"},
        {"ActAsOnesAlias", "anna@example.org", "secret", "A.Lee", "", "is anna@example.org"},
        {"ActAsOnesBareName", "anna", "secret", "anna", "example.org", "is anna@example.org"},
        {"ActAsSomebodyElse", "anna@example.org", "secret", "bob", "", "not authorised"},
        {"ActAsNobody", "anna@example.org", "secret", "nobody", "", "not authorised"},
        {"ActAsNonsense", "anna@example.org", "secret", "anna @example.org", "", "not authorised"},
        {"ActAsSomebodyElseWithAWrongPassword", "anna@example.org", "x", "bob", "", "wrong"},
        {"ActAsSomebodyElseWhileDisabled", "carl@example.org", "secret", "bob", "", "disabled"},
        {"VerifierNobodyMayRun", "odd@example.org", "secret", "", "", "unavailable"},
    }),
    [](const auto& test) { return test.param.name; });

/// Everybody who is refused for his credentials must have cost the same work.
class EqualWork : public Authentication, public testing::WithParamInterface<std::string> {};

TEST_P(EqualWork, CostsOneVerificationAndNoHash) {
    EXPECT_EQ(outcome_of(log_in(GetParam(), "wrong password")), "wrong");
    EXPECT_EQ(hasher_.verified, 1);
    EXPECT_EQ(hasher_.hashed, 0);
    EXPECT_EQ(store_.replacements, 0);
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

TEST_F(Authentication, AsksTheStoreAsOftenForKnownAsForUnknownNames) {
    for (const std::string name : {"anna", "bob", "nobody"}) {
        store_.questions = 0;
        std::ignore = log_in(name, "wrong", "", "example.org");
        EXPECT_EQ(store_.questions, 2) << name;
    }
}

TEST_F(Authentication, RefusesImpossiblePasswordsAlikeForKnownAndUnknownNames) {
    for (const std::string name : {"anna@example.org", "nobody@example.org"}) {
        EXPECT_EQ(outcome_of(log_in(name, std::string(1025, 'x'))), "wrong");
        EXPECT_EQ(hasher_.verified, 0);
        EXPECT_EQ(store_.questions, 0);
    }
}

TEST_F(Authentication, IsUnavailableWhenTheStoreIs) {
    store_.is_broken = true;
    EXPECT_EQ(outcome_of(log_in("anna@example.org", "secret")), "unavailable");
    EXPECT_EQ(outcome_of(log_in("nobody", "secret")), "unavailable");
}

TEST_F(Authentication, IsUnavailableWithoutMemoryForTheHash) {
    hasher_.is_out_of_memory = true;
    EXPECT_EQ(outcome_of(log_in("anna@example.org", "secret")), "unavailable");
    EXPECT_EQ(outcome_of(log_in("nobody", "secret")), "unavailable");
}

class Rehash : public Authentication {
protected:
    CountingHasher dearer_{"2"};
    Authenticator with_dearer_{store_, dearer_};

    Verdict log_in_again(std::string_view password) {
        return with_dearer_.authenticate({"anna@example.org", "", base::Secret(password)}, {});
    }
};

TEST_F(Rehash, ReplacesAVerifierOfAnotherCostAfterASuccess) {
    EXPECT_TRUE(log_in_again("secret"));
    EXPECT_EQ(store_.verifier_of(0), "plain2:secret");
    EXPECT_TRUE(log_in_again("secret"));
    EXPECT_EQ(store_.replacements, 1);
}

TEST_F(Rehash, DoesNothingAfterAWrongPassword) {
    EXPECT_FALSE(log_in_again("wrong"));
    EXPECT_EQ(store_.replacements, 0);
    EXPECT_EQ(store_.verifier_of(0), "plain1:secret");
}

TEST_F(Rehash, DoesNotFailALoginThatCannotBeStored) {
    store_.is_read_only = true;
    EXPECT_TRUE(log_in_again("secret"));
    EXPECT_EQ(store_.replacements, 1);
    EXPECT_EQ(store_.verifier_of(0), "plain1:secret");
}

TEST_F(Authentication, ServesManyThreadsAtOnce) {
    std::vector<std::thread> threads;
    std::atomic<int> successes = 0;
    for (int i = 0; i < 16; ++i) {
        threads.emplace_back([this, i, &successes] {
            for (int round = 0; round < 50; ++round) {
                if (log_in("anna@example.org", i % 2 == 0 ? "secret" : "wrong")) ++successes;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(successes, 8 * 50);
}

TEST(AuthenticationWithArgon2, LetsTheRightPasswordInAndRehashesToTheNewCost) {
    MemoryStore store;
    const Argon2idHasher cheap({.memory_kib = 8192, .passes = 1});
    const Argon2idHasher dearer({.memory_kib = 8192, .passes = 2});
    std::vector<NewAccount> accounts;
    accounts.push_back(account("anna", {}, cheap.hash(base::Secret("secret"))->reveal()));
    std::ignore = store.add(accounts);
    const Authenticator authenticator(store, dearer);
    EXPECT_EQ(outcome_of(authenticator.authenticate({"anna", "", base::Secret("wrong")}, {})), "wrong");
    EXPECT_EQ(outcome_of(authenticator.authenticate({"anna", "", base::Secret("secret")}, {})), "is anna");
    EXPECT_EQ(cost_of(store.verifier_of(0)), (Argon2Cost{8192, 2}));
    EXPECT_EQ(outcome_of(authenticator.authenticate({"anna", "", base::Secret("secret")}, {})), "is anna");
}

}  // namespace
}  // namespace postern::auth
