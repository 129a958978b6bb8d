#include "proxy/connect.hpp"

#include "net/deadline.hpp"
#include "net/proxy_header.hpp"
#include "proxy/protocols.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <vector>

namespace postern::proxy {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

constexpr auto error_as_value = asio::as_tuple(asio::use_awaitable);

/// Tries each address in turn; one that does not answer takes only its share of the time.
asio::awaitable<std::expected<net::TcpSocket, std::string>> connect_to_one_of(
    const std::vector<tcp::endpoint>& endpoints, TimePoint give_up, net::Interruption& interruption) {
    const auto executor = co_await asio::this_coro::executor;
    net::TcpSocket socket(net::context_of(executor));
    const auto stop = [&socket] {
        boost::system::error_code ignored;
        socket.close(ignored);
    };
    net::Deadline deadline(executor, stop);
    const auto step = interruption.step(stop);
    boost::system::error_code error = asio::error::host_not_found;
    for (std::size_t i = 0; i < endpoints.size() && Clock::now() < give_up && !interruption.is_requested(); ++i) {
        const auto share = (give_up - Clock::now()) / static_cast<long>(endpoints.size() - i);
        deadline.set(std::chrono::ceil<std::chrono::milliseconds>(share));
        stop();
        const auto [connected] = co_await socket.async_connect(endpoints[i], error_as_value);
        error = deadline.expired() ? asio::error::timed_out : connected;
        if (error) continue;
        net::set_connection_options(socket.native_handle());
        co_return std::move(socket);
    }
    co_return std::unexpected(error.message());
}

std::string proxy_header(const std::optional<BackendConnector::Client>& client,
                         const base::IpAddress& server,
                         std::uint16_t port) {
    const net::ProxyHeader header{.is_local = !client,
                                  .client = client ? client->address : base::IpAddress{},
                                  .port = client ? client->port : std::uint16_t{0}};
    return net::make_proxy_header(header, server, port);
}

BackendFailed unreachable(std::string detail) {
    return {.fault = BackendFault::unreachable, .detail = std::move(detail)};
}

/// Until the server is ready for TLS.
asio::awaitable<std::expected<void, BackendFailed>> ask_for_tls(net::Stream& stream, BackendStartTls& request) {
    for (;;) {
        const BackendTlsStep step = request.next();
        const auto written = co_await stream.write(request.take_output());
        if (!written) co_return std::unexpected(unreachable("the connection ended before TLS"));
        if (std::holds_alternative<StartTls>(step)) co_return std::expected<void, BackendFailed>();
        if (const auto* failed = std::get_if<BackendFailed>(&step)) co_return std::unexpected(*failed);
        std::array<char, 1024> bytes{};
        const auto count = co_await stream.read_some(bytes);
        if (!count) co_return std::unexpected(unreachable("the connection ended before TLS"));
        request.receive({bytes.data(), *count});
    }
}

/// Empty: its key is one that this backend may have.
std::string objection_to_key(const net::Stream& stream, const config::BackendSettings& backend) {
    if (backend.pins.empty()) return {};
    const std::string pin = stream.peer_pin();
    if (std::ranges::find(backend.pins, pin) != backend.pins.end()) return {};
    return "TLS: the key of the certificate is not pinned: its pin is " + pin;
}

}  // namespace

std::expected<BackendConnector, std::string> BackendConnector::make(
    const std::map<std::string, config::BackendSettings>& backends, std::string hostname, net::BlockingPool& resolver) {
    BackendConnector connector(std::move(hostname), resolver);
    for (const auto& [name, backend] : backends) {
        if (backend.tls == config::BackendTls::none) continue;
        auto context = net::TlsContext::for_client(backend.ca_file, backend.client_certificate);
        if (!context) return std::unexpected("backend " + name + ": " + context.error());
        connector.tls_.emplace(name, std::move(*context));
    }
    return connector;
}

asio::awaitable<std::expected<std::unique_ptr<net::Stream>, BackendFailed>> BackendConnector::connect(
    const config::BackendSettings& backend,
    const config::BackendServer& server,
    std::optional<Client> client,
    net::Interruption& interruption,
    std::chrono::milliseconds limit) const {
    const TimePoint give_up = Clock::now() + std::min(backend.connect_timeout, limit);
    const auto endpoints = co_await names_.find(server.host, server.port, give_up, interruption);
    if (!endpoints) co_return std::unexpected(unreachable(endpoints.error()));
    auto socket = co_await connect_to_one_of(*endpoints, give_up, interruption);
    if (!socket) co_return std::unexpected(unreachable(socket.error()));

    auto stream = std::make_unique<net::Stream>(std::move(*socket));
    const auto executor = co_await asio::this_coro::executor;
    const auto stop = [peer = stream.get()] { peer->cancel(); };
    net::Deadline deadline(executor, stop);
    const auto step = interruption.step(stop);
    deadline.set(std::chrono::ceil<std::chrono::milliseconds>(give_up - Clock::now()));
    if (backend.proxy_header) {
        // A few bytes into an empty buffer: this does not wait.
        const auto said = co_await stream->write(proxy_header(client, stream->peer_address(), stream->peer_port()));
        if (!said) co_return std::unexpected(unreachable("the connection ended before the PROXY header"));
    }
    if (backend.tls == config::BackendTls::none) co_return std::move(stream);
    const auto secured = co_await start_tls(*stream, backend, server);
    if (deadline.expired()) co_return std::unexpected(unreachable("no TLS handshake in time"));
    if (!secured) co_return std::unexpected(secured.error());
    co_return std::move(stream);
}

asio::awaitable<std::expected<void, BackendFailed>> BackendConnector::start_tls(
    net::Stream& stream, const config::BackendSettings& backend, const config::BackendServer& server) const {
    if (backend.tls == config::BackendTls::starttls) {
        const auto request = make_backend_starttls(backend.protocol, hostname_);
        auto agreed = co_await ask_for_tls(stream, *request);
        if (!agreed) co_return agreed;
    }
    const auto secured = co_await stream.handshake_as_client(tls_.at(backend.name),
                                                             backend.tls_name.empty() ? server.host : backend.tls_name,
                                                             server.host + ' ' + std::to_string(server.port));
    if (!secured) co_return std::unexpected(unreachable("TLS: " + secured.error()));
    if (std::string objection = objection_to_key(stream, backend); !objection.empty())
        co_return std::unexpected(unreachable(std::move(objection)));
    co_return std::expected<void, BackendFailed>();
}

}  // namespace postern::proxy
