#include "net/stream.hpp"

#include "base/base64.hpp"
#include "net/buffer_pool.hpp"
#include "net/tls_turn.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <climits>

#include <sys/socket.h>
#include <unistd.h>

namespace postern::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto error_as_value = asio::as_tuple(asio::use_awaitable);

IoStatus status_of_errno(IoStatus when_full) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return when_full;
    return IoStatus::failed;
}

}  // namespace

base::IpAddress to_ip_address(const asio::ip::address& address) {
    base::IpAddress result;
    const asio::ip::address_v6 six =
        address.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()) : address.to_v6();
    std::ranges::copy(six.to_bytes(), result.bytes.begin());
    return result;
}

void Stream::FreeSsl::operator()(SSL* ssl) const noexcept {
    SSL_free(ssl);
}

Stream::Stream(TcpSocket socket)
    : socket_(std::move(socket)),
      descriptor_(socket_.native_handle()),
      readiness_(asio::use_service<ReadinessQueue>(socket_.get_executor().context())) {
    boost::system::error_code ignored;
    const tcp::endpoint peer = socket_.remote_endpoint(ignored);
    peer_address_ = to_ip_address(peer.address());
    peer_port_ = peer.port();
    socket_.non_blocking(true, ignored);
}

Stream::~Stream() {
    close();
}

Stream::Awaitable<std::expected<void, std::string>> Stream::handshake_as_server(const TlsContext& context) {
    co_return co_await handshake(context.start_server());
}

Stream::Awaitable<std::expected<void, std::string>> Stream::handshake_as_client(const TlsContext& context,
                                                                                const std::string& name,
                                                                                const std::string& server) {
    co_return co_await handshake(context.start_client(name, server));
}

Stream::Awaitable<std::expected<void, std::string>> Stream::handshake(SSL* ssl) {
    ssl_.reset(ssl);
    if (!ssl_ || !TlsTurn::attach(ssl)) co_return std::unexpected("no memory for a TLS connection");
    for (;;) {
        int result = 0;
        const IoStatus status = go_on_with_handshake(result);
        if (result == 1 && status == IoStatus::done) co_return std::expected<void, std::string>();
        if (status != IoStatus::want_read && status != IoStatus::want_write) {
            broken_ = true;
            distrust_session(ssl);
            co_return std::unexpected(handshake_error());
        }
        const bool ready = co_await wait(status);
        if (ready) continue;
        forget_session(ssl);  // it may have been the reason for a silence
        co_return std::unexpected("cancelled");
    }
}

/// `result` is OpenSSL's: 1 when the handshake is complete.
IoStatus Stream::go_on_with_handshake(int& result) {
    if (!is_open()) return IoStatus::failed;
    const TlsTurn turn(descriptor_);
    ERR_clear_error();
    result = SSL_do_handshake(ssl_.get());
    // Clients send passwords: OpenSSL is not to keep what it decrypts. What it has read so far is nobody's secret.
    if (result == 1 && SSL_is_server(ssl_.get()) == 1) SSL_set_options(ssl_.get(), SSL_OP_CLEANSE_PLAINTEXT);
    const bool is_ticket = result == 1 && SSL_is_server(ssl_.get()) == 1 && SSL_version(ssl_.get()) == TLS1_3_VERSION;
    if (is_ticket) return keep(turn.output()) ? IoStatus::done : IoStatus::failed;
    const IoStatus status = result == 1 ? IoStatus::done : status_of_tls(result);
    const IoStatus sent = send(turn.output());  // if that fails, the next read tells it
    return result != 1 && sent == IoStatus::want_write ? sent : status;
}

std::string Stream::handshake_error() const {
    const long verdict = SSL_get_verify_result(ssl_.get());
    const unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    if (verdict != X509_V_OK) return std::string("certificate refused: ") + X509_verify_cert_error_string(verdict);
    const char* const reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "peer closed the connection";
}

IoStatus Stream::status_of_tls(int result) const {
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return IoStatus::want_read;
        case SSL_ERROR_WANT_WRITE:
            return IoStatus::want_write;
        case SSL_ERROR_ZERO_RETURN:
            return IoStatus::closed;
        default:
            return IoStatus::failed;
    }
}

IoResult Stream::try_read(std::span<char> bytes) {
    assert(!bytes.empty());
    if (!is_open()) return {};
    is_readable_ = false;  // what comes from here on is told again
    if (ssl_) return read_tls(bytes);
    const ssize_t count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    if (count > 0)
        return {.status = IoStatus::done,
                .bytes = static_cast<std::size_t>(count),
                .is_drained = static_cast<std::size_t>(count) < bytes.size() && !has_peer_ended_};
    if (count == 0) return {.status = IoStatus::closed};
    return {.status = status_of_errno(IoStatus::want_read)};
}

IoResult Stream::read_tls(std::span<char> bytes) {
    const TlsTurn turn(descriptor_);
    IoResult result{.status = IoStatus::done};
    // One record each time, as long as OpenSSL has more of them.
    do {
        ERR_clear_error();
        std::size_t count = 0;
        const std::span<char> room = bytes.subspan(result.bytes);
        const int read = SSL_read_ex(ssl_.get(), room.data(), room.size(), &count);
        result.bytes += count;
        if (read == 1) continue;
        const IoStatus status = status_of_tls(read);
        if (status == IoStatus::failed && read_failure_ == 0)
            read_failure_ = static_cast<std::uint32_t>(ERR_peek_last_error());
        if (status == IoStatus::failed && read_failure_ != 0) distrust_session(ssl_.get());
        broken_ = broken_ || status == IoStatus::failed;
        if (result.bytes == 0) result.status = status;  // or else the next attempt tells it
        break;
    } while (result.bytes < bytes.size() && SSL_has_pending(ssl_.get()) == 1);
    // An answer to a new key of the peer's, or the reason why we end. If nobody takes it, what was read still counts.
    if (!turn.output().empty()) (void)send(turn.output());
    result.is_drained = turn.has_drained_socket() && SSL_has_pending(ssl_.get()) == 0 && !has_peer_ended_;
    return result;
}

IoStatus Stream::put(std::string_view bytes) {
    assert(!bytes.empty() && bytes.size() <= most_to_put);
    if (!is_open()) return IoStatus::failed;
    if (!ssl_) return send(bytes);
    const TlsTurn turn(descriptor_);
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
    if (result != 1) {  // TlsTurn takes everything, so that is an error or the end
        const IoStatus status = status_of_tls(result);
        broken_ = true;
        return status == IoStatus::closed ? status : IoStatus::failed;
    }
    return send(turn.output());
}

IoStatus Stream::flush() {
    if (!unsent_) return IoStatus::done;
    return send({});
}

/// Bytes for the socket, behind what is kept.
IoStatus Stream::send(std::string_view bytes) {
    if (!is_open()) return IoStatus::failed;
    if (unsent_ && !keep(bytes)) return IoStatus::failed;
    const std::string_view text = unsent_ ? base::view(unsent_->bytes).substr(unsent_->sent) : bytes;
    if (text.empty()) return IoStatus::done;
    is_writable_ = false;
    const ssize_t count = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
    const IoStatus failure = count < 0 ? status_of_errno(IoStatus::want_write) : IoStatus::want_write;
    if (failure == IoStatus::failed) return failure;
    const std::size_t sent = count < 0 ? 0 : static_cast<std::size_t>(count);
    if (sent == text.size()) {
        unsent_.reset();
        return IoStatus::done;
    }
    if (unsent_)
        unsent_->sent += sent;
    else if (!keep(text.substr(sent)))
        return IoStatus::failed;
    return IoStatus::want_write;
}

/// False: it is more than anybody has a reason to leave with us, who flushes before the next `put`.
bool Stream::keep(std::string_view bytes) {
    constexpr std::size_t most_unsent = 4 * most_to_put;
    if (bytes.empty()) return true;
    if (!unsent_) unsent_ = std::make_unique<Unsent>();
    base::WipingBuffer& kept = unsent_->bytes;
    if (kept.size() - unsent_->sent + bytes.size() > most_unsent) {
        broken_ = true;
        return false;
    }
    kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(unsent_->sent));
    unsent_->sent = 0;
    base::append(kept, bytes);
    return true;
}

/// Before the peer is waited for, it gets what is kept for it; if that fails, the next read tells it.
bool Stream::may_wait(IoStatus wanted) {
    assert(wanted == IoStatus::want_read || wanted == IoStatus::want_write);
    if (wanted == IoStatus::want_read) (void)flush();
    return !cancelled_ && (socket_.is_open() || give_to_asio());
}

bool Stream::watch(StreamWatcher& watcher) {
    if (!socket_.is_open()) return false;
    boost::system::error_code error;
    const int descriptor = socket_.release(error);  // Asio forgets it
    if (error) return false;
    spread_keep_alive(descriptor);
    watcher_ = &watcher;
    if (readiness_.watch(descriptor, *this)) return true;
    watcher_ = nullptr;
    return false;
}

void Stream::end_watch() noexcept {
    if (watcher_ == nullptr) return;
    readiness_.unwatch(descriptor_, *this);
    watcher_ = nullptr;
}

void Stream::tell_later() {
    if (watcher_ != nullptr) readiness_.tell_later(*this);
}

void Stream::tell(Change change) {
    is_readable_ = is_readable_ || change.may_read;
    is_writable_ = is_writable_ || change.may_write;
    has_peer_ended_ = has_peer_ended_ || change.has_ended;
    if (watcher_ != nullptr) watcher_->stream_changed(*this);
}

bool Stream::give_to_asio() noexcept {
    if (!is_open() || watcher_ != nullptr) return false;
    boost::system::error_code error;
    const bool is_v4 = peer_address_.is_v4();  // as good as the other for what Asio does here: it waits
    socket_.assign(is_v4 ? tcp::v4() : tcp::v6(), descriptor_, error);
    return !error;
}

Stream::Awaitable<bool> Stream::wait(IoStatus wanted) {
    if (!may_wait(wanted)) co_return false;
    const auto direction = wanted == IoStatus::want_read ? TcpSocket::wait_read : TcpSocket::wait_write;
    const auto [error] = co_await socket_.async_wait(direction, error_as_value);
    co_return !error && !cancelled_;
}

Stream::Awaitable<std::expected<std::size_t, StreamEnd>> Stream::read_some(std::span<char> bytes) {
    for (;;) {
        const IoResult result = try_read(bytes);
        if (result.status == IoStatus::done) co_return result.bytes;
        if (result.status == IoStatus::closed) co_return std::unexpected(StreamEnd::closed);
        if (result.status == IoStatus::failed) co_return std::unexpected(StreamEnd::failed);
        const bool ready = co_await wait(result.status);
        if (!ready) co_return std::unexpected(StreamEnd::cancelled);
    }
}

Stream::Awaitable<std::expected<void, StreamEnd>> Stream::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::string_view piece = bytes.substr(0, most_to_put);
        bytes.remove_prefix(piece.size());
        IoStatus status = put(piece);
        while (status == IoStatus::want_write) {
            const bool ready = co_await wait(status);
            if (!ready) co_return std::unexpected(StreamEnd::cancelled);
            status = flush();
        }
        if (status == IoStatus::closed) co_return std::unexpected(StreamEnd::closed);
        if (status == IoStatus::failed) co_return std::unexpected(StreamEnd::failed);
    }
    co_return std::expected<void, StreamEnd>();
}

void Stream::end_output() noexcept {
    if (std::exchange(has_ended_output_, true)) return;
    if (ssl_ && !broken_ && is_open() && SSL_is_init_finished(ssl_.get()) == 1) {
        const TlsTurn turn(descriptor_);
        ERR_clear_error();
        // close_notify leaves if the socket takes it now; the peer's own is not waited for.
        (void)SSL_shutdown(ssl_.get());
        ERR_clear_error();
        (void)send(turn.output());
    } else if (is_open()) {
        (void)flush();
    }
    if (is_open()) ::shutdown(descriptor_, SHUT_WR);
}

void Stream::close() noexcept {
    end_watch();
    boost::system::error_code ignored;
    if (socket_.is_open())
        socket_.close(ignored);
    else if (is_open())
        ::close(descriptor_);
    descriptor_ = -1;
}

void Stream::begin_bulk() noexcept {
    if (!ssl_) return;
    SSL_clear_options(ssl_.get(), SSL_OP_CLEANSE_PLAINTEXT);
    SSL_set_default_read_buffer_len(ssl_.get(), most_to_put);
}

void Stream::cancel() noexcept {
    cancelled_ = true;
    end_waits();
}

void Stream::end_waits() noexcept {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
    tell_later();
}

std::string Stream::tls_version() const {
    return ssl_ ? SSL_get_version(ssl_.get()) : std::string();
}

bool Stream::is_resumed() const {
    return ssl_ && SSL_session_reused(ssl_.get()) == 1;
}

std::string Stream::read_failure() const {
    const char* const reason = read_failure_ != 0 ? ERR_reason_error_string(read_failure_) : nullptr;
    return reason != nullptr ? reason : "";
}

std::string Stream::peer_pin() const {
    const X509* const certificate = ssl_ ? SSL_get0_peer_certificate(ssl_.get()) : nullptr;
    if (certificate == nullptr) return {};
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned int size = 0;
    unsigned char* encoded = nullptr;
    const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded);
    const bool hashed = length > 0 && EVP_Digest(encoded, static_cast<std::size_t>(length), hash.data(), &size,
                                                 EVP_sha256(), nullptr) == 1;
    OPENSSL_free(encoded);
    if (!hashed) return {};
    const base::WipingBuffer text = base::base64_encode({reinterpret_cast<const char*>(hash.data()), size});
    return std::string(base::view(text));
}

std::vector<std::string> Stream::peer_mail_addresses() const {
    std::vector<std::string> addresses;
    const X509* const certificate = ssl_ ? SSL_get0_peer_certificate(ssl_.get()) : nullptr;
    if (certificate == nullptr || SSL_get_verify_result(ssl_.get()) != X509_V_OK) return addresses;
    auto* const names =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
        const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_EMAIL) continue;
        addresses.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.rfc822Name)),
                               static_cast<std::size_t>(ASN1_STRING_length(name->d.rfc822Name)));
    }
    GENERAL_NAMES_free(names);
    return addresses;
}

asio::awaitable<void> discard_input(Stream& stream) {
    while (!stream.cancelled()) {
        IoResult result;
        {
            BorrowedBuffer buffer;
            do result = stream.try_read(buffer.bytes());
            while (result.status == IoStatus::done);
        }
        if (result.status != IoStatus::want_read && result.status != IoStatus::want_write) co_return;
        const bool ready = co_await stream.wait(result.status);
        if (!ready) co_return;
    }
}

}  // namespace postern::net
