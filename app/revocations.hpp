/// Ends the sessions of whoever may not be in any more.
#pragma once

#include "auth/standing.hpp"
#include "auth/store.hpp"
#include "base/clock.hpp"
#include "config/settings.hpp"
#include "proxy/open_sessions.hpp"

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
                const proxy::OpenSessions& sessions);

private:
    void run(const std::stop_token& stop);
    [[nodiscard]] auth::StoreResult<void> look(auth::DecisionWatch& decisions);

    auth::Store& store_;
    const base::Clock& clock_;
    const config::AuthSettings& settings_;
    const proxy::OpenSessions& sessions_;
    std::mutex mutex_;
    std::condition_variable_any stopped_;
    std::jthread thread_;  // last: it uses everything else
};

}  // namespace postern::app
