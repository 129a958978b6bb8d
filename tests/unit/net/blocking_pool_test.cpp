#include "net/blocking_pool.hpp"

#include "tests/unit/net/loopback.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace postern::net {
namespace {

namespace asio = boost::asio;

TEST(BlockingPool, RunsWorkElsewhereAndResumesOnTheAwaitingThread) {
    asio::io_context context{1};
    BlockingPool pool(1, 4);
    std::thread::id worked_on;
    std::thread::id resumed_on;
    auto coroutine = [&]() -> asio::awaitable<void> {
        const auto answer = co_await pool.run([&] {
            worked_on = std::this_thread::get_id();
            return 42;
        });
        resumed_on = std::this_thread::get_id();
        EXPECT_EQ(answer, 42);
    };
    test::run_to_end(context, coroutine());
    EXPECT_NE(worked_on, std::this_thread::get_id());
    EXPECT_EQ(resumed_on, std::this_thread::get_id());
}

TEST(BlockingPool, RefusesAtOnceWhatIsMoreThanItsThreadsAndItsQueue) {
    std::promise<void> let_go;
    const std::shared_future<void> gate = let_go.get_future().share();
    asio::io_context context{1};
    BlockingPool pool(1, 2);
    int done = 0;
    int refused = 0;
    auto wait_for_gate = [&]() -> asio::awaitable<void> {
        const auto answer = co_await pool.run([gate] {
            gate.wait();
            return true;
        });
        (answer ? done : refused) += 1;
        if (refused == 2 && done == 0) let_go.set_value();
    };
    for (int i = 0; i < 5; ++i) asio::co_spawn(context, wait_for_gate(), asio::detached);
    context.run();
    EXPECT_EQ(done, 3);
    EXPECT_EQ(refused, 2);
}

TEST(BlockingPool, OfTheBackgroundLeavesTheProcessorToOthers) {
    const auto nice = [] { return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())); };
    asio::io_context context{1};
    BlockingPool normal(1, 1);
    BlockingPool background(1, 1, Urgency::background);
    const int before = nice();
    auto compare = [&]() -> asio::awaitable<void> {
        EXPECT_EQ(co_await normal.run(nice), before);
        EXPECT_EQ(co_await background.run(nice), std::max(before, 10));
    };
    test::run_to_end(context, compare());
    EXPECT_EQ(nice(), before) << "threads of its own alone";
}

TEST(BlockingPool, ServesManyThreadsAtOnceWithoutMixingUpAnswers) {
    constexpr int threads = 4;
    constexpr int jobs = 200;
    std::array<asio::io_context, threads> contexts;
    BlockingPool pool(2, threads * jobs);
    std::vector<std::thread> workers;
    std::atomic<int> right{0};
    for (int worker = 0; worker < threads; ++worker)
        workers.emplace_back([&, worker] {
            asio::io_context& context = contexts.at(static_cast<std::size_t>(worker));
            auto ask = [&](int question) -> asio::awaitable<void> {
                const auto answer = co_await pool.run([question] { return std::vector<int>(3, question); });
                if (answer && *answer == std::vector<int>(3, question)) right.fetch_add(1);
            };
            for (int job = 0; job < jobs; ++job) asio::co_spawn(context, ask(worker * jobs + job), asio::detached);
            context.run();
        });
    for (std::thread& worker : workers) worker.join();
    EXPECT_EQ(right.load(), threads * jobs);
}

}  // namespace
}  // namespace postern::net
