/// Accepts connections on one address for one worker.
#pragma once

#include "net/inherited_sockets.hpp"
#include "net/tcp_socket.hpp"
#include "net/worker.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

namespace postern::net {

/// Every worker has a listener of its own on the same address (SO_REUSEPORT): the kernel spreads connections over them
/// and no socket ever changes its thread.
class Listener : public std::enable_shared_from_this<Listener> {
public:
    /// Gets each accepted socket, on the worker's thread.
    using Accepted = std::function<void(TcpSocket)>;

    /// Binds and listens; connections wait in the kernel until `start`. `address` is numeric.
    /// The error is one sentence with the address in it.
    /// Thread rule: any thread.
    [[nodiscard]] static std::expected<std::shared_ptr<Listener>, std::string> open(Worker& worker,
                                                                                    const std::string& address,
                                                                                    std::uint16_t port,
                                                                                    Accepted accepted);

    /// Takes over a socket that listens already. The error names its address.
    [[nodiscard]] static std::expected<std::shared_ptr<Listener>, std::string> adopt(Worker& worker,
                                                                                     InheritedSocket socket,
                                                                                     Accepted accepted);

    /// Valid until `close`.
    [[nodiscard]] int descriptor() { return acceptor_.native_handle(); }

    /// Begins to accept. Thread rule: before the worker runs, or on its thread.
    void start();

    /// Accepts no more, and may then be given up. Thread rule: on the worker's thread.
    void close();

private:
    Listener(Worker& worker, Accepted accepted);
    static boost::asio::awaitable<void> accept_loop(std::shared_ptr<Listener> self);
    void hand_over(TcpSocket socket);
    void log_failure(const std::string& reason);

    Worker& worker_;
    TcpAcceptor acceptor_;
    boost::asio::steady_timer pause_;
    Accepted accepted_;
    std::chrono::steady_clock::time_point quiet_until_;
};

/// Whether nobody listens on the address yet. SO_REUSEPORT alone would let a second postern share the port of the first
/// without a word. The error is one sentence that says what to do.
[[nodiscard]] std::expected<void, std::string> check_address_is_free(const std::string& address, std::uint16_t port);

}  // namespace postern::net
