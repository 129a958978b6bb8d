/// Cuts connections on which nobody answers. For the files of this folder only.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace postern::auth::store {

/// libpq waits for an answer without bound, and a server that stands still (stopped, or in front of a dead disk) keeps
/// none of its own timeouts. So a thread of this object shuts the connection of whoever has waited too long; to libpq
/// the server is gone then. Thread rule: any thread, but one at a time for each position.
class SessionWatch {
public:
    /// `patience`: how long one statement may take.
    SessionWatch(std::size_t sessions, std::chrono::milliseconds patience);

    /// From now on the session at `position` is watched, until `renew` or `rest`. The descriptor stays its owner's.
    void expect_answer(std::size_t position, int descriptor);
    /// Another statement begins.
    void renew(std::size_t position);
    /// Nobody waits there; the descriptor is not touched after this returns.
    void rest(std::size_t position);

private:
    struct Expected {
        int descriptor = -1;
        std::chrono::steady_clock::time_point until;
    };

    void run(const std::stop_token& stop);
    void cut_silent();

    std::chrono::milliseconds patience_;
    std::mutex mutex_;
    std::condition_variable_any stopped_;
    std::vector<Expected> expected_;  // by position
    std::jthread thread_;             // last: it uses all of the above
};

/// A session that is watched while this lives; without a watch, nothing happens.
class Watched {
public:
    Watched(SessionWatch* watch, std::size_t position, int descriptor) : watch_(watch), position_(position) {
        if (watch_ != nullptr) watch_->expect_answer(position_, descriptor);
    }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    Watched(Watched&&) = delete;
    Watched& operator=(Watched&&) = delete;
    ~Watched() {
        if (watch_ != nullptr) watch_->rest(position_);
    }

    void renew() const {
        if (watch_ != nullptr) watch_->renew(position_);
    }

private:
    SessionWatch* watch_;
    std::size_t position_;
};

}  // namespace postern::auth::store
