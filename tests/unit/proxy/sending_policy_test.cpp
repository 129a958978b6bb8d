#include "proxy/sending_policy.hpp"

#include "proxy/smtp/replies.hpp"
#include "tests/support/held_clock.hpp"

#include <gtest/gtest.h>

namespace postern::proxy {
namespace {

class SendingPolicyTest : public testing::Test {
protected:
    SendingPolicy policy(config::SenderCheck check = config::SenderCheck::own, auth::AccountId account = 7) {
        const auth::Identity identity{
            .account = account, .login = "anna", .groups = {}, .addresses = {"a.lee@example.org", "anna@example.org"}};
        return {identity, check, limits_, clock_};
    }
    bool may_send(std::string_view mailbox, config::SenderCheck check = config::SenderCheck::own) {
        return !policy(check).refuse_message(mailbox);
    }

    test::HeldClock clock_;
    SendingLimits limits_{0, 0};
};

TEST_F(SendingPolicyTest, KnowsTheAddressesOfTheAccount) {
    for (const std::string_view mailbox : {"anna@example.org", "ANNA@Example.ORG", "a.lee@example.org",
                                           "anna+list@example.org", "anna+@example.org", ""})
        EXPECT_TRUE(may_send(mailbox)) << mailbox;
    for (const std::string_view mailbox :
         {"boss@example.org", "anna", "anna@example.com", "xanna@example.org", "anna@example.org.evil.org",
          "+anna@example.org", "boss+anna@example.org", "\"anna\"@example.org", "@example.org", "anna@"}) {
        EXPECT_FALSE(may_send(mailbox)) << mailbox;
        EXPECT_TRUE(may_send(mailbox, config::SenderCheck::any)) << mailbox;
    }
    EXPECT_EQ(policy().refuse_message("boss@example.org"), smtp::replies::sender_not_own.in(config::Language::english));
}

class SendingLimitsTest : public SendingPolicyTest {
protected:
    SendingLimitsTest() : few_(2, 3) {}
    SendingLimits few_;
};

TEST_F(SendingLimitsTest, CountsEachAccountByTheHour) {
    const auto now = clock_.now();
    EXPECT_TRUE(few_.take_message(1, now));
    EXPECT_TRUE(few_.take_message(1, now));
    EXPECT_FALSE(few_.take_message(1, now));
    EXPECT_TRUE(few_.take_message(2, now)) << "another account";
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(few_.take_recipient(1, now));
    EXPECT_FALSE(few_.take_recipient(1, now));
    EXPECT_TRUE(few_.take_message(1, now + std::chrono::hours(1)));
}

TEST_F(SendingLimitsTest, ZeroIsNoLimit) {
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(limits_.take_message(1, clock_.now()));
}

TEST_F(SendingLimitsTest, AForeignSenderCostsNothing) {
    const auth::Identity identity{.account = 1, .login = "anna", .groups = {}, .addresses = {"anna@example.org"}};
    SendingPolicy policy(identity, config::SenderCheck::own, few_, clock_);
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(policy.refuse_message("boss@example.org"),
                  smtp::replies::sender_not_own.in(config::Language::english));
    EXPECT_EQ(policy.refuse_message("anna@example.org"), std::nullopt);
    EXPECT_EQ(policy.refuse_message("anna@example.org"), std::nullopt);
    EXPECT_EQ(policy.refuse_message("anna@example.org"), smtp::replies::messages_over.in(config::Language::english));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(policy.refuse_recipient(), std::nullopt);
    EXPECT_EQ(policy.refuse_recipient(), smtp::replies::recipients_over.in(config::Language::english));
}

TEST_F(SendingLimitsTest, HoldsNoMoreThanItSays) {
    const auto now = clock_.now();
    for (std::size_t i = 1; i <= SendingLimits::most_accounts; ++i)
        ASSERT_TRUE(few_.take_message(static_cast<auth::AccountId>(i), now));
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(few_.take_message(static_cast<auth::AccountId>(SendingLimits::most_accounts + 1), now));
    EXPECT_TRUE(few_.take_message(1, now));
    EXPECT_FALSE(few_.take_message(1, now)) << "who is counted is counted on";
}

}  // namespace
}  // namespace postern::proxy
