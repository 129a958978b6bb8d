#include "net/deadline.hpp"

#include <boost/asio.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

namespace postern::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

TEST(Deadline, CallsOnceWhenItsTimeHasCome) {
    asio::io_context context{1};
    int calls = 0;
    Deadline deadline(context.get_executor(), [&] { ++calls; });
    deadline.set(1ms);
    context.run();
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(deadline.expired());
}

TEST(Deadline, MovedLaterItFiresOnlyThen) {
    asio::io_context context{1};
    std::chrono::steady_clock::time_point fired;
    Deadline deadline(context.get_executor(), [&] { fired = std::chrono::steady_clock::now(); });
    const auto begun = std::chrono::steady_clock::now();
    deadline.set(1ms);
    deadline.set(30ms);
    context.run();
    EXPECT_GE(fired - begun, 30ms);
}

TEST(Deadline, MovedEarlierItFiresThenAndNotAgain) {
    asio::io_context context{1};
    int calls = 0;
    Deadline deadline(context.get_executor(), [&] { ++calls; });
    deadline.set(1h);
    deadline.set(1ms);
    context.run();  // would last an hour if the first time still counted
    EXPECT_EQ(calls, 1);
}

TEST(Deadline, MayBeSetAgainAfterItFired) {
    asio::io_context context{1};
    int calls = 0;
    std::optional<Deadline> deadline;
    deadline.emplace(context.get_executor(), [&] {
        if (++calls == 1) {
            deadline->set(1ms);
            EXPECT_FALSE(deadline->expired());
        }
    });
    deadline->set(1ms);
    context.run();
    EXPECT_EQ(calls, 2);
}

TEST(Deadline, CallsNothingOnceItIsGone) {
    asio::io_context context{1};
    bool called = false;
    {
        Deadline deadline(context.get_executor(), [&] { called = true; });
        deadline.set(0ms);
    }
    context.run();
    EXPECT_FALSE(called);
}

TEST(Deadline, ManyFireInTheOrderOfTheirTimesAndTheLastEndsTheContext) {
    asio::io_context context{1};
    std::vector<int> fired;
    std::vector<std::unique_ptr<Deadline>> deadlines;
    for (const int after : {30, 10, 20, 10, 40, 0}) {
        auto& deadline = deadlines.emplace_back(
            std::make_unique<Deadline>(context.get_executor(), [&fired, after] { fired.push_back(after); }));
        deadline->set(std::chrono::milliseconds(after));
    }
    Deadline never(context.get_executor(), [&] { fired.push_back(-1); });
    deadlines.front()->set(50ms);
    never.set(20ms);
    never.set(1h);
    deadlines.back()->set(5ms);
    asio::steady_timer end(context, 200ms);
    end.async_wait([&](const boost::system::error_code&) { context.stop(); });
    context.run();
    EXPECT_EQ(fired, (std::vector<int>{0, 10, 10, 20, 40, 30}));
}

TEST(Deadline, MayEndItselfAndOthersWhenItFires) {
    asio::io_context context{1};
    int calls = 0;
    std::unique_ptr<Deadline> other;
    std::unique_ptr<Deadline> one;
    one = std::make_unique<Deadline>(context.get_executor(), [&] {
        ++calls;
        other.reset();
        one.reset();
        ++calls;  // what the function holds is still there
    });
    other = std::make_unique<Deadline>(context.get_executor(), [&] { calls += 100; });
    one->set(1ms);
    other->set(1ms);
    context.run();  // would wait for ever if the timer still waited for somebody
    EXPECT_EQ(calls, 2);
}

TEST(Deadline, KeepsItsContextFromEndingOnlyWhileItIsThere) {
    asio::io_context context{1};
    Deadline other(context.get_executor(), [] {});
    {
        Deadline deadline(context.get_executor(), [] {});
        deadline.set(1h);
    }
    context.run();  // would last an hour if the timer still waited for somebody
    EXPECT_TRUE(context.stopped());
}

TEST(Deadline, MayGoWithItsContext) {
    bool called = false;
    {
        asio::io_context context{1};
        auto deadline = std::make_shared<Deadline>(context.get_executor(), [&] { called = true; });
        deadline->set(0ms);
        asio::post(context, [deadline] {});
        deadline.reset();
    }
    EXPECT_FALSE(called);
}

}  // namespace
}  // namespace postern::net
