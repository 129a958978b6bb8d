/// A TCP connection, with or without TLS on it.
#pragma once

#include "base/ip_network.hpp"
#include "base/secret.hpp"
#include "net/readiness.hpp"
#include "net/tcp_socket.hpp"
#include "net/tls_context.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::net {

/// Why bytes stopped.
enum class StreamEnd {
    closed,     ///< the peer ended its direction properly, or at least without a reset
    cancelled,  ///< `cancel` was called here
    failed,     ///< reset, timeout of the kernel, TLS error
};

/// What one attempt without waiting gave.
enum class IoStatus { done, want_read, want_write, closed, failed };
struct IoResult {
    IoStatus status = IoStatus::failed;
    std::size_t bytes = 0;    ///< moved; only with done
    bool is_drained = false;  ///< nothing more was there at that moment: the next is to wait; only with done
};

class Stream;

/// Who goes on when a stream is ready, without a coroutine.
class StreamWatcher {
public:
    /// Something may have changed: see `Stream::may_try` and `Stream::cancelled`. May end the stream.
    virtual void stream_changed(Stream& stream) = 0;

protected:
    StreamWatcher() = default;
    ~StreamWatcher() = default;
    StreamWatcher(const StreamWatcher&) = default;
    StreamWatcher& operator=(const StreamWatcher&) = default;
    StreamWatcher(StreamWatcher&&) = default;
    StreamWatcher& operator=(StreamWatcher&&) = default;
};

/// OpenSSL reads the socket itself and somebody else only tells readiness: no BIO pair and no buffer of ours, so an
/// idle connection holds none at all. Waiting and moving bytes are apart: wait first, borrow a buffer then.
///
/// Who waits for milliseconds does it in a coroutine, with Asio (`wait`); who waits for hours has a watcher (`watch`).
///
/// Output is kept here while the socket takes no more, and only then. But for the session ticket at the end of a
/// server's TLS 1.3 handshake: nobody waits for it, and it leaves together with what follows, or when a wait begins.
///
/// Thread rule: everything on the thread of its socket's executor. One reader and one writer may wait at the same time.
/// Lifetime: must outlive the awaits on it; not movable, because OpenSSL and waiting coroutines point to it.
class Stream final : private WatchedSocket {
public:
    template <class T>
    using Awaitable = boost::asio::awaitable<T>;

    /// Takes over a connected socket; sets it non-blocking. For its other options see set_connection_options.
    explicit Stream(TcpSocket socket);
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    Stream(Stream&&) = delete;
    Stream& operator=(Stream&&) = delete;
    ~Stream();

    /// TLS handshake as the server, or as a client of a peer that must prove to be `name`. `server`: see
    /// TlsContext::start_client.
    /// The error is for the log: OpenSSL's words, and the reason if the certificate was refused.
    [[nodiscard]] Awaitable<std::expected<void, std::string>> handshake_as_server(const TlsContext& context);
    [[nodiscard]] Awaitable<std::expected<void, std::string>> handshake_as_client(const TlsContext& context,
                                                                                  const std::string& name,
                                                                                  const std::string& server = {});

    /// Reads what is there, and at least one byte; never waits. An empty `bytes` is our bug.
    [[nodiscard]] IoResult try_read(std::span<char> bytes);

    /// The longest that `put` is given at a time: four TLS records.
    static constexpr std::size_t most_to_put = std::size_t{64} * 1024;
    /// Takes all of `bytes`, up to most_to_put; never waits. done: the kernel has them. want_write: some are kept here,
    /// and `flush` comes before the next `put`.
    [[nodiscard]] IoStatus put(std::string_view bytes);
    /// Another attempt to hand over what is kept here. Never waits; the answers are those of `put`.
    [[nodiscard]] IoStatus flush();

    /// Waits until an attempt that gave want_read or want_write may be worth repeating. False: cancelled.
    [[nodiscard]] Awaitable<bool> wait(IoStatus wanted);

    /// From here on, and first of all soon, `watcher` is told when anything may have changed; nobody is in `wait`. It
    /// must outlive the watch. False: the system has no room for it.
    [[nodiscard]] bool watch(StreamWatcher& watcher);
    /// `wait` may be used again. Safe without a watch.
    void end_watch() noexcept;
    /// Has the watcher told soon, in its turn.
    void tell_later();
    /// Whether an attempt that gave want_read or want_write may be worth repeating: something came since.
    [[nodiscard]] bool may_try(IoStatus wanted) const noexcept {
        return wanted == IoStatus::want_read ? is_readable_ : is_writable_;
    }

    /// Reads at least one byte.
    [[nodiscard]] Awaitable<std::expected<std::size_t, StreamEnd>> read_some(std::span<char> bytes);
    /// Writes everything.
    [[nodiscard]] Awaitable<std::expected<void, StreamEnd>> write(std::string_view bytes);

    /// Ends our direction (close_notify with TLS, then FIN) without waiting for the peer's. Once is enough.
    void end_output() noexcept;
    /// Ends both directions at once. Waits end as cancelled.
    void close() noexcept;

    /// From here on what is decrypted is no secret of ours and may be much: OpenSSL need not wipe its buffers behind
    /// it, which costs a quarter of moving bytes, and reads four records at a time.
    void begin_bulk() noexcept;

    /// Every wait, now and later, ends as cancelled, until `allow_again`: a deadline cannot be missed between two
    /// waits.
    void cancel() noexcept;
    /// The waits that are under way end as cancelled; later ones are not touched.
    void end_waits() noexcept;
    void allow_again() noexcept { cancelled_ = false; }
    [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }

    /// It is somebody else who speaks through this peer.
    void set_peer(const base::IpAddress& address, std::uint16_t port) noexcept {
        peer_address_ = address;
        peer_port_ = port;
    }
    /// Who it was when the connection was taken over, or was said to be since; all zeros if it had left already.
    [[nodiscard]] const base::IpAddress& peer_address() const noexcept { return peer_address_; }
    [[nodiscard]] std::uint16_t peer_port() const noexcept { return peer_port_; }
    /// "TLSv1.3" as OpenSSL names it; empty without TLS.
    [[nodiscard]] std::string tls_version() const;
    /// The handshake resumed a session, so the peer is who was verified when that began.
    [[nodiscard]] bool is_resumed() const;
    /// What TLS says of a read that failed ("tlsv13 alert certificate required"): for the log. Empty: nothing did, or
    /// TLS says nothing of it.
    [[nodiscard]] std::string read_failure() const;
    /// The pin of the key that the peer proved to have (RFC 7469 section 2.4): base64 of the SHA-256 of its
    /// certificate's SubjectPublicKeyInfo. Empty without TLS and without a certificate.
    [[nodiscard]] std::string peer_pin() const;
    /// The mail addresses (rfc822Name in subjectAltName, RFC 5280 section 4.2.1.6) in the peer's certificate, as they
    /// stand there: any bytes. Empty when it has shown none, or none that was verified.
    [[nodiscard]] std::vector<std::string> peer_mail_addresses() const;

private:
    struct FreeSsl {
        void operator()(SSL* ssl) const noexcept;
    };
    struct Unsent {
        base::WipingBuffer bytes;  // a password for a backend may be among them
        std::size_t sent = 0;
    };
    [[nodiscard]] Awaitable<std::expected<void, std::string>> handshake(SSL* ssl);
    [[nodiscard]] IoStatus go_on_with_handshake(int& result);
    [[nodiscard]] IoResult read_tls(std::span<char> bytes);
    [[nodiscard]] IoStatus status_of_tls(int result) const;
    [[nodiscard]] std::string handshake_error() const;
    [[nodiscard]] IoStatus send(std::string_view bytes);
    [[nodiscard]] bool keep(std::string_view bytes);
    [[nodiscard]] bool may_wait(IoStatus wanted);
    void tell(Change change) override;
    [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
    [[nodiscard]] bool give_to_asio() noexcept;

    TcpSocket socket_;  // closed while it is watched, and behind that
    int descriptor_;    // of the connection; -1: closed
    ReadinessQueue& readiness_;
    StreamWatcher* watcher_ = nullptr;
    std::unique_ptr<SSL, FreeSsl> ssl_;
    std::unique_ptr<Unsent> unsent_;  // null: nothing is kept
    base::IpAddress peer_address_;
    std::uint16_t peer_port_ = 0;
    bool cancelled_ = false;
    bool is_readable_ = false;     // told by the ReadinessQueue since the last attempt
    bool is_writable_ = false;     // the same
    bool has_peer_ended_ = false;  // told by the ReadinessQueue
    bool has_ended_output_ = false;
    bool broken_ = false;             // after a fatal error OpenSSL must not be asked to shut down
    std::uint32_t read_failure_ = 0;  // in OpenSSL's numbers, which have 32 bits
};

/// Reads and drops what the peer sends until it ends, the connection breaks or the stream is cancelled: to be done
/// before a close, or the kernel resets the connection and throws away what was written last.
[[nodiscard]] boost::asio::awaitable<void> discard_input(Stream& stream);

/// An Asio address as ours.
[[nodiscard]] base::IpAddress to_ip_address(const boost::asio::ip::address& address);

}  // namespace postern::net
