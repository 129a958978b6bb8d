/// HTTP/1.1 on a Stream: reads bounded requests, asks an HttpHandler, writes its answers.
#pragma once

#include "base/ip_network.hpp"
#include "config/settings.hpp"
#include "net/connection_limit.hpp"
#include "net/counted_limit.hpp"
#include "net/http.hpp"
#include "net/stream.hpp"
#include "net/tcp_socket.hpp"
#include "net/worker.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>

namespace postern::net {

/// Bounds on one HTTP connection.
struct HttpLimits {
    std::size_t header_bytes = std::size_t{8} * 1024;
    std::size_t body_bytes = std::size_t{16} * 1024;
    std::chrono::milliseconds request_timeout{
        10'000};                                ///< for the TLS handshake, and from a request's first wait to its end
    unsigned requests = 1000;                   ///< on one connection
    AddressLimit* addresses = nullptr;          ///< where the connection is counted; must outlive it. Null: nowhere
    std::uint32_t connections_per_address = 0;  ///< what it allows
};

class HttpCounters;

/// How what happens on a connection is told.
struct HttpReporting {
    const HttpCounters* counters = nullptr;                   ///< null: it is not counted; else must outlive the worker
    config::LogLevel request_level = config::LogLevel::info;  ///< of the log line for each request
};

/// Serves one accepted connection on its worker's thread until it ends; `tls` null means clear text.
/// `balancers`: see learn_peer. The connection keeps `handler`, which must keep `tls` and `balancers`. Logs method,
/// status and duration; never path, query or body, for they hold addresses of persons.
void serve_http(Worker& worker,
                TcpSocket socket,
                ConnectionLimit::Ticket ticket,
                const TlsContext* tls,
                std::shared_ptr<const HttpHandler> handler,
                const HttpLimits& limits,
                std::span<const base::IpNetwork> balancers = {},
                HttpReporting reporting = {});

}  // namespace postern::net
