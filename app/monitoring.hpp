/// Everything that lets others see how the server is doing: numbers, readiness, and the site that tells them.
#pragma once

#include "app/generation.hpp"
#include "app/monitoring_site.hpp"
#include "app/process_metrics.hpp"
#include "app/readiness.hpp"
#include "app/store_watch.hpp"
#include "net/connection_limit.hpp"
#include "net/http_server.hpp"
#include "net/metrics.hpp"
#include "net/tcp_socket.hpp"

#include <memory>
#include <mutex>

namespace postern::app {

/// One for the life of the process: counters go on when the configuration is read again. Must outlive every worker;
/// what it is made of is used until `stop` and by workers.
class Monitoring {
public:
    Monitoring(auth::Store& store,
               const base::Clock& clock,
               const net::ConnectionLimit& connections,
               const net::BlockingPool& password_pool);

    /// Whose backends it is about from now on. Thread rule: any thread; for the first time before anything is served.
    void watch(std::shared_ptr<const Generation> generation);

    /// What the mail face counts with.
    [[nodiscard]] prometheus::Registry& registry() noexcept { return metrics_.registry(); }
    /// How https and http listeners tell what happens on them.
    [[nodiscard]] net::HttpReporting https() const noexcept { return {.counters = &https_}; }
    [[nodiscard]] net::HttpReporting http() const noexcept { return {.counters = &http_}; }
    /// There was no place for a connection.
    void connection_refused() const { refused_connections_.Increment(); }
    /// Its address had too many.
    void address_refused() const { refused_of_address_.Increment(); }

    /// From now on /health/ready says no, to whoever is still connected.
    void stop() noexcept { readiness_.stop(); }

    /// Serves an accepted connection of a metrics listener. Has its own small limit: when the house is full, somebody
    /// must still be able to see that.
    void serve(net::Worker& worker, net::TcpSocket socket);

private:
    [[nodiscard]] Readiness::Backends backends() const;

    mutable std::mutex mutex_;
    std::shared_ptr<const Generation> generation_;  // under the mutex, which is held for no longer than a copy takes
    net::Metrics metrics_;
    net::HttpCounters https_;
    net::HttpCounters http_;
    net::HttpCounters own_;
    prometheus::Counter& refused_connections_;
    prometheus::Counter& refused_of_address_;
    prometheus::Counter& refused_own_connections_;
    StoreWatch store_;
    Readiness readiness_;
    const std::shared_ptr<const MonitoringSite> site_;
    net::ConnectionLimit own_connections_;
};

}  // namespace postern::app
