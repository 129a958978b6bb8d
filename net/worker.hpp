/// One I/O thread and the connections that live on it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <future>
#include <thread>
#include <unordered_set>

namespace postern::net {

class Connection;

/// One thread, one io_context. A connection is made, lives and ends on one worker and takes no lock; from outside it is
/// reached only by `post`.
class Worker {
public:
    Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    Worker(Worker&&) = delete;
    Worker& operator=(Worker&&) = delete;
    ~Worker();

    [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }

    /// Begins to run. Until then `context` may be used from the thread that made the worker.
    void start();

    /// Runs `work` on the worker's thread. Thread rule: any thread.
    void post(std::function<void()> work);

    /// Starts a coroutine here. What it throws (memory that ran out) ends it alone and is logged as "task_failed".
    void spawn(boost::asio::awaitable<void> task);

    /// Asks every connection to end. Thread rule: any thread.
    void shut_down_connections();

    /// Lets the thread end when its last connection and listener are gone, and waits for that, but no longer than
    /// `limit`: what is left then is cut. Call once.
    void finish(std::chrono::milliseconds limit);

private:
    friend class Connection;
    void for_each_connection(const std::function<void(Connection&)>& tell);

    // Touched on the worker's thread only. Before the context, because coroutines that still wait are destroyed with
    // it, and with them connections that unregister themselves here.
    std::unordered_set<Connection*> connections_;
    boost::asio::io_context context_{1};  // 1: one thread, so Asio takes no locks it can spare
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running_;
    std::promise<void> ended_;
    std::thread thread_;
};

/// What a Worker must be able to end. Registered for its lifetime. Thread rule: made and destroyed on the worker's
/// thread, or with the worker.
class Connection {
public:
    explicit Connection(Worker& worker);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    Connection(Connection&&) = delete;
    Connection& operator=(Connection&&) = delete;
    virtual ~Connection();

    /// The process is going away: say so if the protocol allows it now, and end soon.
    virtual void shut_down() = 0;

    /// The thread has ended, and nothing will be called any more: whoever holds on to himself must let go.
    virtual void abandon() noexcept {}

protected:
    [[nodiscard]] Worker& worker() const noexcept { return worker_; }

private:
    Worker& worker_;
};

}  // namespace postern::net
