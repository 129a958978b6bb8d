#include "app/generation.hpp"

#include <utility>

namespace postern::app {

namespace {

const std::vector<std::string> imap_alpn{"imap"};
const std::vector<std::string> submission_alpn{"submission", "smtp"};

}  // namespace

std::expected<ServerTls, std::string> ServerTls::load(const config::Settings& settings, net::TicketKeys& tickets) {
    auto imap = net::TlsContext::for_server(settings.tls, imap_alpn, &tickets);
    if (!imap) return std::unexpected(imap.error());
    auto submission = net::TlsContext::for_server(settings.tls, submission_alpn, &tickets);
    if (!submission) return std::unexpected(submission.error());
    auto https = net::TlsContext::for_server(settings.tls, {"http/1.1"}, &tickets);
    if (!https) return std::unexpected(https.error());
    ServerTls made{
        .imap = std::move(*imap), .submission = std::move(*submission), .https = std::move(*https), .asking = {}};
    for (const config::ListenerSettings& listener : settings.listeners) {
        if (!listener.client_certificates) continue;
        const bool is_imap = listener.protocol == config::ListenerProtocol::imap;
        auto asking = net::TlsContext::for_server(settings.tls, is_imap ? imap_alpn : submission_alpn, nullptr,
                                                  &*listener.client_certificates);
        if (!asking) return std::unexpected("listener " + listener.name + ": " + asking.error());
        made.asking.emplace(listener.name, std::move(*asking));
    }
    return made;
}

const net::TlsContext& ServerTls::of(const config::ListenerSettings& listener) const {
    if (listener.client_certificates) return asking.at(listener.name);
    return listener.protocol == config::ListenerProtocol::imap ? imap : submission;
}

Generation::Generation(config::Settings settings,
                       ServerTls tls,
                       proxy::BackendConnector backends,
                       std::vector<autoconfig::MailServices> domains,
                       const SharedServices& shared,
                       const Generation* previous)
    : settings_(std::move(settings)),
      tls_(std::move(tls)),
      router_(settings_.routing),
      backends_(std::move(backends)),
      health_(settings_.backends, previous != nullptr ? &previous->health_ : nullptr),
      capabilities_(settings_.backends, previous != nullptr ? &previous->capabilities_ : nullptr),
      metrics_(shared.metrics, settings_.backends),
      site_(std::move(domains)),
      redirects_(settings_),
      mail_{.settings = settings_,
            .authenticator = shared.authenticator,
            .recall_pool = shared.recall_pool,
            .password_pool = shared.password_pool,
            .router = router_,
            .backends = backends_,
            .health = health_,
            .capabilities = capabilities_,
            .sending = shared.sending,
            .sessions = shared.sessions,
            .session_limits = shared.session_limits,
            .addresses = shared.addresses,
            .metrics = metrics_,
            .clock = shared.clock} {}

std::expected<std::shared_ptr<const Generation>, std::string> Generation::make(config::Settings settings,
                                                                               const SharedServices& shared,
                                                                               const Generation* previous) {
    auto tls = ServerTls::load(settings, shared.tickets);
    if (!tls) return std::unexpected(tls.error());
    auto backends = proxy::BackendConnector::make(settings.backends, settings.server.hostname, shared.resolver_pool);
    if (!backends) return std::unexpected(backends.error());
    auto domains = autoconfig::announced_services(settings);
    if (!domains) return std::unexpected(domains.error());
    return std::shared_ptr<const Generation>(new Generation(std::move(settings), std::move(*tls), std::move(*backends),
                                                            std::move(*domains), shared, previous));
}

std::shared_ptr<const proxy::MailServices> Generation::mail(std::shared_ptr<const Generation> self) {
    const proxy::MailServices* const mail = &self->mail_;
    return {std::move(self), mail};
}

std::shared_ptr<const net::HttpHandler> Generation::site(std::shared_ptr<const Generation> self) {
    const net::HttpHandler* const site = &self->site_;
    return {std::move(self), site};
}

std::shared_ptr<const net::HttpHandler> Generation::redirects(std::shared_ptr<const Generation> self) {
    const net::HttpHandler* const redirects = &self->redirects_;
    return {std::move(self), redirects};
}

}  // namespace postern::app
