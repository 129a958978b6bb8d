/// The one door between threads: work that blocks (password hashing, SQL, name look-ups) done away from the I/O
/// threads.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace postern::net {

/// The right of a pool's threads to a processor.
enum class Urgency : bool {
    normal,
    background,  ///< the I/O threads go first: for work that takes long by itself
};

/// Makes the calling thread, for good, one of the background. Where the system refuses that it stays as it is.
void move_to_background() noexcept;

/// A bounded pool of threads with a bounded queue.
/// Thread rule: `run` may be awaited on any I/O thread; the awaiting coroutine resumes on its own thread.
/// Lifetime: its destructor waits for work that has begun and drops what waits for a thread, with the coroutines that
/// await it. So destroy the pool when their threads have ended, and before their io_contexts.
class BlockingPool {
public:
    /// @param threads  at least 1
    /// @param queued   how many jobs may wait for a thread beside those that run
    BlockingPool(std::size_t threads, std::size_t queued, Urgency urgency = Urgency::normal)
        : size_(threads), capacity_(threads + queued), urgency_(urgency), threads_(threads) {}

    BlockingPool(const BlockingPool&) = delete;
    BlockingPool& operator=(const BlockingPool&) = delete;
    BlockingPool(BlockingPool&&) = delete;
    BlockingPool& operator=(BlockingPool&&) = delete;
    ~BlockingPool() {
        threads_.stop();
        threads_.join();
    }

    /// Runs `work` on one of the pool's threads and gives its result; nullopt at once if the queue is full.
    /// `work` must not throw, and must own or outlive what it uses: it runs to its end even if nobody waits any more.
    template <class Work>
    boost::asio::awaitable<std::optional<std::invoke_result_t<Work&>>> run(Work work) {
        using Answer = std::invoke_result_t<Work&>;
        if (jobs_.fetch_add(1, std::memory_order_relaxed) >= capacity_) {
            jobs_.fetch_sub(1, std::memory_order_relaxed);
            co_return std::nullopt;
        }
        auto start = [this](auto handler, Work job) {
            // Tracked, so that the waiting thread's io_context does not end before the answer is there.
            auto home = boost::asio::prefer(boost::asio::get_associated_executor(handler),
                                            boost::asio::execution::outstanding_work.tracked);
            auto task = [this, home, job = std::move(job), handler = std::move(handler)]() mutable {
                if (urgency_ == Urgency::background) move_to_background();
                auto finish = [answer = job(), handler = std::move(handler)]() mutable { handler(std::move(answer)); };
                jobs_.fetch_sub(1, std::memory_order_relaxed);
                boost::asio::post(home, std::move(finish));
            };
            boost::asio::post(threads_, std::move(task));
        };
        auto answer = co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Answer)>(
            start, boost::asio::use_awaitable, std::move(work));
        co_return std::move(answer);
    }

    [[nodiscard]] std::size_t threads() const noexcept { return size_; }
    /// Waiting or running. Thread rule: any thread; the number may be old when it is there.
    [[nodiscard]] std::size_t jobs() const noexcept { return jobs_.load(std::memory_order_relaxed); }

private:
    const std::size_t size_;
    const std::size_t capacity_;
    const Urgency urgency_;
    std::atomic<std::size_t> jobs_{0};  // waiting or running
    boost::asio::thread_pool threads_;
};

}  // namespace postern::net
