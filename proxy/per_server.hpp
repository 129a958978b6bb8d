/// Something for each server of each backend, kept over changes of the configuration.
#pragma once

#include "config/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::proxy {

/// One `T` for each. Immutable, but for what the T allow. Thread rule: any thread, as far as T is concerned.
template <class T>
class PerServer {
public:
    struct Entry {
        std::string host;
        std::uint16_t port = 0;
        std::shared_ptr<T> known;
    };

    /// The T of the same server of the same backend, by host and port, is that of `previous`: both then share it.
    explicit PerServer(const std::map<std::string, config::BackendSettings>& backends, const PerServer* previous) {
        for (const auto& [name, backend] : backends) {
            std::vector<Entry>& servers = servers_[name];
            for (const config::BackendServer& server : backend.servers) {
                std::shared_ptr<T> known = previous != nullptr ? previous->find(name, server) : nullptr;
                if (!known) known = std::make_shared<T>();
                servers.push_back({.host = server.host, .port = server.port, .known = std::move(known)});
            }
        }
    }

    /// `index`: of its servers.
    [[nodiscard]] T& of(const config::BackendSettings& backend, std::size_t index) const {
        return *of(backend.name)[index].known;
    }
    /// Of all its servers, in their order. `backend`: a name.
    [[nodiscard]] std::span<const Entry> of(std::string_view backend) const { return servers_.find(backend)->second; }

private:
    [[nodiscard]] std::shared_ptr<T> find(const std::string& backend, const config::BackendServer& server) const {
        const auto found = servers_.find(backend);
        if (found == servers_.end()) return nullptr;
        for (const Entry& entry : found->second)
            if (entry.host == server.host && entry.port == server.port) return entry.known;
        return nullptr;
    }

    std::map<std::string, std::vector<Entry>, std::less<>> servers_;
};

}  // namespace postern::proxy
