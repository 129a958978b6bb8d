#include "proxy/mail_metrics.hpp"

#include "auth/verdict.hpp"

namespace postern::proxy {
namespace {

// Where a reason stands that no list has: a new one must not make a new series by itself.
constexpr std::string_view other = "other";

struct Reasons {
    std::string outcome;
    std::vector<std::string_view> reasons;
};

std::vector<Reasons> every_login() {
    using enum auth::Refusal;
    Reasons refused{.outcome = "refused", .reasons = {}};
    for (const auth::Refusal refusal : {wrong_credentials, not_authorised, not_activated, must_change,
                                        account_suspended, account_expired, app_password_required, throttled})
        refused.reasons.push_back(auth::name_of(refusal));
    Reasons failed{
        .outcome = "failed",
        .reasons = {auth::name_of(busy), auth::name_of(unavailable), "backend_unreachable", "backend_unavailable",
                    "backend_refused", "backend_missing_capability", "backend_protocol_error", "backend_drained",
                    "backend_timeout", "backend_closed", "backend_needs_password", "login_timeout", "shut_down"}};
    refused.reasons.insert(refused.reasons.end(), {"too_many_sessions", other});
    failed.reasons.push_back(other);
    return {{.outcome = "accepted", .reasons = {"none"}},
            {.outcome = "abandoned", .reasons = {"client_left", other}},
            std::move(refused),
            std::move(failed)};
}

/// Seconds. A cached password takes one, a hashed one ten times as long; refusals wait for `auth.failure_delay`.
const prometheus::Histogram::BucketBoundaries login_seconds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                            0.5,   1,    2.5,   5,    10,  30};

}  // namespace

MailMetrics::MailMetrics(prometheus::Registry& registry, const std::map<std::string, config::BackendSettings>& backends)
    : imap_(make(registry, "imap")), submission_(make(registry, "submission")) {
    auto& logins = prometheus::BuildCounter()
                       .Name("postern_backend_logins_total")
                       .Help("Logins to servers of backends on behalf of users.")
                       .Register(registry);
    auto& handshakes = prometheus::BuildCounter()
                           .Name("postern_backend_tls_handshakes_total")
                           .Help("TLS handshakes with servers of backends on behalf of users.")
                           .Register(registry);
    for (const auto& [name, backend] : backends)
        for (const config::BackendServer& server : backend.servers) {
            const auto counter = [&](auto& family, const std::string& outcome) {
                return &family.Add({{"backend", name}, {"server", server.name}, {"outcome", outcome}});
            };
            servers_[name].push_back(
                {.logins = {counter(logins, "accepted"), counter(logins, "refused"), counter(logins, "failed")},
                 .full_handshakes = counter(handshakes, "full"),
                 .resumed_handshakes = counter(handshakes, "resumed")});
        }
}

MailMetrics::OfProtocol MailMetrics::make(prometheus::Registry& registry, const std::string& protocol) {
    OfProtocol counters{.handshakes = {registry, protocol}};
    counters.sessions = &prometheus::BuildGauge()
                             .Name("postern_sessions")
                             .Help("Open connections of mail clients.")
                             .Register(registry)
                             .Add({{"protocol", protocol}});
    auto& relayed = prometheus::BuildCounter()
                        .Name("postern_relayed_bytes_total")
                        .Help("Bytes read for the relay between clients and backends after login.")
                        .Register(registry);
    counters.relayed.from_client = &relayed.Add({{"protocol", protocol}, {"direction", "from_client"}});
    counters.relayed.from_backend = &relayed.Add({{"protocol", protocol}, {"direction", "from_backend"}});
    counters.refused_commands = &prometheus::BuildCounter()
                                     .Name("postern_refused_commands_total")
                                     .Help("Commands after login that were kept from backends.")
                                     .Register(registry)
                                     .Add({{"protocol", protocol}});
    add_logins(counters, registry, protocol);
    return counters;
}

void MailMetrics::add_logins(OfProtocol& counters, prometheus::Registry& registry, const std::string& protocol) {
    auto& logins = prometheus::BuildCounter()
                       .Name("postern_logins_total")
                       .Help("Attempts of mail clients to log in.")
                       .Register(registry);
    auto& durations = prometheus::BuildHistogram()
                          .Name("postern_login_duration_seconds")
                          .Help("From the client's credentials to the answer.")
                          .Register(registry);
    for (const auto& [outcome, reasons] : every_login()) {
        for (const std::string_view reason : reasons)
            counters.logins[outcome].emplace(
                reason, &logins.Add({{"protocol", protocol}, {"outcome", outcome}, {"reason", std::string(reason)}}));
        counters.durations.emplace(outcome,
                                   &durations.Add({{"protocol", protocol}, {"outcome", outcome}}, login_seconds));
    }
}

void MailMetrics::login(config::MailProtocol protocol,
                        std::string_view outcome,
                        std::string_view reason,
                        std::chrono::duration<double> spent) const {
    const OfProtocol& counters = of(protocol);
    const auto by_reason = counters.logins.find(outcome);
    if (by_reason == counters.logins.end()) return;
    const Counters& reasons = by_reason->second;
    auto counter = reasons.find(outcome == "accepted" ? "none" : reason);
    if (counter == reasons.end()) counter = reasons.find(other);
    if (counter != reasons.end()) counter->second->Increment();
    counters.durations.find(outcome)->second->Observe(spent.count());
}

void MailMetrics::backend_login(const config::BackendSettings& backend,
                                std::size_t server,
                                BackendAnswer answer) const {
    const auto found = servers_.find(backend.name);
    if (found != servers_.end()) found->second.at(server).logins.at(static_cast<std::size_t>(answer))->Increment();
}

void MailMetrics::backend_handshake(const config::BackendSettings& backend, std::size_t server, bool is_resumed) const {
    const auto found = servers_.find(backend.name);
    if (found == servers_.end()) return;
    const OfServer& counters = found->second.at(server);
    (is_resumed ? counters.resumed_handshakes : counters.full_handshakes)->Increment();
}

}  // namespace postern::proxy
