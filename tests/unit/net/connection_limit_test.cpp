#include "net/connection_limit.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace postern::net {
namespace {

TEST(ConnectionLimit, LetsInNoMoreThanItsLimitAndCountsThoseWhoLeave) {
    ConnectionLimit limit(2);
    auto one = limit.enter();
    auto two = limit.enter();
    ASSERT_TRUE(one && two);
    EXPECT_FALSE(limit.enter());
    one.reset();
    EXPECT_EQ(limit.count(), 1U);
    EXPECT_TRUE(limit.enter());
}

TEST(ConnectionLimit, ATicketThatMovedCountsOnce) {
    ConnectionLimit limit(5);
    auto entered = limit.enter();
    {
        const ConnectionLimit::Ticket moved = std::move(*entered);
        entered.reset();
        EXPECT_EQ(limit.count(), 1U);
    }
    EXPECT_EQ(limit.count(), 0U);
}

TEST(ConnectionLimit, IsExactWhenManyThreadsEnterAndLeave) {
    ConnectionLimit limit(3);
    std::atomic<int> inside{0};
    std::atomic<bool> exceeded{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            for (int round = 0; round < 2000; ++round) {
                const auto ticket = limit.enter();
                if (!ticket) continue;
                if (inside.fetch_add(1) + 1 > 3) exceeded = true;
                inside.fetch_sub(1);
            }
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_FALSE(exceeded);
    EXPECT_EQ(limit.count(), 0U);
}

}  // namespace
}  // namespace postern::net
