/// TLS settings shared by many connections: one context for each kind of listener and for each backend.
#pragma once

#include "config/settings.hpp"
#include "net/client_sessions.hpp"
#include "net/server_names.hpp"
#include "net/ticket_keys.hpp"

#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using SSL_CTX = struct ssl_ctx_st;
using SSL = struct ssl_st;

namespace postern::net {

/// Owns an SSL_CTX. Immutable after its making. Thread rule: connections of any thread may be started from it.
class TlsContext {
public:
    /// For listeners. `protocols` are the names accepted in ALPN (RFC 7301), first choice first: a client that offers
    /// some and none of these is refused with no_application_protocol, so that a browser cannot be led to talk HTTP to
    /// a mail port (ALPACA, CVE-2021-3618); a client without ALPN is served. The error says which file is at fault and
    /// why.
    /// `tickets`: must outlive the context and its connections; null: keys of its own, which OpenSSL never changes.
    /// `clients`: each client is asked for a certificate, whatever name it asks for itself; one that is not good ends
    /// the handshake. Such a context resumes no sessions and ignores `tickets`: what a certificate was good for is
    /// found out anew on each connection. null: nobody is asked.
    [[nodiscard]] static std::expected<TlsContext, std::string> for_server(
        const config::TlsSettings& settings,
        const std::vector<std::string>& protocols,
        TicketKeys* tickets = nullptr,
        const config::ClientCertificateSettings* clients = nullptr);

    /// For connections to backends: the peer's certificate is verified against `ca_file` (empty: the system's
    /// authorities) and must bear the name given to `start_client`. There is no way to switch this off. `own`: what
    /// the peer is shown when it asks who we are; nullopt: nothing. The error says which file is at fault and why.
    [[nodiscard]] static std::expected<TlsContext, std::string> for_client(
        const std::string& ca_file, const std::optional<config::CertificateSettings>& own = std::nullopt);

    /// A new connection of the server's side. Null when memory ran out.
    [[nodiscard]] SSL* start_server() const;

    /// A new connection to a server that must prove to be `name`, a host name or a numeric address (RFC 9525).
    /// `server`: which one it is, as offer_session wants it: the session is resumed and kept; empty: neither. Null when
    /// memory ran out.
    [[nodiscard]] SSL* start_client(const std::string& name,
                                    const std::string& server = {},
                                    SessionClock::time_point now = SessionClock::now()) const;

private:
    struct Free {
        void operator()(SSL_CTX* context) const noexcept;
    };
    TlsContext() = default;

    using Context = std::unique_ptr<SSL_CTX, Free>;
    [[nodiscard]] std::expected<Context, std::string> make_for_server(
        const config::TlsSettings& settings,
        const config::CertificateSettings& files,
        TicketKeys* tickets,
        const config::ClientCertificateSettings* clients) const;

    // OpenSSL's callbacks hold pointers to these two.
    std::unique_ptr<std::string> alpn_;  // wire format
    std::unique_ptr<ServerNames> names_;
    Context context_;
};

/// The newest error of OpenSSL's queue of this thread in words, and empties the queue.
[[nodiscard]] std::string take_openssl_error();

}  // namespace postern::net
