#include "auth/standing.hpp"

#include "tests/unit/auth/authenticator_fixture.hpp"

#include <chrono>
#include <set>
#include <utility>

namespace postern::auth {
namespace {

using namespace std::chrono_literals;

class StandingTest : public AuthenticatorFixture {
protected:
    StandingTest() : anna_(add("anna@example.org", "secret")) {
        by_password_ = log_in("anna@example.org", "secret").value().standing;
        const auto app_password = accounts_.add_app_password(anna_, *AppScopes::parse("imap"), "phone", {});
        app_password_ = std::string(app_password.value().reveal());
        by_app_password_ = log_in("anna@example.org", app_password_).value().standing;
    }

    SecondLook look(const Standing& standing) {
        return store_
            .read([&](Transaction& transaction) {
                return look_again(transaction, anna_, standing, settings_, test_store_.clock.now());
            })
            .value();
    }
    /// Why she may not stay; empty: she may.
    std::string objection(const Standing& standing) {
        const auto why = look(standing).objection;
        return why ? std::string(name_of(*why)) : "";
    }

    AccountId anna_;
    std::string app_password_;
    Standing by_password_, by_app_password_;
};

TEST_F(StandingTest, LastsWhileNothingChanges) {
    EXPECT_EQ(objection(by_password_), "");
    EXPECT_EQ(objection(by_app_password_), "");
    const AccountId unknown = std::exchange(anna_, anna_ + 1);
    EXPECT_EQ(objection(by_password_), "wrong_credentials") << "nobody of that number";
    anna_ = unknown;
}

TEST_F(StandingTest, OfARememberedPasswordIsTheSame) {
    EXPECT_EQ(log_in("anna@example.org", "secret").value().standing, by_password_);
}

TEST_F(StandingTest, EndsForEverybodyWithTheAccount) {
    ASSERT_TRUE(accounts_.suspend(anna_));
    EXPECT_EQ(objection(by_password_), "account_suspended");
    EXPECT_EQ(objection(by_app_password_), "account_suspended");
    ASSERT_TRUE(accounts_.resume(anna_));
    EXPECT_EQ(objection(by_password_), "");
    ASSERT_TRUE(accounts_.compromise(anna_));
    EXPECT_EQ(objection(by_password_), "wrong_credentials");
    EXPECT_EQ(objection(by_app_password_), "wrong_credentials");
}

TEST_F(StandingTest, EndsWithTheCredentialAlone) {
    ASSERT_TRUE(accounts_.set_password(anna_, base::Secret("plain1:other")));
    EXPECT_EQ(objection(by_password_), "wrong_credentials");
    EXPECT_EQ(objection(by_app_password_), "");
    ASSERT_TRUE(accounts_.revoke_app_password(anna_, *by_app_password_.app_password));
    EXPECT_EQ(objection(by_app_password_), "wrong_credentials");
}

TEST_F(StandingTest, OfThePasswordEndsWhereAppPasswordsAreRequired) {
    settings_.app_passwords_required = true;
    EXPECT_EQ(objection(by_password_), "app_password_required");
    EXPECT_EQ(objection(by_app_password_), "");
}

TEST_F(StandingTest, KnowsWhenItEndsByDatesAlone) {
    const Time now = test_store_.clock.now();
    ASSERT_TRUE(accounts_.set_dates(anna_, {}, now + 2h));
    EXPECT_EQ(log_in("anna@example.org", "secret").value().standing.changes_at, now + 2h);
    const auto shorter = accounts_.add_app_password(anna_, *AppScopes::parse("imap"), "tablet", now + 1h);
    const Standing standing = log_in("anna@example.org", shorter.value().reveal()).value().standing;
    EXPECT_EQ(standing.changes_at, now + 1h);
    test_store_.clock.seconds += 3600;
    EXPECT_EQ(objection(standing), "wrong_credentials");
    EXPECT_EQ(objection(by_app_password_), "");
    test_store_.clock.seconds += 3600;
    EXPECT_EQ(objection(by_app_password_), "account_expired");
}

TEST_F(StandingTest, IsRenewedWithTheDatesOfTheSecondLook) {
    const Time now = test_store_.clock.now();
    EXPECT_FALSE(by_password_.changes_at);
    ASSERT_TRUE(accounts_.set_dates(anna_, {}, now + 2h));
    EXPECT_EQ(look(by_password_).changes_at, now + 2h) << "the end came after the login";
    EXPECT_EQ(look(by_app_password_).changes_at, now + 2h);
    const auto shorter = accounts_.add_app_password(anna_, *AppScopes::parse("imap"), "tablet", now + 1h);
    const Standing standing = log_in("anna@example.org", shorter.value().reveal()).value().standing;
    EXPECT_EQ(look(standing).changes_at, now + 1h);
}

class DecisionWatchTest : public StandingTest {
protected:
    DecisionWatchTest() { EXPECT_TRUE(watch_.begin()); }

    /// A whole look: whom it found in doubt.
    std::set<AccountId> look() {
        const auto found = watch_.look();
        watch_.finish(3min);
        std::set<AccountId> accounts;
        for (const auto& [account, number] : found.value()) accounts.insert(account);
        return accounts;
    }

    DecisionWatch watch_{store_, test_store_.clock};
};

TEST_F(DecisionWatchTest, SeesWhatIsDecidedFromItsBeginning) {
    EXPECT_TRUE(look().empty()) << "what was decided before is known at every login";
    ASSERT_TRUE(accounts_.suspend(anna_));
    EXPECT_EQ(look(), std::set{anna_});
    test_store_.clock.seconds += 180;
    EXPECT_EQ(look(), std::set{anna_}) << "a login may have overtaken the decision";
    test_store_.clock.seconds += 1;
    EXPECT_EQ(look(), std::set{anna_}) << "this look ends its memory";
    EXPECT_TRUE(look().empty());
}

TEST_F(DecisionWatchTest, ForgetsNothingBeforeALookHasComeToItsEnd) {
    ASSERT_TRUE(accounts_.suspend(anna_));
    ASSERT_TRUE(watch_.look()) << "and then the store was away, so that nobody could be looked at";
    test_store_.clock.seconds += 3600;
    EXPECT_EQ(look(), std::set{anna_});
    EXPECT_TRUE(look().empty());
}

TEST_F(DecisionWatchTest, TellsWhichLookSawTheLatestDecision) {
    ASSERT_TRUE(accounts_.suspend(anna_));
    EXPECT_EQ(watch_.look().value().at(anna_), 1U);
    EXPECT_EQ(watch_.look().value().at(anna_), 1U) << "whoever was looked at then need not be again";
    ASSERT_TRUE(accounts_.resume(anna_));
    EXPECT_EQ(watch_.look().value().at(anna_), 3U);
    EXPECT_EQ(watch_.number(), 3U);
}

TEST_F(DecisionWatchTest, SeesHoweverMuchIsDecided) {
    const AccountId ben = add("ben@example.org", "secret");
    for (int i = 0; i != 300; ++i) {
        ASSERT_TRUE(accounts_.suspend(anna_));
        ASSERT_TRUE(accounts_.resume(anna_));
    }
    ASSERT_TRUE(accounts_.suspend(ben));
    EXPECT_EQ(look(), (std::set{anna_, ben}));
}

TEST_F(DecisionWatchTest, IsNotTouchedByLogins) {
    where_ = from("198.51.100.7");
    ASSERT_TRUE(log_in("anna@example.org", "secret")) << "a new place, which is journalled";
    EXPECT_TRUE(look().empty());
}

}  // namespace
}  // namespace postern::auth
