#include "proxy/backend_capabilities.hpp"

#include "net/log.hpp"

#include <algorithm>
#include <utility>

namespace postern::proxy {

namespace {

std::string line_of(const std::vector<std::string>& list) {
    constexpr std::size_t longest = 1000;
    std::string line;
    for (const std::string& each : list) line.append(line.empty() ? "" : ", ").append(each);
    line.resize(std::min(line.size(), longest));
    return line;
}

}  // namespace

std::optional<std::vector<std::string>> KnownCapabilities::list() const {
    const std::lock_guard lock(mutex_);
    return list_;
}

bool KnownCapabilities::learned(ServerCapabilities answer) {
    current_.store(answer.known, std::memory_order_release);
    const std::lock_guard lock(mutex_);
    is_failing_ = false;
    if (list_ == answer.list) return false;
    list_ = std::move(answer.list);
    return true;
}

bool KnownCapabilities::failed() {
    const std::lock_guard lock(mutex_);
    return !std::exchange(is_failing_, true);
}

Capabilities BackendCapabilities::common_to(std::span<const std::string_view> backends) const {
    std::optional<Capabilities> shared;
    for (const std::string_view backend : backends) {
        for (const auto& server : servers_.of(backend)) {
            const Capabilities has = server.known->current();
            shared = shared ? common(*shared, has) : has;
        }
    }
    return shared.value_or(Capabilities{});
}

void BackendCapabilities::learned(const config::BackendSettings& backend,
                                  std::size_t index,
                                  ServerCapabilities answer) const {
    const std::string line = line_of(answer.list);
    if (servers_.of(backend, index).learned(std::move(answer)))
        net::log(config::LogLevel::info, "backend_capabilities",
                 {{"backend", backend.name}, {"server", backend.servers[index].name}, {"capabilities", line}});
}

void BackendCapabilities::failed(const config::BackendSettings& backend,
                                 std::size_t index,
                                 const std::string& why) const {
    if (servers_.of(backend, index).failed())
        net::log(config::LogLevel::warning, "backend_capabilities_unknown",
                 {{"backend", backend.name}, {"server", backend.servers[index].name}, {"detail", why}});
}

}  // namespace postern::proxy
