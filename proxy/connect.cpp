#include "proxy/connect.hpp"

#include "net/deadline.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netdb.h>

#include <vector>

#include <sys/socket.h>

namespace postern::proxy {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto error_as_value = asio::as_tuple(asio::use_awaitable);

struct FreeAddresses {
    void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};

using Addresses = std::expected<std::vector<tcp::endpoint>, std::string>;

/// Blocks for as long as the system's resolver takes.
Addresses look_up(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    const int result = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (result != 0) return std::unexpected("cannot find " + host + ": " + gai_strerror(result));
    const std::unique_ptr<addrinfo, FreeAddresses> list(found);
    std::vector<tcp::endpoint> endpoints;
    for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
        tcp::endpoint endpoint;
        if (entry->ai_addrlen > endpoint.capacity()) continue;
        endpoint.resize(entry->ai_addrlen);
        std::copy_n(reinterpret_cast<const char*>(entry->ai_addr), entry->ai_addrlen,
                    reinterpret_cast<char*>(endpoint.data()));
        endpoint.port(port);
        endpoints.push_back(endpoint);
    }
    return endpoints;
}

asio::awaitable<Addresses> resolve(const config::BackendSettings& backend, net::BlockingPool& resolver) {
    boost::system::error_code not_numeric;
    const asio::ip::address numeric = asio::ip::make_address(backend.host, not_numeric);
    if (!not_numeric) co_return std::vector{tcp::endpoint(numeric, backend.port)};
    auto job = [host = backend.host, port = backend.port] { return look_up(host, port); };
    auto found = co_await resolver.run(std::move(job));
    if (!found) co_return std::unexpected("too many name look-ups are waiting");
    co_return std::move(*found);
}

}  // namespace

std::expected<BackendConnector, std::string> BackendConnector::make(
    const std::map<std::string, config::BackendSettings>& backends, net::BlockingPool& resolver) {
    BackendConnector connector(resolver);
    for (const auto& [name, backend] : backends) {
        if (backend.tls == config::BackendTls::none) continue;
        auto context = net::TlsContext::for_client(backend.ca_file);
        if (!context) return std::unexpected("backend " + name + ": " + context.error());
        connector.tls_.emplace(name, std::move(*context));
    }
    return connector;
}

asio::awaitable<std::expected<std::unique_ptr<net::Stream>, std::string>> BackendConnector::connect(
    const config::BackendSettings& backend) const {
    const auto executor = co_await asio::this_coro::executor;
    const auto endpoints = co_await resolve(backend, *resolver_);
    if (!endpoints) co_return std::unexpected(endpoints.error());

    tcp::socket socket(executor);
    net::Stream* handshaking = nullptr;
    net::Deadline deadline(executor, [&] {
        boost::system::error_code ignored;
        if (handshaking != nullptr)
            handshaking->cancel();
        else
            socket.close(ignored);
    });
    deadline.set(backend.connect_timeout);

    boost::system::error_code error = asio::error::host_not_found;
    for (const tcp::endpoint& endpoint : *endpoints) {
        boost::system::error_code ignored;
        socket.close(ignored);
        const auto [connected] = co_await socket.async_connect(endpoint, error_as_value);
        error = connected;
        if (!error || deadline.expired()) break;
    }
    if (deadline.expired()) co_return std::unexpected("no connection in time");
    if (error) co_return std::unexpected(error.message());

    auto stream = std::make_unique<net::Stream>(std::move(socket));
    const auto tls = tls_.find(backend.name);
    if (tls == tls_.end()) co_return std::move(stream);
    handshaking = stream.get();
    const auto secured =
        co_await stream->handshake_as_client(tls->second, backend.tls_name.empty() ? backend.host : backend.tls_name);
    if (deadline.expired()) co_return std::unexpected("no TLS handshake in time");
    if (!secured) co_return std::unexpected("TLS: " + secured.error());
    co_return std::move(stream);
}

}  // namespace postern::proxy
