/// The one kind of TCP socket that connections are made of.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace postern::net {

/// Asio's socket with the executor of an io_context instead of any executor at all: a wait on it takes 100 bytes less.
using TcpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using TcpAcceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// No delay, and keep-alive for connections that are idle for long. Connections inherit it from the socket they were
/// accepted from, as Linux does it.
void set_connection_options(int descriptor);

/// For a connection that stays for long: other seconds of keep-alive than its neighbours have. Thousands that began
/// together would else probe together, more at once than queues in the kernel hold (net.core.netdev_max_backlog: 1000);
/// their probes would be lost, again and again, and they would be taken for dead.
void spread_keep_alive(int descriptor);

/// The io_context behind an executor of a coroutine that runs on one.
[[nodiscard]] inline boost::asio::io_context& context_of(const boost::asio::any_io_executor& executor) {
    return static_cast<boost::asio::io_context&>(boost::asio::query(executor, boost::asio::execution::context));
}

}  // namespace postern::net
