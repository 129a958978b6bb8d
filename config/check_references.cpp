#include "config/sections.hpp"
#include "config/wording.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace postern::config {
namespace {

std::string element(std::string_view path, std::size_t index) {
    return std::string(path) + '[' + std::to_string(index) + ']';
}

std::string in_words(MailProtocol protocol) {
    return std::string(name_of(protocol));
}

std::optional<MailProtocol> mail_protocol(const ListenerSettings& listener) {
    if (listener.protocol == ListenerProtocol::imap) return MailProtocol::imap;
    if (listener.protocol == ListenerProtocol::submission) return MailProtocol::submission;
    return std::nullopt;
}

/// Compares what the sections say about one another. A value that is already known to be wrong is not compared.
class ReferenceCheck {
public:
    ReferenceCheck(const Settings& settings, Problems& problems) : settings_(settings), problems_(problems) {
        for (const auto& [name, backend] : settings.backends) backend_names_.push_back(name);
    }

    void run() {
        check_listeners();
        check_groups();
        check_rules();
        check_defaults();
        for (std::size_t i = 0; i < settings_.listeners.size(); ++i)
            check_client_certificates(settings_.listeners[i], element("listeners", i) + ".client_certificates");
        check_domains();
    }

private:
    void check_listeners();
    void check_address(std::size_t index);
    void check_client_certificates(const ListenerSettings& listener, const std::string& path);
    bool is_backend_that_needs_password(const std::string& name) const;
    void check_groups();
    void check_rules();
    void check_rule(const RouteRule& rule, const std::string& path);
    void check_rule_groups(const RouteRule& rule, const std::string& path);
    std::optional<std::set<MailProtocol>> possible_protocols(const RouteRule& rule, const std::string& path);
    std::optional<MailProtocol> protocol_of_condition(const std::string& name, const std::string& path);
    void check_rule_backend(const RouteRule& rule, const std::string& path, const std::set<MailProtocol>& possible);
    void check_defaults();
    void check_default(MailProtocol protocol);
    void check_domains();
    void check_service(const AnnouncedService& service, MailProtocol protocol, const std::string& path);
    void check_web_hosts();
    void claim_host(const std::string& host, std::size_t domain, const std::string& path);

    /// nullptr when `name` is wrong or undefined; the latter is reported for `path`.
    const ListenerSettings* find_listener(const std::string& name, const std::string& path);
    const BackendSettings* find_backend(const std::string& name, const std::string& path);
    /// For a list that may also be written as a single value.
    std::string path_in_list(const std::string& path, std::size_t index) const {
        return problems_.has(element(path, index)) ? element(path, index) : path;
    }

    const Settings& settings_;
    Problems& problems_;
    std::map<std::string_view, std::size_t> listeners_;  // name -> index
    std::vector<std::string> listener_names_;
    std::vector<std::string> backend_names_;
    std::map<std::pair<std::string, std::uint16_t>, std::string> addresses_;  // address and port -> listener
    std::map<std::string, std::size_t> hosts_;                                // host name -> index of its domain
    bool all_listeners_named_ = true;
    bool all_groups_known_ = true;
};

void ReferenceCheck::check_listeners() {
    all_listeners_named_ = problems_.sound("listeners");
    for (std::size_t i = 0; i < settings_.listeners.size(); ++i) {
        const std::string path = element("listeners", i) + ".name";
        if (!problems_.sound(path)) {
            all_listeners_named_ = false;
        } else {
            const auto [first, is_first] = listeners_.emplace(settings_.listeners[i].name, i);
            if (is_first)
                listener_names_.push_back(settings_.listeners[i].name);
            else
                problems_.report(path, in_quotes(settings_.listeners[i].name) + " is already the name of " +
                                           element("listeners", first->second));
        }
        check_address(i);
    }
}

void ReferenceCheck::check_address(std::size_t index) {
    const ListenerSettings& listener = settings_.listeners[index];
    const std::string path = element("listeners", index);
    if (!problems_.sound(path + ".address") || !problems_.sound(path + ".port")) return;
    // On Linux a socket bound to "::" takes IPv4 connections as well.
    const std::string address = listener.address == "0.0.0.0" ? "::" : listener.address;
    const auto [first, is_first] = addresses_.emplace(std::pair(address, listener.port), element("listeners", index));
    if (!is_first)
        problems_.report(path + ".port", "port " + std::to_string(listener.port) + " of " + listener.address +
                                             " is already taken by " + first->second);
}

/// Whoever comes by certificate alone has no password to give to a backend.
void ReferenceCheck::check_client_certificates(const ListenerSettings& listener, const std::string& path) {
    const auto protocol = mail_protocol(listener);
    if (!listener.client_certificates || listener.client_certificates->required || !protocol || !problems_.sound(path))
        return;
    const auto by_default = settings_.routing.default_backend.find(*protocol);
    if (by_default == settings_.routing.default_backend.end()) return;
    bool is_in_vain = is_backend_that_needs_password(by_default->second);
    for (const RouteRule& rule : settings_.routing.rules) {
        const bool is_reachable = (!rule.when.protocol || *rule.when.protocol == *protocol) &&
                                  (rule.when.listener.empty() ||
                                   std::ranges::find(rule.when.listener, listener.name) != rule.when.listener.end());
        if (is_reachable && !is_backend_that_needs_password(rule.backend)) is_in_vain = false;
    }
    if (is_in_vain)
        problems_.report(path,
                         "nobody could log in with one: every backend of this listener needs the user's password; use "
                         "another `login` there, or `required: true` to ask for both");
}

bool ReferenceCheck::is_backend_that_needs_password(const std::string& name) const {
    const auto found = settings_.backends.find(name);
    return found != settings_.backends.end() && found->second.login == BackendLogin::password &&
           problems_.sound("backends." + name + ".login");
}

void ReferenceCheck::check_groups() {
    all_groups_known_ = problems_.sound("groups");
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < settings_.groups.size(); ++i) {
        const std::string path = element("groups", i);
        if (!problems_.sound(path))
            all_groups_known_ = false;
        else if (!seen.insert(settings_.groups[i]).second)
            problems_.report(path, in_quotes(settings_.groups[i]) + " is listed twice");
    }
}

void ReferenceCheck::check_rules() {
    std::map<std::string_view, std::size_t> names;
    for (std::size_t i = 0; i < settings_.routing.rules.size(); ++i) {
        const RouteRule& rule = settings_.routing.rules[i];
        const std::string path = element("routing.rules", i);
        if (problems_.sound(path + ".name")) {
            const auto [first, is_first] = names.emplace(rule.name, i);
            if (!is_first)
                problems_.report(path + ".name", in_quotes(rule.name) + " is already the name of " +
                                                     element("routing.rules", first->second));
        }
        check_rule(rule, path);
    }
}

void ReferenceCheck::check_rule(const RouteRule& rule, const std::string& path) {
    check_rule_groups(rule, path + ".when.group");
    const auto possible = possible_protocols(rule, path + ".when");
    if (possible)
        check_rule_backend(rule, path + ".backend", *possible);
    else
        find_backend(rule.backend, path + ".backend");
}

void ReferenceCheck::check_rule_groups(const RouteRule& rule, const std::string& path) {
    if (!all_groups_known_) return;
    for (std::size_t i = 0; i < rule.when.group.size(); ++i) {
        const std::string& group = rule.when.group[i];
        const std::string own_path = path_in_list(path, i);
        if (!problems_.sound(own_path) || std::ranges::find(settings_.groups, group) != settings_.groups.end())
            continue;
        problems_.report(own_path, "there is no group " + in_quotes(group) + suggestion(group, settings_.groups));
    }
}

/// The protocols of the logins that the rule can match; nullopt when a mistake in it makes that unknown.
std::optional<std::set<MailProtocol>> ReferenceCheck::possible_protocols(const RouteRule& rule,
                                                                         const std::string& path) {
    std::set<MailProtocol> by_listener;
    bool known = problems_.sound(path) && problems_.sound(path + ".protocol") && problems_.sound(path + ".listener");
    for (std::size_t i = 0; i < rule.when.listener.size(); ++i) {
        const auto protocol = protocol_of_condition(rule.when.listener[i], path_in_list(path + ".listener", i));
        if (protocol)
            by_listener.insert(*protocol);
        else
            known = false;
    }
    if (!known) return std::nullopt;
    if (rule.when.listener.empty()) by_listener = {MailProtocol::imap, MailProtocol::submission};
    if (!rule.when.protocol) return by_listener;
    if (by_listener.contains(*rule.when.protocol)) return std::set{*rule.when.protocol};
    problems_.report(path + ".listener", "no listener named here speaks " + in_words(*rule.when.protocol) +
                                             ", so the rule would never match");
    return std::nullopt;
}

std::optional<MailProtocol> ReferenceCheck::protocol_of_condition(const std::string& name, const std::string& path) {
    const ListenerSettings* listener = find_listener(name, path);
    if (listener == nullptr) return std::nullopt;
    const auto protocol = mail_protocol(*listener);
    if (!protocol)
        problems_.report(path, "listener " + in_quotes(name) + " speaks " + std::string(name_of(listener->protocol)) +
                                   "; only imap and submission are routed");
    return protocol;
}

void ReferenceCheck::check_rule_backend(const RouteRule& rule,
                                        const std::string& path,
                                        const std::set<MailProtocol>& possible) {
    const BackendSettings* backend = find_backend(rule.backend, path);
    if (backend == nullptr) return;
    const std::string speaks = "backend " + in_quotes(backend->name) + " speaks " + in_words(backend->protocol);
    const MailProtocol other = backend->protocol == MailProtocol::imap ? MailProtocol::submission : MailProtocol::imap;
    if (!possible.contains(backend->protocol))
        problems_.report(path, speaks + ", but the rule is for " + in_words(other) + "; name a backend that speaks " +
                                   in_words(other));
    else if (possible.contains(other))
        problems_.report(path, speaks + ", but the rule could be chosen for " + in_words(other) +
                                   "; add `protocol: " + in_words(backend->protocol) + "` to `when`");
}

void ReferenceCheck::check_defaults() {
    for (const MailProtocol protocol : every_mail_protocol) check_default(protocol);
}

void ReferenceCheck::check_default(MailProtocol protocol) {
    const std::string path = "routing.default." + in_words(protocol);
    const auto chosen = settings_.routing.default_backend.find(protocol);
    if (chosen != settings_.routing.default_backend.end()) {
        const BackendSettings* backend = find_backend(chosen->second, path);
        if (backend != nullptr && backend->protocol != protocol)
            problems_.report(path, "backend " + in_quotes(backend->name) + " speaks " + in_words(backend->protocol) +
                                       "; name a backend that speaks " + in_words(protocol));
        return;
    }
    if (!problems_.sound(path)) return;
    for (std::size_t i = 0; i < settings_.listeners.size(); ++i) {
        if (mail_protocol(settings_.listeners[i]) != protocol) continue;
        if (!problems_.sound(element("listeners", i) + ".protocol")) continue;
        problems_.report(path, "missing: " + element("listeners", i) + " speaks " + in_words(protocol) +
                                   ", so name the backend of users that no rule matches");
        return;
    }
}

void ReferenceCheck::check_domains() {
    std::map<std::string_view, std::size_t> names;
    for (std::size_t i = 0; i < settings_.domains.size(); ++i) {
        const DomainSettings& domain = settings_.domains[i];
        const std::string path = element("domains", i);
        if (problems_.sound(path + ".name")) {
            const auto [first, is_first] = names.emplace(domain.name, i);
            if (!is_first)
                problems_.report(path + ".name",
                                 in_quotes(domain.name) + " is already " + element("domains", first->second));
        }
        check_service(domain.imap, MailProtocol::imap, path + ".imap.listener");
        check_service(domain.submission, MailProtocol::submission, path + ".submission.listener");
    }
    check_web_hosts();
}

void ReferenceCheck::check_service(const AnnouncedService& service, MailProtocol protocol, const std::string& path) {
    const ListenerSettings* listener = find_listener(service.listener, path);
    if (listener != nullptr && mail_protocol(*listener) != protocol)
        problems_.report(path, "listener " + in_quotes(listener->name) + " speaks " +
                                   std::string(name_of(listener->protocol)) + "; name a listener that speaks " +
                                   in_words(protocol));
}

void ReferenceCheck::check_web_hosts() {
    for (std::size_t i = 0; i < settings_.domains.size(); ++i) {
        const std::string path = element("domains", i) + ".name";
        for (const std::string_view prefix : {"", "autoconfig.", "autodiscover."})
            claim_host(std::string(prefix) + settings_.domains[i].name, i, path);
    }
    for (std::size_t i = 0; i < settings_.domains.size(); ++i)
        for (std::size_t j = 0; j < settings_.domains[i].web_hosts.size(); ++j)
            claim_host(settings_.domains[i].web_hosts[j], i, element(element("domains", i) + ".web_hosts", j));
}

/// A request is answered by the host name it names, so no two domains can share one.
void ReferenceCheck::claim_host(const std::string& host, std::size_t domain, const std::string& path) {
    if (!problems_.sound(path)) return;
    const auto [first, is_first] = hosts_.emplace(host, domain);
    if (!is_first && first->second != domain)
        problems_.report(path, "the documents of " + element("domains", first->second) + " are served under " +
                                   in_quotes(host) + " already");
}

const ListenerSettings* ReferenceCheck::find_listener(const std::string& name, const std::string& path) {
    if (!problems_.sound(path)) return nullptr;
    const auto found = listeners_.find(name);
    if (found == listeners_.end()) {
        if (all_listeners_named_)
            problems_.report(path, "there is no listener " + in_quotes(name) + suggestion(name, listener_names_));
        return nullptr;
    }
    const bool has_protocol = problems_.sound(element("listeners", found->second) + ".protocol");
    return has_protocol ? &settings_.listeners[found->second] : nullptr;
}

const BackendSettings* ReferenceCheck::find_backend(const std::string& name, const std::string& path) {
    if (!problems_.sound(path) || !problems_.sound("backends")) return nullptr;
    const auto found = settings_.backends.find(name);
    if (found == settings_.backends.end()) {
        problems_.report(path, "there is no backend " + in_quotes(name) + suggestion(name, backend_names_));
        return nullptr;
    }
    return problems_.sound("backends." + name + ".protocol") ? &found->second : nullptr;
}

}  // namespace

void check_references(const Settings& settings, Problems& problems) {
    ReferenceCheck(settings, problems).run();
}

}  // namespace postern::config
