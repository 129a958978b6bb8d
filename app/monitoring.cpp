#include "app/monitoring.hpp"

namespace postern::app {
namespace {

constexpr std::uint32_t most_connections = 32;

}  // namespace

Monitoring::Monitoring(auth::Store& store,
                       const base::Clock& clock,
                       const net::ConnectionLimit& connections,
                       const net::BlockingPool& password_pool)
    : https_(metrics_.registry(), "https"),
      http_(metrics_.registry(), "http"),
      own_(metrics_.registry(), "metrics"),
      refused_connections_(refused_connections(metrics_, "limit")),
      refused_of_address_(refused_connections(metrics_, "address_limit")),
      refused_own_connections_(refused_connections(metrics_, "metrics_limit")),
      store_(store, clock),
      readiness_(store_, [this] { return backends(); }),
      site_(std::make_shared<const MonitoringSite>(metrics_, readiness_)),
      own_connections_(most_connections) {
    tell_process_state(metrics_, {.connections = connections,
                                  .password_pool = password_pool,
                                  .store = store_,
                                  .readiness = readiness_,
                                  .servers = [this] { return backends().servers; }});
}

void Monitoring::watch(std::shared_ptr<const Generation> generation) {
    const std::scoped_lock lock(mutex_);
    generation_.swap(generation);  // what was there before ends after the lock
}

Readiness::Backends Monitoring::backends() const {
    const auto generation = [this] {
        const std::scoped_lock lock(mutex_);
        return generation_;
    }();
    return {.routed = routed_backends(generation->settings()),
            .servers = server_states(generation->settings(), generation->health())};
}

void Monitoring::serve(net::Worker& worker, net::TcpSocket socket) {
    auto ticket = own_connections_.enter();
    if (!ticket) return refused_own_connections_.Increment();
    // One request for each connection: a connection that stays would go on asking a process that was upgraded. And
    // whoever looks every few seconds is not to fill the log.
    net::serve_http(worker, std::move(socket), std::move(*ticket), nullptr, site_, {.requests = 1}, {},
                    {.counters = &own_, .request_level = config::LogLevel::debug});
}

}  // namespace postern::app
