/// Which servers of the backends answer, as logins and checks find out.
#pragma once

#include "config/settings.hpp"
#include "proxy/per_server.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace postern::proxy {

/// After a failure a server is left alone for a while; then one login or check finds out, and only when that succeeds
/// do the others follow. Only what is the server's own fault may be told here: no client can bring a server down.
/// Thread rule: any thread, no locks.
class ServerHealth {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds rest{5};

    [[nodiscard]] bool is_up() const noexcept { return down_until_.load(std::memory_order_acquire) == 0; }
    /// Kept free of new sessions by an administrator.
    [[nodiscard]] bool is_drained() const noexcept { return is_drained_.load(std::memory_order_acquire); }
    void set_drained(bool is_drained) noexcept { is_drained_.store(is_drained, std::memory_order_release); }
    /// Whether this caller may use it now. Of those who ask a server that is down, one in each `rest` may.
    [[nodiscard]] bool may_try(Clock::time_point now) noexcept;
    /// True when it was down.
    bool worked() noexcept;
    /// True when it was up.
    bool failed(Clock::time_point now) noexcept;

private:
    std::atomic<std::int64_t> down_until_{0};  // of Clock; 0: up
    std::atomic<bool> is_drained_{false};
};

/// One ServerHealth for each server of each backend. Thread rule: any thread.
class BackendHealth {
public:
    /// What `previous` knows of the same servers, by host and port, is known here too: both then share it.
    explicit BackendHealth(const std::map<std::string, config::BackendSettings>& backends,
                           const BackendHealth* previous = nullptr)
        : servers_(backends, previous != nullptr ? &previous->servers_ : nullptr) {}

    /// `index`: of its servers.
    [[nodiscard]] ServerHealth& of(const config::BackendSettings& backend, std::size_t index) const {
        return servers_.of(backend, index);
    }

    /// Tell what came of a server; a change is logged.
    void worked(const config::BackendSettings& backend, std::size_t index) const;
    void failed(const config::BackendSettings& backend, std::size_t index, const std::string& why) const;

private:
    PerServer<ServerHealth> servers_;
};

}  // namespace postern::proxy
