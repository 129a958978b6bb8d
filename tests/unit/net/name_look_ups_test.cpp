#include "net/name_look_ups.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <latch>
#include <thread>
#include <vector>

namespace postern::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using Addresses = NameLookUps::Addresses;

class NameLookUpsTest : public testing::Test {
protected:
    void ask(asio::io_context& context,
             const std::string& host,
             std::uint16_t port,
             std::chrono::milliseconds patience,
             Addresses& answer) {
        asio::co_spawn(
            context,
            [this, host, port, patience, &answer]() -> asio::awaitable<void> {
                Interruption nobody;
                answer = co_await names_.find(host, port, std::chrono::steady_clock::now() + patience, nobody);
            },
            asio::detached);
    }

    Addresses find(const std::string& host, std::chrono::milliseconds patience) {
        asio::io_context context;
        Addresses answer;
        ask(context, host, 143, patience, answer);
        context.run();
        return answer;
    }

    BlockingPool pool_{1, 0};  // no room for a second look-up
    NameLookUps names_{pool_};
};

TEST_F(NameLookUpsTest, TakeNumbersForWhatTheyAre) {
    EXPECT_EQ(find("192.0.2.1", 1s)->front().address().to_string(), "192.0.2.1");
    EXPECT_EQ(find("2001:db8::1", 1s)->front().port(), 143);
}

TEST_F(NameLookUpsTest, SayWhatCannotBeFound) {
    EXPECT_THAT(find("a..b", 10s).error(), testing::StartsWith("cannot find a..b: "));
}

TEST_F(NameLookUpsTest, HoldOneThreadForEachNameWhoeverAsks) {
    constexpr std::size_t askers = 50;
    std::array<asio::io_context, 2> contexts;
    std::vector<Addresses> answers(askers, std::unexpected("nothing yet"));
    for (std::size_t i = 0; i != askers; ++i)
        ask(contexts.at(i % 2), "localhost", static_cast<std::uint16_t>(1000 + i), 10s, answers[i]);
    std::thread other([&] { contexts[1].run(); });
    contexts[0].run();
    other.join();
    for (std::size_t i = 0; i != askers; ++i) {
        ASSERT_TRUE(answers[i]) << answers[i].error();
        EXPECT_TRUE(answers[i]->front().address().is_loopback());
        EXPECT_EQ(answers[i]->front().port(), 1000 + i);
    }
}

/// Holds the only thread until it is released.
class BusyPool : public NameLookUpsTest {
protected:
    BusyPool() {
        asio::co_spawn(
            context_,
            [this]() -> asio::awaitable<void> {
                (void)co_await pool_.run([this] {
                    release_.wait();
                    return 0;
                });
            },
            asio::detached);
        context_.poll();
    }

    void release() {
        release_.count_down();
        context_.run();
    }

    std::latch release_{1};
    asio::io_context context_;
};

TEST_F(BusyPool, IsToldToThoseWhoAskAndNotRemembered) {
    EXPECT_EQ(find("localhost", 10s).error(), "too many name look-ups are waiting");
    release();
    EXPECT_TRUE(find("localhost", 10s));
}

TEST_F(BusyPool, KeepsNobodyWhoHasEnough) {
    BlockingPool with_queue(1, 1);
    const NameLookUps names(with_queue);
    asio::io_context context;
    Interruption interruption;
    Addresses answer;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            (void)co_await with_queue.run([this] {
                release_.wait();
                return 0;
            });
        },
        asio::detached);
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            answer = co_await names.find("localhost", 143, std::chrono::steady_clock::now() + 10min, interruption);
            release();
        },
        asio::detached);
    asio::post(context, [&] { interruption.request(); });
    context.run();
    EXPECT_FALSE(answer);
}

TEST_F(BusyPool, MakesNobodyWaitLongerThanHeWants) {
    BlockingPool with_queue(1, 1);
    const NameLookUps names(with_queue);
    asio::io_context context;
    std::vector<Addresses> answers(2);
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            (void)co_await with_queue.run([this] {
                release_.wait();
                return 0;
            });
        },
        asio::detached);
    for (Addresses& answer : answers)
        asio::co_spawn(
            context,
            [&]() -> asio::awaitable<void> {
                Interruption nobody;
                answer = co_await names.find("localhost", 143, std::chrono::steady_clock::now() + 50ms, nobody);
                if (&answer == &answers.back()) release();
            },
            asio::detached);
    context.run();
    for (const Addresses& answer : answers) EXPECT_EQ(answer.error(), "no name in time");
}

}  // namespace
}  // namespace postern::net
