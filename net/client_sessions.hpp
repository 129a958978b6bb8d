/// TLS sessions with servers, which are resumed (RFC 8446 section 2.2; RFC 5077).
#pragma once

#include <chrono>
#include <string>

using SSL_CTX = struct ssl_ctx_st;
using SSL = struct ssl_st;

namespace postern::net {

/// The newest session with each server is kept, and offered to it by the next connections; one that takes it proves by
/// that to be who was verified when the session began, and is not verified again. So a session is offered only from the
/// context that it began in, to the server and for the name that it began with, and for at most an hour after a full
/// handshake, however often it is resumed in between: no longer than any certificate of that handshake is valid.
/// A server that does not take it gets a full handshake.
///
/// Thread rule: any thread, each connection on one at a time. Connections share no session: each has a copy, because
/// OpenSSL writes into that of a connection without a lock.
using SessionClock = std::chrono::steady_clock;
constexpr std::chrono::hours session_life{1};

/// Has a client's context keep sessions, one for each server and name. They live as long as the context or any of its
/// connections: a server may send a ticket at any time. False: no memory.
[[nodiscard]] bool keep_sessions(SSL_CTX* context);

/// To be called before the handshake of a connection of such a context. `name`: what the server must prove to be.
/// `server`: where it is, in words that no other server has; one of those in the configuration, so that they are a
/// bounded number. False: no memory.
[[nodiscard]] bool offer_session(SSL* ssl,
                                 const std::string& name,
                                 const std::string& server,
                                 SessionClock::time_point now = SessionClock::now());

/// The connection came to nothing: what is kept of its server is not offered any more. Does nothing to connections that
/// keep no session.
void forget_session(SSL* ssl);

/// The same for one that TLS failed on. If it had offered a session, the server may be one that cannot bear that: it is
/// offered none for an hour.
void distrust_session(SSL* ssl);

}  // namespace postern::net
