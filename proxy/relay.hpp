/// Moves bytes between client and backend after login, both ways, until one of them ends.
#pragma once

#include "net/deadline.hpp"
#include "net/stream.hpp"
#include "proxy/relay_guard.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>

namespace prometheus {
class Counter;
}

namespace postern::proxy {

struct RelayLimits {
    std::chrono::milliseconds idle{};         ///< without a byte either way
    std::chrono::milliseconds half_closed{};  ///< without a byte, once one side has ended
};

enum class RelayEnd {
    client_closed,    ///< the client ended first
    backend_closed,   ///< the backend did
    idle,             ///< nothing moved for too long
    failed,           ///< one of the connections broke
    broken_protocol,  ///< one side said what the guard cannot hand on
    shut_down,        ///< cancelled from here
};

/// Where bytes are counted as they move; null: nowhere.
struct RelayCounters {
    prometheus::Counter* from_client = nullptr;
    prometheus::Counter* from_backend = nullptr;
};

struct RelayReport {
    RelayEnd end = RelayEnd::failed;
    std::uint64_t bytes_from_client = 0;
    std::uint64_t bytes_from_backend = 0;
    bool has_client_heard_all = true;  ///< false: what was read for him is cut off in its middle
};

/// Back-pressure: nothing is read from one side until the other has taken what was read before. An end of one side is
/// handed on to the other, which may go on for `half_closed`. Without a guard nothing is ever added to the bytes.
/// `deadline` must cancel both streams when it runs out; it is set here.
[[nodiscard]] boost::asio::awaitable<RelayReport> relay(net::Stream& client,
                                                        net::Stream& backend,
                                                        net::Deadline& deadline,
                                                        RelayLimits limits,
                                                        RelayGuard* guard = nullptr,
                                                        RelayCounters counters = {});

}  // namespace postern::proxy
