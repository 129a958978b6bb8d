/// What is known of the whole process when somebody asks for metrics.
#pragma once

#include "app/readiness.hpp"
#include "app/store_watch.hpp"
#include "net/blocking_pool.hpp"
#include "net/connection_limit.hpp"
#include "net/metrics.hpp"

#include <functional>
#include <vector>

namespace postern::app {

/// All must outlive the metrics they are registered with; none may block.
struct ProcessState {
    const net::ConnectionLimit& connections;
    const net::BlockingPool& password_pool;
    const StoreWatch& store;
    const Readiness& readiness;
    std::function<std::vector<ServerState>()> servers;
};

/// Has the state told with every look at `metrics`, beside the version and when the process was made.
void tell_process_state(net::Metrics& metrics, ProcessState state);

/// Connections that were closed as soon as they were accepted.
[[nodiscard]] prometheus::Counter& refused_connections(net::Metrics& metrics, const std::string& reason);

}  // namespace postern::app
