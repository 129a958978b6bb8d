/// Addresses of host names. The system's resolver blocks, for many seconds where a server of names is silent. So it is
/// asked away from the I/O threads, and for each name only once at a time: whoever wants to know the same meanwhile
/// waits for the same answer. A name without an answer holds one thread, and the others are there for other names.
#pragma once

#include "net/blocking_pool.hpp"
#include "net/interruption.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

namespace postern::net {

/// Thread rule: any thread. Lifetime: as long as somebody waits, and not longer than the pool.
class NameLookUps {
public:
    explicit NameLookUps(BlockingPool& resolver);

    /// In the order in which they are to be tried; not empty. The error is for the log.
    using Addresses = std::expected<std::vector<boost::asio::ip::tcp::endpoint>, std::string>;

    /// A numeric address is its own answer. Ends at `give_up` at the latest, or soon after the interruption is
    /// requested.
    [[nodiscard]] boost::asio::awaitable<Addresses> find(std::string host,
                                                         std::uint16_t port,
                                                         std::chrono::steady_clock::time_point give_up,
                                                         Interruption& interruption) const;

private:
    class UnderWay;

    BlockingPool* resolver_;
    std::shared_ptr<UnderWay> under_way_;
};

}  // namespace postern::net
