#include "proxy/backend_health.hpp"

#include "net/log.hpp"

namespace postern::proxy {

bool ServerHealth::may_try(Clock::time_point now) noexcept {
    std::int64_t until = down_until_.load(std::memory_order_acquire);
    if (until == 0) return true;
    const std::int64_t at = now.time_since_epoch().count();
    if (at < until) return false;
    const std::int64_t next = at + Clock::duration(rest).count();
    return down_until_.compare_exchange_strong(until, next, std::memory_order_acq_rel);
}

bool ServerHealth::worked() noexcept {
    return down_until_.exchange(0, std::memory_order_acq_rel) != 0;
}

bool ServerHealth::failed(Clock::time_point now) noexcept {
    const std::int64_t until = (now + rest).time_since_epoch().count();
    return down_until_.exchange(until, std::memory_order_acq_rel) == 0;
}

void BackendHealth::worked(const config::BackendSettings& backend, std::size_t index) const {
    if (of(backend, index).worked())
        net::log(config::LogLevel::info, "backend_up",
                 {{"backend", backend.name}, {"server", backend.servers[index].name}});
}

void BackendHealth::failed(const config::BackendSettings& backend, std::size_t index, const std::string& why) const {
    if (of(backend, index).failed(ServerHealth::Clock::now()))
        net::log(config::LogLevel::warning, "backend_down",
                 {{"backend", backend.name}, {"server", backend.servers[index].name}, {"detail", why}});
}

}  // namespace postern::proxy
