#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace postern::bench {

/// An open file descriptor; -1 is none.
class Descriptor {
public:
    explicit Descriptor(int number = -1) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
    Descriptor& operator=(Descriptor&& other) noexcept;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();

    int number() const { return number_; }

private:
    int number_;
};

struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SslPointer = std::unique_ptr<SSL, FreeSsl>;
using SslContextPointer = std::unique_ptr<SSL_CTX, FreeSsl>;
using SslSessionPointer = std::unique_ptr<SSL_SESSION, FreeSsl>;

/// A connection that never blocks, in plaintext or in TLS. The handshake happens within the first reads and writes.
class Stream {
public:
    explicit Stream(Descriptor descriptor, SslPointer tls = nullptr);
    Stream(Stream&&) = default;
    Stream& operator=(Stream&&) = delete;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    /// Says goodbye in TLS: without, OpenSSL would not let the session be resumed.
    ~Stream();

    enum class Outcome : std::uint8_t { moved, would_block, closed };
    struct Moved {
        Outcome outcome;
        std::size_t bytes;
    };
    Moved read(std::span<char> into);
    Moved write(std::string_view bytes);

    /// Whether the last call that would block waits until bytes can leave.
    bool waits_to_write() const { return waits_to_write_; }
    bool is_resumed() const { return tls_ != nullptr && SSL_session_reused(tls_.get()) != 0; }
    int number() const { return descriptor_.number(); }

private:
    Moved tls_outcome(int result, std::size_t bytes);

    Descriptor descriptor_;
    SslPointer tls_;
    bool waits_to_write_ = false;
};

/// Listens on 127.0.0.1; port 0 is any. Throws std::system_error.
Descriptor listen_on_loopback(std::uint16_t port);
std::uint16_t port_of(const Descriptor& listener);

/// Accepts one; none when nobody waits.
Descriptor accept_one(const Descriptor& listener);

/// Connects from the address `source` of this machine to that port of `address`. Throws std::system_error.
Descriptor connect_to(const std::string& address, std::uint16_t port, const std::string& source);

/// Throws std::runtime_error with what OpenSSL says.
SslContextPointer server_context(const std::string& certificate_file, const std::string& key_file);

/// Servers must have a certificate of this authority.
SslContextPointer client_context(const std::string& ca_file);

}  // namespace postern::bench
