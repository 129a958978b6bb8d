#include "proxy/session_limits.hpp"

#include <gtest/gtest.h>

namespace postern::proxy {
namespace {

TEST(SessionLimits, CountAccountsAndAccountsAtAnAddress) {
    SessionLimits limits;
    const config::LimitSettings settings{.sessions_per_account = 3, .sessions_per_account_and_address = 2};
    const auto here = *base::IpAddress::parse("192.0.2.1");
    const auto there = *base::IpAddress::parse("192.0.2.2");
    auto first = limits.take(1, here, settings);
    const auto second = limits.take(1, here, settings);
    EXPECT_TRUE(second);
    EXPECT_FALSE(limits.take(1, here, settings)) << "two at one address";
    EXPECT_TRUE(limits.take(2, here, settings)) << "somebody else";
    const auto third = limits.take(1, there, settings);
    EXPECT_TRUE(third) << "what was refused above did not count for the account";
    EXPECT_FALSE(limits.take(1, there, settings)) << "three in all";
    first.reset();
    EXPECT_TRUE(limits.take(1, here, settings));
}

}  // namespace
}  // namespace postern::proxy
