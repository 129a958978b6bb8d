#include "app/route_command.hpp"

#include "base/ip_network.hpp"
#include "proxy/routing/router.hpp"
#include "proxy/routing/server_choice.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <expected>
#include <ostream>
#include <string_view>
#include <vector>

namespace postern::app {
namespace {

using proxy::routing::Explanation;
using proxy::routing::protocol_name;
using proxy::routing::RouteQuery;
using proxy::routing::RuleOutcome;

constexpr int usage_error = 2;

config::ListenerProtocol listener_protocol(config::MailProtocol protocol) {
    return protocol == config::MailProtocol::imap ? config::ListenerProtocol::imap
                                                  : config::ListenerProtocol::submission;
}

std::string endpoint(const config::BackendServer& server) {
    const bool is_v6 = server.host.find(':') != std::string::npos;
    return (is_v6 ? '[' + server.host + ']' : server.host) + ':' + std::to_string(server.port);
}

/// The one that the user belongs to first.
std::vector<const config::BackendServer*> servers_of(const config::BackendSettings& backend, std::string_view login) {
    std::vector<const config::BackendServer*> servers;
    for (const std::size_t index : proxy::routing::preferred_servers(backend.servers, login))
        servers.push_back(&backend.servers[index]);
    return servers;
}

int report_error(const std::string& reason, std::ostream& err) {
    err << "postern: " << reason << '\n';
    return usage_error;
}

boost::json::object outcome_as_json(const RuleOutcome& outcome) {
    boost::json::object object{{"line", outcome.line}, {"rule", outcome.rule}, {"matched", outcome.matched}};
    if (!outcome.matched) object["reason"] = outcome.reason;
    return object;
}

void write_json(const RouteQuery& query,
                const Explanation& explanation,
                const config::BackendSettings& backend,
                std::ostream& out) {
    boost::json::array groups;
    for (const auto& group : query.groups) groups.emplace_back(group);
    boost::json::array rules;
    for (const auto& outcome : explanation.outcomes) rules.emplace_back(outcome_as_json(outcome));
    boost::json::array servers;
    for (const config::BackendServer* server : servers_of(backend, query.login))
        servers.push_back(boost::json::object{{"name", server->name}, {"host", server->host}, {"port", server->port}});
    const boost::json::object answer{
        {"user", query.login},
        {"protocol", protocol_name(query.protocol)},
        {"listener", query.listener},
        {"client", query.client.text()},
        {"groups", std::move(groups)},
        {"rules", std::move(rules)},
        {"by_default", explanation.by_default},
        {"backend", {{"name", explanation.backend}, {"servers", std::move(servers)}}},
    };
    out << boost::json::serialize(answer) << '\n';
}

void write_text(const RouteQuery& query,
                const Explanation& explanation,
                const config::BackendSettings& backend,
                std::ostream& out) {
    out << query.login << ", " << protocol_name(query.protocol) << " on listener " << query.listener << ", from "
        << query.client.text() << ", groups:";
    for (const auto& group : query.groups) out << ' ' << group;
    out << (query.groups.empty() ? " none\n" : "\n");
    for (const auto& outcome : explanation.outcomes) {
        out << "  line " << outcome.line << ", rule " << outcome.rule << ": "
            << (outcome.matched ? "matches" : "no, " + outcome.reason) << '\n';
    }
    if (explanation.by_default) out << "  no rule matches: default for " << protocol_name(query.protocol) << '\n';
    const auto servers = servers_of(backend, query.login);
    out << "backend " << explanation.backend << " at " << endpoint(*servers.front()) << '\n';
    for (std::size_t i = 1; i < servers.size(); ++i)
        out << (i == 1 ? "  when that is down: " : ", then ") << endpoint(*servers[i]);
    if (servers.size() > 1) out << '\n';
}

}  // namespace

std::expected<const config::ListenerSettings*, std::string> route_listener(const config::Settings& settings,
                                                                           const RouteExplainOptions& options) {
    const auto fits = [&](const config::ListenerSettings& listener) {
        return listener.protocol == listener_protocol(options.protocol) &&
               (options.listener.empty() || listener.name == options.listener);
    };
    const auto found = std::ranges::find_if(settings.listeners, fits);
    if (found != settings.listeners.end()) return &*found;
    const std::string which = options.listener.empty() ? "no listener" : "no listener called " + options.listener;
    return std::unexpected(which + " speaks " + std::string(protocol_name(options.protocol)));
}

int route_explain(const config::Settings& settings,
                  const RouteExplainOptions& options,
                  bool json,
                  std::ostream& out,
                  std::ostream& err) {
    const auto client = base::IpAddress::parse(options.client);
    if (!client) return report_error("not an IP address: " + options.client, err);
    const auto listener = route_listener(settings, options);
    if (!listener) return report_error(listener.error(), err);

    const RouteQuery query{.protocol = options.protocol,
                           .listener = (*listener)->name,
                           .login = options.user,
                           .groups = options.groups,
                           .client = *client};
    const Explanation explanation = proxy::routing::Router(settings.routing).explain(query);
    const config::BackendSettings& backend = settings.backends.at(explanation.backend);
    (json ? write_json : write_text)(query, explanation, backend, out);
    return 0;
}

}  // namespace postern::app
