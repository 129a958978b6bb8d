#include "autoconfig/site.hpp"

#include "autoconfig/autoconfig_xml.hpp"
#include "autoconfig/autodiscover_pox.hpp"
#include "base/ascii.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace postern::autoconfig {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using Body = std::shared_ptr<const std::string>;

constexpr std::string_view xml_type = "text/xml; charset=utf-8";
constexpr std::string_view text_type = "text/plain; charset=utf-8";

enum class Resource : std::uint8_t { none, config, autodiscover };

Resource resource_at(std::string_view path) {
    if (path == "/mail/config-v1.1.xml" || path == "/.well-known/autoconfig/mail/config-v1.1.xml") {
        return Resource::config;
    }
    if (base::iequals(path, "/autodiscover/autodiscover.xml")) return Resource::autodiscover;
    return Resource::none;
}

std::string allowed_methods(Resource resource) {
    return resource == Resource::autodiscover ? "GET, HEAD, OPTIONS, POST" : "GET, HEAD, OPTIONS";
}

Body shared(std::string text) {
    return std::make_shared<const std::string>(std::move(text));
}

// FNV-1a. An entity tag must change with the document; nobody gains by forging one.
std::string entity_tag(std::string_view bytes) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    std::string tag = "\"";
    for (int shift = 60; shift >= 0; shift -= 4) tag += "0123456789abcdef"[(hash >> shift) & 0xF];
    return tag + "\"";
}

// If-None-Match of RFC 9110 section 13.1.2: "*" or a list, compared weakly.
bool names_tag(std::string_view if_none_match, std::string_view tag) {
    if (base::trim(if_none_match) == "*") return true;
    while (!if_none_match.empty()) {
        const std::size_t comma = std::min(if_none_match.find(','), if_none_match.size());
        std::string_view candidate = base::trim(if_none_match.substr(0, comma));
        if (candidate.starts_with("W/")) candidate.remove_prefix(2);
        if (candidate == tag) return true;
        if_none_match.remove_prefix(std::min(comma + 1, if_none_match.size()));
    }
    return false;
}

HttpResponse response(unsigned status, std::string_view type, std::string_view caching, Body body) {
    HttpResponse response{.status = status, .headers = {}, .body = std::move(body)};
    response.headers = {{"Content-Type", std::string(type)},
                        {"Cache-Control", std::string(caching)},
                        {"X-Content-Type-Options", "nosniff"}};
    return response;
}

HttpResponse refusal(unsigned status, const Body& body) {
    return response(status, text_type, "no-store", body);
}

HttpResponse options_answer(Resource resource) {
    return HttpResponse{.status = 204, .headers = {{"Allow", allowed_methods(resource)}}, .body = nullptr};
}

HttpResponse config_answer(const HttpRequest& request, const Body& document, const std::string& tag) {
    HttpResponse answer = response(200, xml_type, "public, max-age=3600", document);
    answer.headers.emplace_back("ETag", tag);
    if (names_tag(request.if_none_match, tag)) {
        answer.status = 304;
        answer.body = nullptr;
    }
    return answer;
}

bool is_read(std::string_view method) {
    return method == "GET" || method == "HEAD";
}

bool is_visible(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return base::is_visible(c); });
}

}  // namespace

AutoconfigSite::AutoconfigSite(std::vector<MailServices> domains)
    : error_600_(shared(autodiscover_error(AutodiscoverError::invalid_request))),
      error_601_(shared(autodiscover_error(AutodiscoverError::provider_is_not_available))),
      not_found_(shared("Not found.\n")),
      method_not_allowed_(shared("Method not allowed.\n")),
      misdirected_(shared("This host is not served here.\n")) {
    for (MailServices& services : domains) {
        for (const std::string& host : services.hosts) index_of_host_.emplace(host, domains_.size());
        const Body config = shared(autoconfig_xml(services));
        const Body autodiscover = shared(autodiscover_settings(services, std::nullopt));
        domains_.push_back({.services = std::move(services),
                            .config = config,
                            .config_etag = entity_tag(*config),
                            .autodiscover = autodiscover});
    }
}

HttpResponse AutoconfigSite::answer(const HttpRequest& request) const {
    const Domain* domain = domain_of_host(request.host);
    if (domain == nullptr) return refusal(421, misdirected_);
    const Resource resource = resource_at(request.path);
    if (resource == Resource::none) return refusal(404, not_found_);
    if (request.method == "OPTIONS") return options_answer(resource);
    if (resource == Resource::config && is_read(request.method)) {
        return config_answer(request, domain->config, domain->config_etag);
    }
    if (resource == Resource::autodiscover && (is_read(request.method) || request.method == "POST")) {
        return response(200, xml_type, "no-store", autodiscover_answer(*domain, request));
    }
    HttpResponse not_allowed = refusal(405, method_not_allowed_);
    not_allowed.headers.emplace_back("Allow", allowed_methods(resource));
    return not_allowed;
}

const AutoconfigSite::Domain* AutoconfigSite::domain_of_host(const std::string& host) const {
    const auto found = index_of_host_.find(host);
    return found == index_of_host_.end() ? nullptr : &domains_[found->second];
}

// An address of another configured domain is answered with the settings of that domain, so that one host can serve all
// of a provider's domains. Any other address gets what a request without one gets.
AutoconfigSite::Body AutoconfigSite::autodiscover_answer(const Domain& domain, const HttpRequest& request) const {
    if (request.method != "POST") return domain.autodiscover;
    const auto asked = read_autodiscover_request(request.body);
    if (!asked) return asked.error() == AutodiscoverError::invalid_request ? error_600_ : error_601_;
    const std::optional<MailAddress>& address = asked->address;
    if (!address) return domain.autodiscover;
    const Domain* home = domain_of_host(address->domain);
    if (home == nullptr || home->services.domain != address->domain) return domain.autodiscover;
    return shared(autodiscover_settings(home->services, address));
}

RedirectSite::RedirectSite(const config::Settings& settings) {
    for (const config::DomainSettings& domain : settings.domains)
        for (std::string& host : web_hosts_of(domain)) hosts_.insert(std::move(host));
    const auto https =
        std::ranges::find(settings.listeners, config::ListenerProtocol::https, &config::ListenerSettings::protocol);
    if (https == settings.listeners.end()) return;
    const std::uint16_t port = https->public_port != 0 ? https->public_port : https->port;
    if (port != 443) port_suffix_ = ":" + std::to_string(port);
}

HttpResponse RedirectSite::answer(const HttpRequest& request) const {
    // A line feed in Location would begin a header of the sender's choice; a path without "/" would lengthen the host
    // name.
    const bool is_safe = request.path.starts_with('/') && is_visible(request.path) && is_visible(request.query);
    if (!is_safe || !hosts_.contains(request.host)) return HttpResponse{.status = 404, .headers = {}, .body = nullptr};
    const bool is_autodiscover = resource_at(request.path) == Resource::autodiscover;
    if (!is_read(request.method) && !(is_autodiscover && request.method == "POST")) {
        return HttpResponse{
            .status = 405, .headers = {{"Allow", is_autodiscover ? "GET, HEAD, POST" : "GET, HEAD"}}, .body = nullptr};
    }
    std::string location = "https://" + request.host + port_suffix_ + request.path;
    if (!request.query.empty()) location += "?" + request.query;
    return HttpResponse{
        .status = is_autodiscover ? 302U : 301U, .headers = {{"Location", std::move(location)}}, .body = nullptr};
}

}  // namespace postern::autoconfig
