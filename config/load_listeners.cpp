#include "config/sections.hpp"

#include <utility>

namespace postern::config {
namespace {

const OneOf<ListenerTls> listener_tls_form{{{"implicit", ListenerTls::implicit}, {"starttls", ListenerTls::starttls}}};

ListenerSettings read_listener(MappingReader& section) {
    ListenerSettings listener;
    section.required("name", listener.name, identifier);
    section.required("protocol", listener.protocol, listener_protocol_form);
    section.required("address", listener.address, ip_address);
    section.required("port", listener.port, port_number);
    listener.public_port = listener.port;
    section.optional("public_port", listener.public_port, port_number);
    section.optional("tls", listener.tls, listener_tls_form);
    section.list("proxies", listener.proxies, ip_network);
    section.optional("default_domain", listener.default_domain, hostname);
    const bool takes_logins =
        listener.protocol == ListenerProtocol::imap || listener.protocol == ListenerProtocol::submission;
    if (section.has("default_domain") && section.sound("protocol") && !takes_logins)
        section.fail("default_domain", "only for imap and submission: nobody logs in to " +
                                           std::string(name_of(listener.protocol)) + "; leave it out");
    if (section.has("tls") && section.sound("protocol") && !takes_logins)
        section.fail("tls", listener.protocol == ListenerProtocol::https
                                ? "only for imap and submission: https is TLS from the first byte; leave it out"
                                : "only for imap and submission: http has no TLS; leave it out, or use https");
    return listener;
}

}  // namespace

const OneOf<MailProtocol> mail_protocol_form{{{"imap", MailProtocol::imap}, {"submission", MailProtocol::submission}}};
const OneOf<ListenerProtocol> listener_protocol_form{{{"imap", ListenerProtocol::imap},
                                                      {"submission", ListenerProtocol::submission},
                                                      {"https", ListenerProtocol::https},
                                                      {"http", ListenerProtocol::http}}};

std::string_view name_of(MailProtocol protocol) {
    return protocol == MailProtocol::imap ? "imap" : "submission";
}

std::string_view name_of(ListenerProtocol protocol) {
    switch (protocol) {
        case ListenerProtocol::imap:
            return "imap";
        case ListenerProtocol::submission:
            return "submission";
        case ListenerProtocol::https:
            return "https";
        case ListenerProtocol::http:
            return "http";
    }
    return {};
}

void read_listeners(MappingReader& root, Settings& settings) {
    root.sections("listeners", Presence::required,
                  [&](MappingReader& section) { settings.listeners.push_back(read_listener(section)); });
}

}  // namespace postern::config
