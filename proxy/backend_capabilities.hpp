/// What the servers of the backends can do, as the checks find out.
#pragma once

#include "config/settings.hpp"
#include "proxy/per_server.hpp"
#include "proxy/server_capabilities.hpp"

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::proxy {

/// What is known of one server: what it said last, however long ago. One that has never answered is not known to have
/// anything. Thread rule: any thread; `current` takes no lock.
class KnownCapabilities {
public:
    [[nodiscard]] Capabilities current() const noexcept { return current_.load(std::memory_order_acquire); }
    /// For people; nullopt: it has never answered.
    [[nodiscard]] std::optional<std::vector<std::string>> list() const;

    /// True when it said something else before, or nothing.
    bool learned(ServerCapabilities answer);
    /// True the first time since it answered, or at all.
    bool failed();

private:
    std::atomic<Capabilities> current_;
    mutable std::mutex mutex_;
    std::optional<std::vector<std::string>> list_;
    bool is_failing_ = false;
};

/// One KnownCapabilities for each server of each backend. Thread rule: any thread.
class BackendCapabilities {
public:
    /// What `previous` knows of the same servers, by host and port, is known here too: both then share it.
    explicit BackendCapabilities(const std::map<std::string, config::BackendSettings>& backends,
                                 const BackendCapabilities* previous = nullptr)
        : servers_(backends, previous != nullptr ? &previous->servers_ : nullptr) {}

    /// `index`: of its servers.
    [[nodiscard]] const KnownCapabilities& of(const config::BackendSettings& backend, std::size_t index) const {
        return servers_.of(backend, index);
    }

    /// What every server of these backends has, whether it is up or not; nothing where there is no backend. `backends`:
    /// names. Takes no lock.
    [[nodiscard]] Capabilities common_to(std::span<const std::string_view> backends) const;

    /// Tell what came of asking a server; a change is logged.
    void learned(const config::BackendSettings& backend, std::size_t index, ServerCapabilities answer) const;
    void failed(const config::BackendSettings& backend, std::size_t index, const std::string& why) const;

private:
    PerServer<KnownCapabilities> servers_;
};

}  // namespace postern::proxy
