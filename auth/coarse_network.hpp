/// Where somebody is, no more precisely than the purpose needs.
#pragma once

#include "base/ip_network.hpp"

#include <string>

namespace postern::auth {

/// The network of `prefix_v4` or `prefix_v6` bits that the address is in, as text: "10.1.2.0/24".
[[nodiscard]] std::string network_of(const base::IpAddress& address, int prefix_v4, int prefix_v6);

/// /24 or /48: what is kept for months.
[[nodiscard]] inline std::string coarse_network(const base::IpAddress& address) {
    return network_of(address, 24, 48);
}

}  // namespace postern::auth
