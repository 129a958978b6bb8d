/// One client connection of the mail face, from accept to the end.
#pragma once

#include "auth/authenticator.hpp"
#include "base/clock.hpp"
#include "config/settings.hpp"
#include "net/blocking_pool.hpp"
#include "net/connection_limit.hpp"
#include "net/tcp_socket.hpp"
#include "net/tls_context.hpp"
#include "net/worker.hpp"
#include "proxy/backend_capabilities.hpp"
#include "proxy/backend_health.hpp"
#include "proxy/connect.hpp"
#include "proxy/mail_metrics.hpp"
#include "proxy/open_sessions.hpp"
#include "proxy/routing/router.hpp"
#include "proxy/sending_limits.hpp"
#include "proxy/session_limits.hpp"

#include <memory>

namespace postern::proxy {

/// What the mail sessions share that one reading of the configuration has brought about. Immutable. Whoever makes it
/// sees to it that what it refers to lives as long: by keeping all of it in one object that sessions share.
struct MailServices {
    const config::Settings& settings;
    auth::Authenticator& authenticator;
    net::BlockingPool& recall_pool;    ///< where the authenticator recalls: what is there is done within milliseconds
    net::BlockingPool& password_pool;  ///< where it goes on
    const routing::Router& router;
    const BackendConnector& backends;
    const BackendHealth& health;
    const BackendCapabilities& capabilities;
    SendingLimits& sending;
    OpenSessions& sessions;
    SessionLimits& session_limits;
    net::AddressLimit& addresses;
    const MailMetrics& metrics;
    const base::Clock& clock;
};

/// Serves an accepted connection of an imap or submission listener on its worker's thread: TLS, dialogue,
/// authentication, backend login, relay. Logs one line for each attempt to log in ("login") and one at the end of a
/// relay ("session"). The session keeps `services`, which must keep `listener` and `tls`: so it goes on with the
/// configuration it began with.
void serve_mail(net::Worker& worker,
                net::TcpSocket socket,
                net::ConnectionLimit::Ticket ticket,
                const config::ListenerSettings& listener,
                const net::TlsContext& tls,
                std::shared_ptr<const MailServices> services);

}  // namespace postern::proxy
