#include "config/sections.hpp"

#include <algorithm>
#include <utility>

namespace postern::config {
namespace {

void read_conditions(MappingReader& section, RouteConditions& when) {
    std::vector<MailProtocol> protocols;
    section.one_or_more("protocol", protocols, mail_protocol_form);
    const bool one_protocol = std::ranges::adjacent_find(protocols, std::not_equal_to{}) == protocols.end();
    if (one_protocol && !protocols.empty()) when.protocol = protocols.front();  // both of them ask nothing
    section.one_or_more("listener", when.listener, identifier);
    section.one_or_more("group", when.group, identifier);
    section.one_or_more("domain", when.domain, hostname);
    section.one_or_more("user", when.user, login_pattern);
    section.one_or_more("network", when.network, ip_network);
    if (section.is_empty_mapping())
        section.fail("expected at least one condition; the backends for everybody else belong in routing.default");
}

RouteRule read_rule(MappingReader& section) {
    RouteRule rule;
    rule.line = section.position().line;
    section.required("name", rule.name, plain_text);
    section.section("when", Presence::required, [&](MappingReader& when) { read_conditions(when, rule.when); });
    section.required("backend", rule.backend, identifier);
    section.optional("senders", rule.senders, sender_check_form);
    return rule;
}

void read_default(MappingReader& section, RoutingSettings& routing) {
    for (const MailProtocol protocol : every_mail_protocol) {
        const std::string key(name_of(protocol));
        std::string backend;
        section.optional(key, backend, identifier);
        if (!backend.empty()) routing.default_backend.emplace(protocol, std::move(backend));
    }
}

RouteExpectation read_expectation(MappingReader& section) {
    RouteExpectation expectation;
    expectation.line = section.position().line;
    std::string address = "127.0.0.1";
    section.required("user", expectation.user, login_pattern);
    section.one_or_more("group", expectation.groups, identifier);
    section.required("protocol", expectation.protocol, mail_protocol_form);
    section.optional("listener", expectation.listener, identifier);
    section.optional("address", address, ip_address);
    expectation.address = base::IpAddress::parse(address).value_or(base::IpAddress{});
    section.required("backend", expectation.backend, identifier);
    std::ranges::sort(expectation.groups);
    return expectation;
}

}  // namespace

void read_routing(MappingReader& root, Settings& settings) {
    RoutingSettings& routing = settings.routing;
    root.section("routing", Presence::optional, [&](MappingReader& section) {
        section.sections("rules", Presence::optional,
                         [&](MappingReader& rule) { routing.rules.push_back(read_rule(rule)); });
        section.sections("expect", Presence::optional,
                         [&](MappingReader& expectation) { routing.expect.push_back(read_expectation(expectation)); });
        section.section("default", Presence::optional,
                        [&](MappingReader& backends) { read_default(backends, routing); });
    });
}

}  // namespace postern::config
