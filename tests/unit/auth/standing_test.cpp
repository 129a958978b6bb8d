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

    /// Why she may not stay; empty: she may.
    std::string objection(const Standing& standing) {
        const auto why = store_.read([&](Transaction& transaction) {
            return objection_to_staying(transaction, anna_, standing, settings_, test_store_.clock.now());
        });
        return why.value() ? std::string(name_of(**why)) : "";
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

TEST_F(StandingTest, IsWatchedThroughTheJournalFromNowOn) {
    DecisionWatch watch(store_, test_store_.clock);
    EXPECT_TRUE(watch.accounts().value().empty()) << "what was decided before is known at every login";
    ASSERT_TRUE(accounts_.suspend(anna_));
    EXPECT_EQ(watch.accounts().value(), std::vector{anna_});
    test_store_.clock.seconds += 180;
    EXPECT_EQ(watch.accounts().value(), std::vector{anna_}) << "a login may have overtaken the decision";
    test_store_.clock.seconds += 1;
    EXPECT_TRUE(watch.accounts().value().empty());
}

TEST_F(StandingTest, IsWatchedHoweverMuchIsDecided) {
    DecisionWatch watch(store_, test_store_.clock);
    ASSERT_TRUE(watch.accounts());
    const AccountId ben = add("ben@example.org", "secret");
    for (int i = 0; i != 300; ++i) {
        ASSERT_TRUE(accounts_.suspend(anna_));
        ASSERT_TRUE(accounts_.resume(anna_));
    }
    ASSERT_TRUE(accounts_.suspend(ben));
    const auto decided = watch.accounts().value();
    EXPECT_EQ(std::set<AccountId>(decided.begin(), decided.end()), (std::set<AccountId>{anna_, ben}));
}

TEST_F(StandingTest, IsNotTouchedByLogins) {
    DecisionWatch watch(store_, test_store_.clock);
    ASSERT_TRUE(watch.accounts());
    where_ = from("198.51.100.7");
    ASSERT_TRUE(log_in("anna@example.org", "secret")) << "a new place, which is journalled";
    EXPECT_TRUE(watch.accounts().value().empty());
}

}  // namespace
}  // namespace postern::auth
