#include "net/deadline.hpp"

#include <boost/asio.hpp>
#include <gtest/gtest.h>

#include <optional>

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

}  // namespace
}  // namespace postern::net
