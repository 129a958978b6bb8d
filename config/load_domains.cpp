#include "config/sections.hpp"

#include <utility>

namespace postern::config {
namespace {

void read_service(MappingReader& section, AnnouncedService& service) {
    section.required("hostname", service.hostname, full_hostname);
    section.required("listener", service.listener, identifier);
}

void read_documentation(MappingReader& section, DomainDocumentation& documentation) {
    section.required("url", documentation.url, web_url);
    section.named_values("title", Presence::required, "language", documentation.title, language_tag, announced_text);
}

DomainSettings read_domain(MappingReader& section) {
    DomainSettings domain;
    section.required("name", domain.name, full_hostname);
    section.required("display_name", domain.display_name, announced_text);
    domain.display_short_name = domain.display_name;
    section.optional("display_short_name", domain.display_short_name, announced_text);
    section.section("imap", Presence::required, [&](MappingReader& imap) { read_service(imap, domain.imap); });
    section.section("submission", Presence::required,
                    [&](MappingReader& submission) { read_service(submission, domain.submission); });
    section.section("documentation", Presence::optional, [&](MappingReader& documentation) {
        read_documentation(documentation, domain.documentation.emplace());
    });
    section.list("web_hosts", domain.web_hosts, full_hostname);
    return domain;
}

}  // namespace

void read_domains(MappingReader& root, Settings& settings) {
    root.sections("domains", Presence::optional,
                  [&](MappingReader& section) { settings.domains.push_back(read_domain(section)); });
}

}  // namespace postern::config
