/// One deadline for a connection, moved as it goes on.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/intrusive/set_hook.hpp>

#include <chrono>
#include <functional>

namespace postern::net {

class DeadlineQueue;

/// Runs a function once when its time has come, unless it is moved before. To move it later costs no system call and no
/// timer operation: it is only looked at when the old time has come. All deadlines of an io_context share one timer.
/// Thread rule: the thread of its executor, which is that of an io_context. The function is not called any more once
/// the Deadline is destroyed.
class Deadline : public boost::intrusive::set_base_hook<boost::intrusive::optimize_size<true>> {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    Deadline(const boost::asio::any_io_executor& executor, std::function<void()> expired);
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;
    Deadline(Deadline&&) = delete;
    Deadline& operator=(Deadline&&) = delete;
    ~Deadline();

    /// The time from now on; replaces what was set before.
    void set(std::chrono::milliseconds from_now);

    /// Whether it ran out since the last `set`.
    [[nodiscard]] bool expired() const noexcept { return expired_; }

private:
    friend class DeadlineQueue;

    DeadlineQueue& queue_;
    std::function<void()> on_expiry_;
    TimePoint due_ = TimePoint::max();
    TimePoint looked_at_ = TimePoint::max();  // when the queue will; never later than due_
    bool expired_ = false;
};

}  // namespace postern::net
