#include "net/counted_limit.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace postern::net {
namespace {

TEST(CountedLimit, CountsEachKeyByItself) {
    CountedLimit<int> limit;
    auto first = limit.enter(1, 2);
    const auto second = limit.enter(1, 2);
    EXPECT_TRUE(second);
    EXPECT_FALSE(limit.enter(1, 2));
    EXPECT_TRUE(limit.enter(2, 2));
    first.reset();
    EXPECT_TRUE(limit.enter(1, 2)) << "somebody has left";
}

TEST(CountedLimit, KeepsNothingOfWhoHasLeft) {
    CountedLimit<int> limit;
    {
        const auto ticket = limit.enter(1, 1);
        auto moved = limit.enter(2, 1);
        const CountedLimit<int>::Ticket other = std::move(*moved);
        EXPECT_EQ(limit.keys(), 2U);
    }
    EXPECT_EQ(limit.keys(), 0U);
}

TEST(CountedLimit, ARefusalCountsForNothing) {
    CountedLimit<int> limit;
    auto ticket = limit.enter(1, 1);
    for (int i = 0; i != 3; ++i) EXPECT_FALSE(limit.enter(1, 1));
    ticket.reset();
    EXPECT_TRUE(limit.enter(1, 1));
}

TEST(CountedLimit, ZeroIsNoLimit) {
    CountedLimit<int> limit;
    std::vector<CountedLimit<int>::Ticket> tickets;
    for (int i = 0; i != 100; ++i) tickets.push_back(std::move(*limit.enter(1, 0)));
    EXPECT_FALSE(limit.enter(1, 100)) << "they are counted all the same";
}

TEST(CountedLimit, IsExactWhenManyThreadsEnterAndLeave) {
    CountedLimit<int> limit;
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    std::vector<std::thread> threads;
    for (int i = 0; i != 8; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n != 2000; ++n) {
                const auto ticket = limit.enter(1, 3);
                if (!ticket) continue;
                const int now = ++inside;
                for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
                }
                --inside;
            }
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_LE(most, 3);
    EXPECT_EQ(limit.keys(), 0U);
}

TEST(AddressLimit, TellsWhomItRefuses) {
    std::vector<std::string> refused;
    AddressLimit limit([&](const base::IpAddress& address) { refused.push_back(address.text()); });
    const auto address = *base::IpAddress::parse("2001:db8::7");
    const auto ticket = limit.enter(address, 1);
    EXPECT_TRUE(refused.empty());
    EXPECT_FALSE(limit.enter(address, 1));
    EXPECT_EQ(refused, std::vector<std::string>{"2001:db8::7"});
}

TEST(AddressKey, OfIpv6IsItsNetwork) {
    const auto key = [](const char* text) { return address_key(*base::IpAddress::parse(text)); };
    EXPECT_EQ(key("2001:db8::1"), key("2001:db8::2:3:4:5"));
    EXPECT_NE(key("2001:db8::1"), key("2001:db8:0:1::1"));
    EXPECT_NE(key("192.0.2.1"), key("192.0.2.2"));
    EXPECT_EQ(key("192.0.2.1"), key("::ffff:192.0.2.1"));
}

}  // namespace
}  // namespace postern::net
