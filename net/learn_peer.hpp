/// Who a connection is really from, when a load balancer stands in front.
#pragma once

#include "base/ip_network.hpp"
#include "net/stream.hpp"

#include <boost/asio/awaitable.hpp>

#include <expected>
#include <span>
#include <string>

namespace postern::net {

/// A peer in one of these networks must begin with a PROXY header; the stream's peer is from then on whom it names. All
/// others are clients themselves, and whatever they say of addresses is nobody's word. Before TLS. The error is for the
/// log. Bounded by whoever cancels the stream.
[[nodiscard]] boost::asio::awaitable<std::expected<void, std::string>> learn_peer(
    Stream& stream, std::span<const base::IpNetwork> balancers);

}  // namespace postern::net
