#include "tests/bench/load/stream.hpp"

#include <openssl/err.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace postern::bench {
namespace {

constexpr int backlog = 4096;

int checked(int result, const char* what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
}

void require(bool is_good, const std::string& what) {
    if (is_good) return;
    const char* reason = ERR_reason_error_string(ERR_get_error());
    throw std::runtime_error(what + ": " + (reason == nullptr ? "unknown error" : reason));
}

sockaddr_in address_of(const std::string& text, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (inet_pton(AF_INET, text.c_str(), &address.sin_addr) != 1) {
        throw std::runtime_error(text + " is not an IPv4 address");
    }
    return address;
}

void send_at_once(int number) {
    const int on = 1;
    checked(setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
}

SslContextPointer context_of(const SSL_METHOD* method) {
    SslContextPointer context(SSL_CTX_new(method));
    require(context != nullptr, "SSL_CTX_new");
    SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
    require(SSL_CTX_set_ciphersuites(context.get(), "TLS_AES_128_GCM_SHA256") == 1, "cipher suites");
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return context;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
}

Descriptor::~Descriptor() {
    if (number_ >= 0) close(number_);
}

Stream::Stream(Descriptor descriptor, SslPointer tls) : descriptor_(std::move(descriptor)), tls_(std::move(tls)) {
    const int flags = checked(fcntl(number(), F_GETFL), "fcntl");
    checked(fcntl(number(), F_SETFL, flags | O_NONBLOCK), "fcntl");
    send_at_once(number());
    if (tls_) require(SSL_set_fd(tls_.get(), number()) == 1, "SSL_set_fd");
}

Stream::~Stream() {
    if (!tls_) return;
    SSL_shutdown(tls_.get());
    ERR_clear_error();
}

Stream::Moved Stream::tls_outcome(int result, std::size_t bytes) {
    if (result > 0) return {Outcome::moved, bytes};
    const int error = SSL_get_error(tls_.get(), result);
    ERR_clear_error();
    waits_to_write_ = error == SSL_ERROR_WANT_WRITE;
    if (waits_to_write_ || error == SSL_ERROR_WANT_READ) return {Outcome::would_block, 0};
    return {Outcome::closed, 0};
}

Stream::Moved Stream::read(std::span<char> into) {
    waits_to_write_ = false;
    if (tls_) {
        std::size_t bytes = 0;
        const int result = SSL_read_ex(tls_.get(), into.data(), into.size(), &bytes);
        return tls_outcome(result, bytes);
    }
    const ssize_t bytes = recv(number(), into.data(), into.size(), 0);
    if (bytes > 0) return {Outcome::moved, static_cast<std::size_t>(bytes)};
    return {bytes < 0 && errno == EAGAIN ? Outcome::would_block : Outcome::closed, 0};
}

Stream::Moved Stream::write(std::string_view bytes) {
    waits_to_write_ = false;
    if (tls_) {
        std::size_t written = 0;
        const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &written);
        return tls_outcome(result, written);
    }
    const ssize_t written = send(number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written >= 0) return {Outcome::moved, static_cast<std::size_t>(written)};
    waits_to_write_ = errno == EAGAIN;
    return {waits_to_write_ ? Outcome::would_block : Outcome::closed, 0};
}

Descriptor listen_on_loopback(std::uint16_t port) {
    Descriptor listener(checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket"));
    const int on = 1;
    checked(setsockopt(listener.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
    const sockaddr_in address = address_of("127.0.0.1", port);
    checked(bind(listener.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    checked(listen(listener.number(), backlog), "listen");
    return listener;
}

std::uint16_t port_of(const Descriptor& listener) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    checked(getsockname(listener.number(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    return ntohs(address.sin_port);
}

Descriptor accept_one(const Descriptor& listener) {
    return Descriptor(accept4(listener.number(), nullptr, nullptr, SOCK_CLOEXEC));
}

Descriptor connect_to(const std::string& address, std::uint16_t port, const std::string& source) {
    Descriptor connection(checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    const int on = 1;
    // The port is chosen with the connection, so that each source address has all ports for each server.
    checked(setsockopt(connection.number(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on), "bind without port");
    const sockaddr_in from = address_of(source, 0);
    checked(bind(connection.number(), reinterpret_cast<const sockaddr*>(&from), sizeof from), "bind");
    const sockaddr_in to = address_of(address, port);
    checked(connect(connection.number(), reinterpret_cast<const sockaddr*>(&to), sizeof to), "connect");
    return connection;
}

SslContextPointer server_context(const std::string& certificate_file, const std::string& key_file) {
    SslContextPointer context = context_of(TLS_server_method());
    require(SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) == 1, certificate_file);
    require(SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) == 1, key_file);
    return context;
}

SslContextPointer client_context(const std::string& ca_file) {
    SslContextPointer context = context_of(TLS_client_method());
    require(SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr) == 1, ca_file);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    return context;
}

}  // namespace postern::bench
