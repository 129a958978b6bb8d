#include "proxy/backend_health.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace postern::proxy {
namespace {

using Clock = ServerHealth::Clock;
using namespace std::chrono_literals;

TEST(ServerHealth, LeavesAFailedServerAloneThenLetsOneFindOut) {
    ServerHealth health;
    const auto now = Clock::time_point(1000s);
    EXPECT_TRUE(health.may_try(now));
    EXPECT_TRUE(health.failed(now)) << "it was up";
    EXPECT_FALSE(health.failed(now));
    EXPECT_FALSE(health.is_up());
    EXPECT_FALSE(health.may_try(now + ServerHealth::rest - 1ms));
    EXPECT_TRUE(health.may_try(now + ServerHealth::rest));
    EXPECT_FALSE(health.may_try(now + ServerHealth::rest)) << "one is enough";
    EXPECT_TRUE(health.may_try(now + 2 * ServerHealth::rest)) << "that one was never heard of again";
    EXPECT_TRUE(health.worked());
    EXPECT_FALSE(health.worked());
    EXPECT_TRUE(health.is_up());
    EXPECT_TRUE(health.may_try(now));
}

TEST(ServerHealth, OneOfManyThreadsFindsOut) {
    ServerHealth health;
    const auto now = Clock::time_point(1000s);
    health.failed(now);
    std::atomic<int> tried = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 16; ++i)
            threads.emplace_back([&] { tried += health.may_try(now + ServerHealth::rest) ? 1 : 0; });
    }
    EXPECT_EQ(tried, 1);
}

}  // namespace
}  // namespace postern::proxy
