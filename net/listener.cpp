#include "net/listener.hpp"

#include "net/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>

#include <sys/socket.h>
#include <unistd.h>

namespace postern::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// Out of descriptors or memory: accepting again at once would only spin.
constexpr std::chrono::milliseconds pause_after_error{100};
constexpr std::chrono::seconds between_failure_lines{10};

std::string problem(const std::string& address, std::uint16_t port, const error_code& error) {
    const std::string where = address.find(':') == std::string::npos ? address : '[' + address + ']';
    std::string text = "cannot listen on " + where + ':' + std::to_string(port) + ": " + error.message();
    if (error == asio::error::address_in_use) text += "; end the program that has it, or change listeners[].port";
    if (error == asio::error::access_denied) text += "; ports below 1024 need the right CAP_NET_BIND_SERVICE";
    return text;
}

error_code bind_to(TcpAcceptor& acceptor, const std::string& address, std::uint16_t port, bool share) {
    error_code error;
    const tcp::endpoint endpoint(asio::ip::make_address(address, error), port);
    if (!error) acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(TcpAcceptor::reuse_address(true), error);
    if (!error && share) acceptor.set_option(ReusePort(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    return error;
}

}  // namespace

std::expected<void, std::string> check_address_is_free(const std::string& address, std::uint16_t port) {
    asio::io_context context;
    TcpAcceptor acceptor(context);
    const error_code error = bind_to(acceptor, address, port, false);
    if (error) return std::unexpected(problem(address, port, error));
    return {};
}

Listener::Listener(Worker& worker, Accepted accepted)
    : worker_(worker), acceptor_(worker.context()), pause_(worker.context()), accepted_(std::move(accepted)) {}

std::expected<std::shared_ptr<Listener>, std::string> Listener::open(Worker& worker,
                                                                     const std::string& address,
                                                                     std::uint16_t port,
                                                                     Accepted accepted) {
    std::shared_ptr<Listener> listener(new Listener(worker, std::move(accepted)));
    const error_code error = bind_to(listener->acceptor_, address, port, true);
    if (error) return std::unexpected(problem(address, port, error));
    set_connection_options(listener->descriptor());
    return listener;
}

std::expected<std::shared_ptr<Listener>, std::string> Listener::adopt(Worker& worker,
                                                                      InheritedSocket socket,
                                                                      Accepted accepted) {
    std::shared_ptr<Listener> listener(new Listener(worker, std::move(accepted)));
    error_code error;
    const auto address = asio::ip::make_address(socket.address(), error);
    const int descriptor = socket.release();
    if (!error) listener->acceptor_.assign(address.is_v6() ? tcp::v6() : tcp::v4(), descriptor, error);
    if (!error) {
        set_connection_options(descriptor);
        return listener;
    }
    ::close(descriptor);
    return std::unexpected(problem(socket.address(), socket.port(), error));
}

void Listener::start() {
    worker_.spawn(accept_loop(shared_from_this()));
}

void Listener::close() {
    // Released first, which takes it out of epoll: a successor may hold the same socket, and closing it would not.
    error_code failed;
    const int descriptor = acceptor_.is_open() ? acceptor_.release(failed) : -1;
    if (descriptor >= 0 && !failed) ::close(descriptor);
    if (failed) acceptor_.close(failed);
    pause_.cancel();
}

void Listener::hand_over(TcpSocket socket) {
    // Memory may run out; the loop must not end for that: the kernel would go on giving us connections.
    try {
        accepted_(std::move(socket));
    } catch (const std::exception& error) {
        log_failure(error.what());
    }
}

void Listener::log_failure(const std::string& reason) {
    const auto now = std::chrono::steady_clock::now();
    if (now < quiet_until_) return;
    quiet_until_ = now + between_failure_lines;
    log(config::LogLevel::error, "accept_failed", {{"reason", reason}});
}

asio::awaitable<void> Listener::accept_loop(std::shared_ptr<Listener> self) {
    constexpr auto error_as_value = asio::as_tuple(asio::use_awaitable);
    TcpAcceptor& acceptor = self->acceptor_;
    while (acceptor.is_open()) {
        auto [error, socket] = co_await acceptor.async_accept(error_as_value);
        if (!acceptor.is_open()) co_return;  // also what was accepted just before the close: nobody would shut it down
        if (!error) {
            self->hand_over(std::move(socket));
            continue;
        }
        self->log_failure(error.message());
        self->pause_.expires_after(pause_after_error);
        co_await self->pause_.async_wait(error_as_value);
    }
}

}  // namespace postern::net
