#include "auth/procedures/password_change.hpp"

#include "tests/support/counting_hasher.hpp"
#include "tests/support/test_store.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <span>
#include <thread>

namespace postern::auth::procedures {
namespace {

class PasswordChangeTest : public testing::TestWithParam<test::Engine> {
protected:
    PasswordChangeTest() { anna_ = add(test::new_account("anna"), "the old one"); }

    AccountId add(const NewAccount& account, std::string_view password) {
        const AccountWithPassword made{
            account, password.empty() ? base::Secret() : base::Secret("plain1:" + std::string(password))};
        EXPECT_TRUE(accounts_.add(std::span(&made, 1)));
        return account.id;
    }
    std::string change(std::string_view old_password, std::string_view fresh, const std::string& name = "anna") {
        return change_twice(old_password, fresh, fresh, name);
    }
    std::string change_twice(std::string_view old_password,
                             std::string_view fresh,
                             std::string_view again,
                             const std::string& name = "anna") {
        const auto done =
            changes_.change({name, "", base::Secret(old_password)}, where_, base::Secret(fresh), base::Secret(again));
        if (done)
            return *done == ReplacedPassword::own         ? "own"
                   : *done == ReplacedPassword::temporary ? "temporary"
                                                          : "provisional";
        switch (done.error().problem) {
            case PasswordChangeProblem::refused:
                return "refused " + std::to_string(static_cast<int>(*done.error().refusal));
            case PasswordChangeProblem::differ:
                return "differ";
            case PasswordChangeProblem::same:
                return "same";
            case PasswordChangeProblem::policy:
                return "policy: " + describe(done.error().faults.at(0));
            case PasswordChangeProblem::meanwhile:
                return "meanwhile";
            case PasswordChangeProblem::busy:
                return "busy";
            case PasswordChangeProblem::unavailable:
                return "unavailable";
        }
        return "?";
    }
    bool logs_in(std::string_view password, const std::string& name = "anna") {
        return authenticator_.authenticate({name, "", base::Secret(password)}, where_).has_value();
    }
    AccountState state(const std::string& name = "anna") { return accounts_.find(test::name(name))->state; }
    static std::string refused(Refusal why) { return "refused " + std::to_string(static_cast<int>(why)); }

    test::TestStore test_store_{GetParam()};
    Accounts accounts_ = test_store_.accounts();
    config::AuthSettings settings_{.password_threads = 8};
    test::CountingHasher hasher_;
    Authenticator authenticator_{test_store_.store(), hasher_, test_store_.keyring, test_store_.clock, settings_};
    PasswordJudge judge_{PasswordPolicy{}, Blocklist()};
    PasswordChange changes_{test_store_.store(), authenticator_,   hasher_, judge_,
                            test_store_.keyring, test_store_.clock};
    AttemptContext where_{.client = base::IpAddress::parse("192.0.2.1").value()};
    AccountId anna_ = 0;
    static constexpr auto good = "correct horse battery staple";
};

INSTANTIATE_TEST_SUITE_P(On, PasswordChangeTest, test::both_engines, test::engine_name);

TEST_P(PasswordChangeTest, PutsANewPasswordInPlaceOfTheOldOneAndKeepsAppPasswords) {
    const auto phone = accounts_.add_app_password(anna_, AppScopes::all(), "phone", std::nullopt);
    EXPECT_EQ(change("the old one", good), "own");
    EXPECT_FALSE(logs_in("the old one"));
    EXPECT_TRUE(logs_in(good));
    EXPECT_TRUE(logs_in(phone->reveal()));
}

TEST_P(PasswordChangeTest, RefusesWhatItMustAndChangesNothing) {
    EXPECT_EQ(change_twice("the old one", good, "another thing entirely"), "differ");
    EXPECT_EQ(change("a wrong one", good), refused(Refusal::wrong_credentials));
    EXPECT_EQ(change("the old one", "the old one"), "same");
    EXPECT_EQ(change("the old one", "short"), "policy: has fewer than 12 characters");
    EXPECT_EQ(change("the old one", good, "nobody"), refused(Refusal::wrong_credentials));
    ASSERT_TRUE(accounts_.suspend(anna_));
    EXPECT_EQ(change("the old one", good), refused(Refusal::account_suspended));
    ASSERT_TRUE(accounts_.resume(anna_));
    EXPECT_TRUE(logs_in("the old one"));
}

TEST_P(PasswordChangeTest, UsesUpATemporaryPassword) {
    const Time until = test_store_.clock.now() + std::chrono::hours(72);
    ASSERT_TRUE(accounts_.give_temporary(anna_, base::Secret("plain1:slip"), until));
    EXPECT_EQ(change("slip", "slip"), "same") << "it cannot be kept";
    EXPECT_EQ(change("slip", good), "temporary");
    EXPECT_EQ(change("slip", "yet another passphrase"), refused(Refusal::wrong_credentials)) << "one use";
    EXPECT_TRUE(logs_in(good));
    EXPECT_FALSE(logs_in("the old one"));
    ASSERT_TRUE(accounts_.give_temporary(anna_, base::Secret("plain1:second"), until));
    test_store_.clock.seconds += 72 * 3600;
    EXPECT_EQ(change("second", "yet another passphrase"), refused(Refusal::wrong_credentials)) << "it has expired";
}

TEST_P(PasswordChangeTest, MakesAnAccountActiveByItsProvisionalPassword) {
    NewAccount pupil = test::new_account("lea");
    pupil.state = AccountState::provisional;
    pupil.affiliations = {{.profile = Profile::pupil, .unit = "0801234A", .valid_from = test_store_.clock.now()}};
    const AccountId lea = add(pupil, "");
    const CredentialId id = random_id();
    const Credential letter{
        .id = id,
        .account = lea,
        .kind = CredentialKind::provisional,
        .verifier = close_verifier(test_store_.keyring, base::Secret("plain1:from the letter"), id, lea),
        .created_at = test_store_.clock.now(),
        .expires_at = test_store_.clock.now() + std::chrono::days(30)};
    ASSERT_TRUE(*test_store_.store().change([&](Transaction& t) { return t.credentials().add(letter); }));
    EXPECT_FALSE(logs_in("from the letter", "lea")) << "it opens nothing";
    EXPECT_EQ(change("from the letter", "k7wmt", "lea"), "policy: has fewer than 6 characters");
    EXPECT_EQ(change("from the letter", "k7wmtq", "lea"), "provisional") << "six characters are enough for a pupil";
    EXPECT_EQ(state("lea"), AccountState::active);
    EXPECT_TRUE(logs_in("k7wmtq", "lea"));
    EXPECT_EQ(change("from the letter", good, "lea"), refused(Refusal::wrong_credentials));
}

TEST_P(PasswordChangeTest, LeavesTheStateMustChange) {
    ASSERT_TRUE(*test_store_.store().change([&](Transaction& t) {
        return t.accounts().set_state(anna_, AccountState::active, AccountState::must_change, test_store_.clock.now());
    }));
    ASSERT_TRUE(
        accounts_.give_temporary(anna_, base::Secret("plain1:slip"), test_store_.clock.now() + std::chrono::hours(1)));
    EXPECT_EQ(change("slip", good), "temporary");
    EXPECT_EQ(state(), AccountState::active);
}

TEST_P(PasswordChangeTest, PaysForGuessesLikeALogin) {
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(change("guess" + std::to_string(i), good), refused(Refusal::wrong_credentials));
    EXPECT_EQ(change("the old one", good), refused(Refusal::throttled));
}

TEST_P(PasswordChangeTest, LetsExactlyOneUseATemporaryPassword) {
    ASSERT_TRUE(
        accounts_.give_temporary(anna_, base::Secret("plain1:slip"), test_store_.clock.now() + std::chrono::hours(1)));
    constexpr int crowd = 32;
    std::atomic<int> done = 0;
    {
        std::barrier start(crowd);
        std::vector<std::jthread> threads;
        for (int i = 0; i < crowd; ++i) {
            threads.emplace_back([&, i] {
                start.arrive_and_wait();
                if (change("slip", std::string(good) + ' ' + std::to_string(i)) == "temporary") ++done;
            });
        }
    }
    EXPECT_EQ(done, 1);
}

TEST_P(PasswordChangeTest, WritesWhoAndHowIntoTheJournal) {
    EXPECT_EQ(change("the old one", good), "own");
    const auto rows = test_store_.store().read([](Transaction& t) { return t.journal().find({.limit = 1}); });
    EXPECT_EQ(rows->at(0).action, "password.change");
    EXPECT_EQ(rows->at(0).actor, "owner");
    EXPECT_EQ(rows->at(0).detail, "own");
    EXPECT_EQ(rows->at(0).channel, "portal");
}

}  // namespace
}  // namespace postern::auth::procedures
