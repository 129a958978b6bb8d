/// Which server of a backend serves whom, when it has several.
#pragma once

#include "config/settings.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace postern::proxy::routing {

/// Positions in `servers`, the one that the user belongs to first, then those that stand in for it, in his own order.
/// The same for every process and every start; when a server is added, only those move who move to it (rendezvous
/// hashing with weights). Servers that are drained are left out, unless all are. Pure.
[[nodiscard]] std::vector<std::size_t> preferred_servers(std::span<const config::BackendServer> servers,
                                                         std::string_view login);

}  // namespace postern::proxy::routing
