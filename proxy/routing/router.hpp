/// Which backend serves whom: an ordered list of rules, the first match wins (docs/configuration.md, "routing").
#pragma once

#include "base/ip_network.hpp"
#include "config/settings.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::proxy::routing {

/// As in the settings file: "imap" or "submission".
[[nodiscard]] std::string_view protocol_name(config::MailProtocol protocol) noexcept;

/// What a decision depends on. Views: valid for the call.
struct RouteQuery {
    config::MailProtocol protocol = config::MailProtocol::imap;
    std::string_view listener;
    std::string_view login;  ///< normalised: lower case domain
    std::span<const std::string> groups;
    base::IpAddress client;
};

/// What became of one rule.
struct RuleOutcome {
    std::size_t line = 0;
    std::string rule;  ///< its name
    bool matched = false;
    std::string reason;  ///< why not: the first condition that failed, in words; empty for the match
};

/// The decision and how it came about: every rule up to the one that matched.
struct Explanation {
    std::vector<RuleOutcome> outcomes;
    bool by_default = false;  ///< no rule matched
    std::string backend;
};

/// Where somebody goes. A view on the settings.
struct Route {
    std::string_view backend;                    ///< its name
    std::optional<config::SenderCheck> senders;  ///< what the rule says of it, if one matched that does
};

/// Pure: no I/O, no clock. Thread rule: const, so any thread. Keeps a reference to the settings, which must outlive it.
class Router {
public:
    explicit Router(const config::RoutingSettings& settings) : settings_(settings) {}

    /// Always one: the loader demands a default for each protocol that is listened to.
    [[nodiscard]] Route route(const RouteQuery& query) const;

    /// Every backend that somebody who comes to this listener may be sent to, whoever he is and wherever he comes from;
    /// each once. Views on the settings.
    [[nodiscard]] std::vector<std::string_view> reachable(config::MailProtocol protocol,
                                                          std::string_view listener) const;

    /// The decision of `route` with its reasons.
    [[nodiscard]] Explanation explain(const RouteQuery& query) const;

private:
    const config::RoutingSettings& settings_;
};

}  // namespace postern::proxy::routing
