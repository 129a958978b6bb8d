/// Looks after the servers of all backends, whether anybody logs in or not.
#pragma once

#include "net/worker.hpp"
#include "proxy/mail_session.hpp"

#include <memory>
#include <vector>

namespace postern::proxy {

/// Asks every server for its greeting and what it can do, each `check_interval` anew, until the checks or the worker
/// are shut down: so a server that accepts connections and says nothing is found, and one that is back is used again
/// before anybody needs it. One that greets and does not answer otherwise is up: what it said last holds. The checks
/// keep `services`. Thread rule: before the worker runs, or on its thread.
[[nodiscard]] std::vector<std::weak_ptr<net::Connection>> start_health_checks(
    net::Worker& worker, const std::shared_ptr<const MailServices>& services);

}  // namespace postern::proxy
