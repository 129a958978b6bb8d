/// Connections to backends: name, TCP, STARTTLS, verified TLS.
#pragma once

#include "base/ip_network.hpp"
#include "config/settings.hpp"
#include "net/blocking_pool.hpp"
#include "net/interruption.hpp"
#include "net/name_look_ups.hpp"
#include "net/stream.hpp"
#include "net/tls_context.hpp"
#include "proxy/backend_login.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace postern::proxy {

/// Makes connections to every configured backend. Immutable after its making; any thread may use it.
class BackendConnector {
public:
    /// Loads the authorities and certificates of each backend that speaks TLS. The error names the backend and the
    /// file. `hostname`: our own name.
    [[nodiscard]] static std::expected<BackendConnector, std::string> make(
        const std::map<std::string, config::BackendSettings>& backends,
        std::string hostname,
        net::BlockingPool& resolver);

    /// The client for whose sake a connection is made.
    struct Client {
        base::IpAddress address;
        std::uint16_t port = 0;
    };

    /// Finds the server's addresses and connects to the first that answers, all within the backend's connect_timeout,
    /// or `limit` if that is less; with TLS, only to a peer whose certificate is valid for its name and pinned. With
    /// STARTTLS the server has greeted by then. `client`: for a PROXY header, where the backend wants one; nullopt: it
    /// is we who ask. `server`: one of `backend`, which must outlive the await, as must `interruption`: when that is
    /// requested, the attempt fails soon.
    [[nodiscard]] boost::asio::awaitable<std::expected<std::unique_ptr<net::Stream>, BackendFailed>> connect(
        const config::BackendSettings& backend,
        const config::BackendServer& server,
        std::optional<Client> client,
        net::Interruption& interruption,
        std::chrono::milliseconds limit = std::chrono::milliseconds::max()) const;

private:
    BackendConnector(std::string hostname, net::BlockingPool& resolver)
        : hostname_(std::move(hostname)), names_(resolver) {}
    [[nodiscard]] boost::asio::awaitable<std::expected<void, BackendFailed>> start_tls(
        net::Stream& stream, const config::BackendSettings& backend, const config::BackendServer& server) const;

    std::string hostname_;
    net::NameLookUps names_;
    std::map<std::string, net::TlsContext> tls_;  // by backend
};

}  // namespace postern::proxy
