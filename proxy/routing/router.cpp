#include "proxy/routing/router.hpp"

#include "base/ascii.hpp"
#include "proxy/routing/glob.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace postern::proxy::routing {
namespace {

using config::RouteConditions;

/// One condition of a rule: what it is called, whether it holds, and how a failure reads.
struct Condition {
    std::string_view name;
    bool (*holds)(const RouteConditions& when, const RouteQuery& query);
    std::string (*seen)(const RouteQuery& query);
    std::string (*asked)(const RouteConditions& when);
};

std::string_view domain_of(std::string_view login) {
    const auto at = login.rfind('@');
    return at == std::string_view::npos ? std::string_view{} : login.substr(at + 1);
}

/// "a", "a and b", "a, b and c".
std::string enumerate(std::span<const std::string> names, std::string_view last_word) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) text += i + 1 == names.size() ? ' ' + std::string(last_word) + ' ' : ", ";
        text += names[i];
    }
    return text;
}

bool protocol_holds(const RouteConditions& when, const RouteQuery& query) {
    return !when.protocol || *when.protocol == query.protocol;
}
bool listener_holds(const RouteConditions& when, const RouteQuery& query) {
    return when.listener.empty() || std::ranges::find(when.listener, query.listener) != when.listener.end();
}
bool group_holds(const RouteConditions& when, const RouteQuery& query) {
    return when.group.empty() || std::ranges::find_first_of(when.group, query.groups) != when.group.end();
}
bool domain_holds(const RouteConditions& when, const RouteQuery& query) {
    const auto is_ours = [&](const std::string& domain) { return base::iequals(domain, domain_of(query.login)); };
    return when.domain.empty() || std::ranges::any_of(when.domain, is_ours);
}
bool user_holds(const RouteConditions& when, const RouteQuery& query) {
    const auto matches = [&](const std::string& pattern) { return glob_matches(pattern, query.login); };
    return when.user.empty() || std::ranges::any_of(when.user, matches);
}
bool network_holds(const RouteConditions& when, const RouteQuery& query) {
    const auto has_client = [&](const base::IpNetwork& network) { return network.contains(query.client); };
    return when.network.empty() || std::ranges::any_of(when.network, has_client);
}

std::string groups_seen(const RouteQuery& query) {
    return "account is in " + (query.groups.empty() ? "no group" : enumerate(query.groups, "and"));
}
std::string domain_seen(const RouteQuery& query) {
    const auto domain = domain_of(query.login);
    return domain.empty() ? "login has no domain" : "login is in " + std::string(domain);
}
std::string networks_asked(const RouteConditions& when) {
    std::vector<std::string> texts;
    texts.reserve(when.network.size());
    for (const auto& network : when.network) texts.push_back(network.text());
    return enumerate(texts, "or");
}

/// In the order in which they are looked at; the first that fails is the one that is told.
constexpr std::array<Condition, 6> conditions{{
    {"protocol", protocol_holds,
     [](const RouteQuery& query) { return "login is for " + std::string(protocol_name(query.protocol)); },
     [](const RouteConditions& when) { return when.protocol ? std::string(protocol_name(*when.protocol)) : ""; }},
    {"listener", listener_holds,
     [](const RouteQuery& query) { return "client came to " + std::string(query.listener); },
     [](const RouteConditions& when) { return enumerate(when.listener, "or"); }},
    {"group", group_holds, groups_seen, [](const RouteConditions& when) { return enumerate(when.group, "or"); }},
    {"domain", domain_holds, domain_seen, [](const RouteConditions& when) { return enumerate(when.domain, "or"); }},
    {"user", user_holds, [](const RouteQuery& query) { return "login is " + std::string(query.login); },
     [](const RouteConditions& when) { return enumerate(when.user, "or"); }},
    {"network", network_holds, [](const RouteQuery& query) { return "client is " + query.client.text(); },
     networks_asked},
}};

/// nullptr when the rule matches. The one place that decides it.
const Condition* first_failed(const RouteConditions& when, const RouteQuery& query) {
    const auto failed = [&](const Condition& condition) { return !condition.holds(when, query); };
    const auto found = std::ranges::find_if(conditions, failed);
    return found == conditions.end() ? nullptr : &*found;
}

/// Of those who come to its protocol and listener.
bool takes_everybody(const RouteConditions& when) {
    return when.group.empty() && when.domain.empty() && when.user.empty() && when.network.empty();
}

const std::string& default_backend(const config::RoutingSettings& settings, config::MailProtocol protocol) {
    return settings.default_backend.at(protocol);  // throws only if the loader let a listener pass without a default
}

}  // namespace

std::string_view protocol_name(config::MailProtocol protocol) noexcept {
    return protocol == config::MailProtocol::imap ? "imap" : "submission";
}

Route Router::route(const RouteQuery& query) const {
    for (const auto& rule : settings_.rules)
        if (first_failed(rule.when, query) == nullptr) return {.backend = rule.backend, .senders = rule.senders};
    return {.backend = default_backend(settings_, query.protocol), .senders = std::nullopt};
}

std::vector<std::string_view> Router::reachable(config::MailProtocol protocol, std::string_view listener) const {
    std::vector<std::string_view> backends;
    const auto add = [&](std::string_view backend) {
        if (std::ranges::find(backends, backend) == backends.end()) backends.push_back(backend);
    };
    const RouteQuery query{.protocol = protocol, .listener = listener, .login = {}, .groups = {}, .client = {}};
    for (const auto& rule : settings_.rules) {
        if (!protocol_holds(rule.when, query) || !listener_holds(rule.when, query)) continue;
        add(rule.backend);
        if (takes_everybody(rule.when)) return backends;
    }
    add(default_backend(settings_, protocol));
    return backends;
}

Explanation Router::explain(const RouteQuery& query) const {
    Explanation explanation;
    for (const auto& rule : settings_.rules) {
        RuleOutcome& outcome = explanation.outcomes.emplace_back();
        outcome.line = rule.line;
        outcome.rule = rule.name;
        const Condition* const failed = first_failed(rule.when, query);
        if (failed == nullptr) {
            outcome.matched = true;
            explanation.backend = rule.backend;
            return explanation;
        }
        outcome.reason =
            std::string(failed->name) + ": " + failed->seen(query) + ", rule asks for " + failed->asked(rule.when);
    }
    explanation.by_default = true;
    explanation.backend = default_backend(settings_, query.protocol);
    return explanation;
}

}  // namespace postern::proxy::routing
