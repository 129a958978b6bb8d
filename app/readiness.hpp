/// Whether this process should get logins, and if not, why.
#pragma once

#include "app/store_watch.hpp"
#include "config/settings.hpp"
#include "proxy/backend_health.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace postern::app {

/// One server of one backend, as it is now.
struct ServerState {
    std::string backend;
    std::string server;
    bool is_up = true;
    bool takes_sessions = true;  ///< it is not drained, or all are
};

[[nodiscard]] std::vector<ServerState> server_states(const config::Settings& settings,
                                                     const proxy::BackendHealth& health);

/// Names of the backends that somebody can be routed to: those of the rules and the defaults, of protocols that a
/// listener speaks.
[[nodiscard]] std::vector<std::string> routed_backends(const config::Settings& settings);

/// What one look at everything gave. An empty text: all is well.
struct ReadinessReport {
    std::string process;
    std::string store;
    std::string backends;

    [[nodiscard]] bool is_ready() const { return process.empty() && store.empty() && backends.empty(); }
    /// {"ready": false, "checks": {"store": "..."}}: each check is "ok" or says in a sentence what is wrong. It tells
    /// nothing that only the log should.
    [[nodiscard]] std::string json() const;
};

/// Thread rule: any thread; no call blocks.
class Readiness {
public:
    /// What one reading of the configuration knows of its backends.
    struct Backends {
        std::vector<std::string> routed;
        std::vector<ServerState> servers;
    };

    /// `store` must outlive it; `backends` is called from any thread.
    Readiness(const StoreWatch& store, std::function<Backends()> backends)
        : store_(store), backends_(std::move(backends)) {}

    /// From now on it is not ready.
    void stop() noexcept { is_stopping_.store(true); }

    [[nodiscard]] ReadinessReport report() const;

private:
    const StoreWatch& store_;
    const std::function<Backends()> backends_;
    std::atomic<bool> is_stopping_{false};
};

}  // namespace postern::app
