/// One deadline for a connection, moved as it goes on.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace postern::net {

/// Runs a function once when its time has come, unless it is moved before. To move it later costs no system call and no
/// timer operation: the timer is only looked at when it fires, and set again if there is time left.
/// Thread rule: the thread of its executor. The function is not called any more once the Deadline is destroyed.
class Deadline {
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
    [[nodiscard]] bool expired() const noexcept;

private:
    struct State;
    static void arm(const std::shared_ptr<State>& state);

    std::shared_ptr<State> state_;  // shared with the handler that may still be queued when this object goes
};

}  // namespace postern::net
