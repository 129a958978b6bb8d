#pragma once

#include "net/tcp_socket.hpp"

#include <boost/asio.hpp>

#include <exception>
#include <utility>

namespace postern::test {

namespace asio = boost::asio;

/// Two connected sockets of one io_context, over loopback.
inline std::pair<net::TcpSocket, net::TcpSocket> connected_sockets(asio::io_context& context) {
    net::TcpAcceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    net::TcpSocket one(context);
    one.connect(acceptor.local_endpoint());
    net::TcpSocket other = acceptor.accept();
    return {std::move(one), std::move(other)};
}

/// Runs a coroutine to its end on `context`, with everything else that waits there. What it throws, this throws.
inline void run_to_end(asio::io_context& context, asio::awaitable<void> work) {
    std::exception_ptr failure;
    bool ended = false;
    context.restart();  // it stopped if it ran out of work before
    asio::co_spawn(context, std::move(work), [&](std::exception_ptr thrown) {
        failure = thrown;
        ended = true;
    });
    while (!ended && context.run_one() != 0) {
    }
    if (failure) std::rethrow_exception(failure);
    if (!ended) throw std::runtime_error("the coroutine waits for something that never comes");
}

}  // namespace postern::test
