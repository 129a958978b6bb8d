#include "autoconfig/mail_services.hpp"

#include "autoconfig/names.hpp"
#include "base/ascii.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace postern::autoconfig {
namespace {

using Complaint = std::optional<std::string>;

bool is_one_line(std::string_view text) {
    return base::is_utf8(text) && std::ranges::none_of(text, [](char c) { return base::is_control(c); });
}

Complaint complain_about_text(std::string_view text) {
    if (text.empty()) return "must not be empty: Thunderbird would show \"undefined\"";
    if (!is_one_line(text)) return "must be one line of UTF-8";
    if (text.front() == ' ' || text.back() == ' ')
        return "must not start or end with a space: Thunderbird for Android does not trim";
    for (const std::string_view placeholder : {"%EMAILADDRESS%", "%EMAILLOCALPART%", "%EMAILDOMAIN%", "%REALNAME%"})
        if (text.contains(placeholder))
            return "must not contain " + std::string(placeholder) + ": most clients replace it in user names only";
    return std::nullopt;
}

Complaint complain_about_host(std::string_view host) {
    if (is_host_name(host)) return std::nullopt;
    return "must be a host name: Thunderbird refuses the document";
}

bool is_language_tag(std::string_view tag) {
    return !tag.empty() && base::is_alpha(tag.front()) &&
           std::ranges::all_of(tag, [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '-'; });
}

Complaint complain_about_documentation(const config::DomainDocumentation& documentation) {
    const std::string_view url = documentation.url;
    if (!url.starts_with("https://") && !url.starts_with("http://")) return "url: must start with https:// or http://";
    if (!std::ranges::all_of(url, [](char c) { return base::is_visible(c); }))
        return "url: must be visible ASCII, anything else percent-encoded";
    for (const auto& [language, title] : documentation.title) {
        if (!is_language_tag(language)) return "title: \"" + language + "\" is no language tag";
        if (const Complaint complaint = complain_about_text(title)) return "title: " + language + ": " + *complaint;
    }
    return std::nullopt;
}

Complaint complain_about_web_hosts(const config::DomainSettings& domain) {
    for (const std::string& host : domain.web_hosts)
        if (!is_host_name(host)) return "\"" + host + "\" is no host name";
    return std::nullopt;
}

// The settings of a domain that go into documents as they are, by their names in the file.
Complaint complain_about(const config::DomainSettings& domain) {
    const auto under = [](std::string_view setting, const Complaint& complaint) -> Complaint {
        if (!complaint) return std::nullopt;
        return std::string(setting) + ": " + *complaint;
    };
    if (auto why = under("name", complain_about_host(domain.name))) return why;
    if (auto why = under("display_name", complain_about_text(domain.display_name))) return why;
    if (!domain.display_short_name.empty())
        if (auto why = under("display_short_name", complain_about_text(domain.display_short_name))) return why;
    if (domain.documentation)
        if (auto why = under("documentation", complain_about_documentation(*domain.documentation))) return why;
    return under("web_hosts", complain_about_web_hosts(domain));
}

std::expected<MailService, std::string> service_of(const config::Settings& settings,
                                                   const config::AnnouncedService& announced,
                                                   config::ListenerProtocol protocol) {
    if (const Complaint complaint = complain_about_host(announced.hostname))
        return std::unexpected("hostname: " + *complaint);
    const auto listener = std::ranges::find(settings.listeners, announced.listener, &config::ListenerSettings::name);
    if (listener == settings.listeners.end())
        return std::unexpected("listener: there is none called \"" + announced.listener + "\"");
    if (listener->protocol != protocol)
        return std::unexpected("listener: \"" + announced.listener + "\" speaks another protocol");
    return MailService{.hostname = base::to_lower(announced.hostname),
                       .port = listener->public_port != 0 ? listener->public_port : listener->port,
                       .security = listener->tls == config::ListenerTls::starttls ? SocketSecurity::starttls
                                                                                  : SocketSecurity::implicit_tls};
}

}  // namespace

std::vector<std::string> web_hosts_of(const config::DomainSettings& domain) {
    const std::string name = base::to_lower(domain.name);
    std::vector<std::string> hosts{name, "autoconfig." + name, "autodiscover." + name};
    for (const std::string& host : domain.web_hosts) {
        std::string lowered = base::to_lower(host);
        if (std::ranges::find(hosts, lowered) == hosts.end()) hosts.push_back(std::move(lowered));
    }
    return hosts;
}

std::expected<MailServices, std::string> mail_services_of(const config::Settings& settings,
                                                          const config::DomainSettings& domain) {
    const auto refuse = [&](const std::string& why) { return std::unexpected("domain " + domain.name + ": " + why); };
    if (const Complaint complaint = complain_about(domain)) return refuse(*complaint);
    const auto imap = service_of(settings, domain.imap, config::ListenerProtocol::imap);
    if (!imap) return refuse("imap: " + imap.error());
    const auto submission = service_of(settings, domain.submission, config::ListenerProtocol::submission);
    if (!submission) return refuse("submission: " + submission.error());
    return MailServices{
        .domain = base::to_lower(domain.name),
        .display_name = domain.display_name,
        .display_short_name = domain.display_short_name.empty() ? domain.display_name : domain.display_short_name,
        .imap = *imap,
        .submission = *submission,
        .documentation = domain.documentation,
        .hosts = web_hosts_of(domain)};
}

std::expected<std::vector<MailServices>, std::string> announced_services(const config::Settings& settings) {
    std::vector<MailServices> all;
    std::map<std::string, std::string> domain_of_host;
    for (const config::DomainSettings& domain : settings.domains) {
        auto services = mail_services_of(settings, domain);
        if (!services) return std::unexpected(std::move(services.error()));
        for (const std::string& host : services->hosts) {
            const auto [taken, is_new] = domain_of_host.emplace(host, services->domain);
            if (!is_new)
                return std::unexpected("domain " + services->domain + ": the host " + host +
                                       " already serves the documents of " + taken->second);
        }
        all.push_back(*std::move(services));
    }
    return all;
}

}  // namespace postern::autoconfig
