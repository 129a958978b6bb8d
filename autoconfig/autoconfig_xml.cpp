#include "autoconfig/autoconfig_xml.hpp"

#include "autoconfig/xml.hpp"

namespace postern::autoconfig {
namespace {

struct Section {
    const char* element;
    const char* type;
};

void add_server(pugi::xml_node provider, const Section& section, const MailService& service) {
    pugi::xml_node server = provider.append_child(section.element);
    server.append_attribute("type") = section.type;
    add_text(server, "hostname", service.hostname);
    add_text(server, "port", std::to_string(service.port));
    add_text(server, "socketType", service.security == SocketSecurity::implicit_tls ? "SSL" : "STARTTLS");
    add_text(server, "authentication", "password-cleartext");
    add_text(server, "username", "%EMAILADDRESS%");
}

void add_documentation(pugi::xml_node provider, const config::DomainDocumentation& documentation) {
    pugi::xml_node element = provider.append_child("documentation");
    element.append_attribute("url") = documentation.url.c_str();
    for (const auto& [language, title] : documentation.title) {
        pugi::xml_node description = element.append_child("descr");
        description.append_attribute("lang") = language.c_str();
        description.text() = title.c_str();
    }
}

}  // namespace

std::string autoconfig_xml(const MailServices& services) {
    pugi::xml_document document;
    add_declaration(document, "UTF-8");
    pugi::xml_node root = document.append_child("clientConfig");
    root.append_attribute("version") = "1.1";
    pugi::xml_node provider = root.append_child("emailProvider");
    provider.append_attribute("id") = services.domain.c_str();
    add_text(provider, "domain", services.domain);
    add_text(provider, "displayName", services.display_name);
    add_text(provider, "displayShortName", services.display_short_name);
    add_server(provider, {.element = "incomingServer", .type = "imap"}, services.imap);
    add_server(provider, {.element = "outgoingServer", .type = "smtp"}, services.submission);
    // Behind the servers: some readers take the first or last match of a name wherever it stands.
    if (services.documentation) add_documentation(provider, *services.documentation);
    return to_bytes(document);
}

}  // namespace postern::autoconfig
