#include "net/learn_peer.hpp"

#include "net/proxy_header.hpp"

#include <algorithm>
#include <array>

namespace postern::net {

boost::asio::awaitable<std::expected<void, std::string>> learn_peer(Stream& stream,
                                                                    std::span<const base::IpNetwork> balancers) {
    const base::IpAddress peer = stream.peer_address();
    const bool is_balancer =
        std::ranges::any_of(balancers, [&](const base::IpNetwork& network) { return network.contains(peer); });
    if (!is_balancer) co_return std::expected<void, std::string>();
    ProxyHeaderReader reader;
    std::array<char, ProxyHeaderReader::longest> bytes{};
    while (const std::size_t wanted = reader.wants()) {
        const auto count = co_await stream.read_some(std::span(bytes).first(wanted));
        if (!count) co_return std::unexpected("the PROXY header did not arrive whole");
        reader.receive({bytes.data(), *count});
    }
    const auto& header = reader.outcome();
    if (!header) co_return std::unexpected("the PROXY header " + header.error());
    if (!header->is_local) stream.set_peer(header->client, header->port);
    co_return std::expected<void, std::string>();
}

}  // namespace postern::net
