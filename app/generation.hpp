/// What one reading of the configuration brings about.
#pragma once

#include "auth/authenticator.hpp"
#include "autoconfig/mail_services.hpp"
#include "autoconfig/site.hpp"
#include "base/clock.hpp"
#include "config/settings.hpp"
#include "net/blocking_pool.hpp"
#include "net/tls_context.hpp"
#include "proxy/backend_capabilities.hpp"
#include "proxy/backend_health.hpp"
#include "proxy/connect.hpp"
#include "proxy/mail_metrics.hpp"
#include "proxy/mail_session.hpp"
#include "proxy/routing/router.hpp"
#include "proxy/sending_limits.hpp"

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace postern::app {

/// What all generations share. Must outlive them.
struct SharedServices {
    auth::Authenticator& authenticator;
    net::BlockingPool& recall_pool;
    net::BlockingPool& password_pool;
    net::BlockingPool& resolver_pool;
    proxy::SendingLimits& sending;
    proxy::OpenSessions& sessions;
    proxy::SessionLimits& session_limits;
    net::AddressLimit& addresses;
    net::TicketKeys& tickets;
    prometheus::Registry& metrics;  ///< generations go on with each other's numbers
    const base::Clock& clock;
};

/// TLS of the listeners, one context for each protocol, and for each listener that asks for certificates: what it
/// accepts in ALPN and whose tickets it takes differ.
struct ServerTls {
    net::TlsContext imap;
    net::TlsContext submission;
    net::TlsContext https;
    std::map<std::string, net::TlsContext> asking;  ///< by the name of the listener

    /// The error names the file.
    [[nodiscard]] static std::expected<ServerTls, std::string> load(const config::Settings& settings,
                                                                    net::TicketKeys& tickets);

    /// Of an imap or submission listener.
    [[nodiscard]] const net::TlsContext& of(const config::ListenerSettings& listener) const;
};

/// Immutable, and kept by whatever began with it: a session ends with the configuration it began with, however often
/// another has been read since. Thread rule: any thread.
class Generation {
public:
    /// Reads the files of TLS. `previous`: what it knows of servers is known here too; may be null. The error says what
    /// to mend.
    [[nodiscard]] static std::expected<std::shared_ptr<const Generation>, std::string> make(
        config::Settings settings, const SharedServices& shared, const Generation* previous);

    [[nodiscard]] const config::Settings& settings() const { return settings_; }
    [[nodiscard]] const ServerTls& tls() const { return tls_; }
    [[nodiscard]] const proxy::BackendHealth& health() const { return health_; }
    [[nodiscard]] const proxy::BackendCapabilities& capabilities() const { return capabilities_; }

    // Each keeps the whole generation.
    [[nodiscard]] static std::shared_ptr<const proxy::MailServices> mail(std::shared_ptr<const Generation> self);
    [[nodiscard]] static std::shared_ptr<const net::HttpHandler> site(std::shared_ptr<const Generation> self);
    [[nodiscard]] static std::shared_ptr<const net::HttpHandler> redirects(std::shared_ptr<const Generation> self);

private:
    Generation(config::Settings settings,
               ServerTls tls,
               proxy::BackendConnector backends,
               std::vector<autoconfig::MailServices> domains,
               const SharedServices& shared,
               const Generation* previous);

    const config::Settings settings_;
    const ServerTls tls_;
    const proxy::routing::Router router_;
    const proxy::BackendConnector backends_;
    const proxy::BackendHealth health_;
    const proxy::BackendCapabilities capabilities_;
    const proxy::MailMetrics metrics_;
    const autoconfig::AutoconfigSite site_;
    const autoconfig::RedirectSite redirects_;
    const proxy::MailServices mail_;
};

}  // namespace postern::app
