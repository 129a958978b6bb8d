/// Ends the sessions of whoever may not be in any more.
#pragma once

#include "auth/standing.hpp"
#include "auth/store.hpp"
#include "base/clock.hpp"
#include "config/settings.hpp"
#include "proxy/open_sessions.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace postern::app {

/// Looks every two seconds what was decided, by whichever process on the same store, and whose dates are over. What it
/// is made of must outlive it.
class Revocations {
public:
    Revocations(auth::Store& store,
                const base::Clock& clock,
                const config::AuthSettings& settings,
                proxy::OpenSessions& sessions);

    /// From here on decisions are seen. Call once, before anybody can log in.
    [[nodiscard]] auth::StoreResult<void> start();

    /// How long a login may take: for that long a decision may meet a session that is not known yet. Any thread.
    void set_longest_login(std::chrono::milliseconds longest) { longest_login_ = longest; }

    /// Looks no more; does not wait for the end of a look, as the destructor does.
    void request_stop() { thread_.request_stop(); }

private:
    void run(const std::stop_token& stop);
    [[nodiscard]] auth::StoreResult<void> look(const std::stop_token& stop);

    auth::Store& store_;
    const base::Clock& clock_;
    const config::AuthSettings& settings_;
    proxy::OpenSessions& sessions_;
    auth::DecisionWatch decisions_;
    std::atomic<std::chrono::milliseconds> longest_login_;
    std::mutex mutex_;
    std::condition_variable_any stopped_;
    std::jthread thread_;  // last: it uses everything else
};

}  // namespace postern::app
