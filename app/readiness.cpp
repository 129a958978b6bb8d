#include "app/readiness.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <set>

namespace postern::app {
namespace {

bool is_listened_to(const config::Settings& settings, config::MailProtocol protocol) {
    const auto speaks =
        protocol == config::MailProtocol::imap ? config::ListenerProtocol::imap : config::ListenerProtocol::submission;
    return std::ranges::find(settings.listeners, speaks, &config::ListenerSettings::protocol) !=
           settings.listeners.end();
}

std::string without_server(const Readiness::Backends& backends) {
    std::string names;
    for (const std::string& name : backends.routed) {
        const bool has_one = std::ranges::any_of(backends.servers, [&](const ServerState& server) {
            return server.backend == name && server.takes_sessions && server.is_up;
        });
        if (!has_one) names += (names.empty() ? "" : ", ") + name;
    }
    return names.empty() ? names : "no server is up of: " + names;
}

}  // namespace

std::vector<ServerState> server_states(const config::Settings& settings, const proxy::BackendHealth& health) {
    std::vector<ServerState> states;
    for (const auto& [name, backend] : settings.backends) {
        const bool all_drained = std::ranges::all_of(backend.servers, &config::BackendServer::drain);
        for (std::size_t i = 0; i != backend.servers.size(); ++i)
            states.push_back(
                {.backend = name,
                 .server = backend.servers[i].name,
                 .is_up = health.of(backend, i).is_up(),
                 .takes_sessions = (all_drained || !backend.servers[i].drain) && !health.of(backend, i).is_drained()});
    }
    return states;
}

std::vector<std::string> routed_backends(const config::Settings& settings) {
    std::set<std::string> names;
    for (const config::RouteRule& rule : settings.routing.rules) names.insert(rule.backend);
    for (const auto& [protocol, name] : settings.routing.default_backend) names.insert(name);
    std::vector<std::string> routed;
    for (const std::string& name : names) {
        const auto backend = settings.backends.find(name);
        if (backend != settings.backends.end() && is_listened_to(settings, backend->second.protocol))
            routed.push_back(name);
    }
    return routed;
}

std::string ReadinessReport::json() const {
    const auto words = [](const std::string& trouble) { return trouble.empty() ? std::string("ok") : trouble; };
    const boost::json::value report{
        {"ready", is_ready()},
        {"checks", {{"process", words(process)}, {"store", words(store)}, {"backends", words(backends)}}}};
    return boost::json::serialize(report) + '\n';
}

ReadinessReport Readiness::report() const {
    ReadinessReport report;
    if (is_stopping_.load()) report.process = "stopping";
    if (!store_.is_reachable()) report.store = "the database does not answer; the log says why";
    report.backends = without_server(backends_());
    return report;
}

}  // namespace postern::app
