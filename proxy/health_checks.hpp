/// Looks after the servers of backends that have several, whether anybody logs in or not.
#pragma once

#include "config/settings.hpp"
#include "net/worker.hpp"
#include "proxy/backend_health.hpp"
#include "proxy/connect.hpp"

namespace postern::proxy {

/// From now to the worker's end asks every such server for its greeting, each `check_interval` anew: so a server that
/// accepts connections and says nothing is found, and one that is back is used again before anybody needs it. Call on
/// the thread that made the worker, before it starts. Everything handed in must outlive the worker.
void start_health_checks(net::Worker& worker,
                         const std::map<std::string, config::BackendSettings>& backends,
                         const BackendConnector& connector,
                         const BackendHealth& health);

}  // namespace postern::proxy
