#include "config/sections.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::config {
namespace {

const OneOf<ListenerTls> listener_tls_form{{{"implicit", ListenerTls::implicit}, {"starttls", ListenerTls::starttls}}};

/// This host, and networks that no packet of the Internet comes from (RFC 1918, RFC 4193).
bool is_private(const std::string& address) {
    static const std::array networks{base::IpNetwork::parse("10.0.0.0/8"), base::IpNetwork::parse("172.16.0.0/12"),
                                     base::IpNetwork::parse("192.168.0.0/16"), base::IpNetwork::parse("fc00::/7")};
    const auto parsed = base::IpAddress::parse(address);
    return is_loopback(address) ||
           (parsed && std::ranges::any_of(networks, [&](const auto& network) { return network->contains(*parsed); }));
}

/// What it tells, it tells in clear text and to everybody: who may ask is decided by where it listens.
void read_exposure(MappingReader& section, ListenerSettings& listener) {
    section.optional("exposed", listener.exposed, yes_or_no);
    if (!section.sound("protocol")) return;
    if (listener.protocol != ListenerProtocol::metrics) {
        if (section.has("exposed"))
            section.fail("exposed", "only for metrics: other listeners are there to be reached");
        return;
    }
    for (const std::string key : {"public_port", "proxies"})
        if (section.has(key)) section.fail(key, "not for metrics: no mail client connects to it; leave it out");
    if (section.sound("address") && section.sound("exposed") && !listener.exposed && !is_private(listener.address))
        section.fail("address",
                     "metrics are told to whoever asks: listen on 127.0.0.1 or on an address of a private "
                     "network, or say `exposed: true` if a firewall keeps strangers away");
}

void read_client_certificates(MappingReader& section, ListenerSettings& listener) {
    const ReadableFile readable_file{section.reading().directory};
    section.section("client_certificates", Presence::optional, [&](MappingReader& clients) {
        ClientCertificateSettings& settings = listener.client_certificates.emplace();
        settings.line = clients.position().line;
        clients.required("ca_file", settings.ca_file, readable_file);
        clients.optional("crl_file", settings.crl_file, readable_file);
        clients.optional("required", settings.required, yes_or_no);
    });
}

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
    read_client_certificates(section, listener);
    const bool takes_logins =
        listener.protocol == ListenerProtocol::imap || listener.protocol == ListenerProtocol::submission;
    if (section.has("default_domain") && section.sound("protocol") && !takes_logins)
        section.fail("default_domain", "only for imap and submission: nobody logs in to " +
                                           std::string(name_of(listener.protocol)) + "; leave it out");
    if (section.has("client_certificates") && section.sound("protocol") && !takes_logins)
        section.fail("client_certificates", "only for imap and submission: nobody logs in to " +
                                                std::string(name_of(listener.protocol)) + "; leave it out");
    if (section.has("tls") && section.sound("protocol") && !takes_logins)
        section.fail("tls", listener.protocol == ListenerProtocol::https
                                ? "only for imap and submission: https is TLS from the first byte; leave it out"
                                : "only for imap and submission: http has no TLS; leave it out, or use https");
    read_exposure(section, listener);
    return listener;
}

}  // namespace

const OneOf<MailProtocol> mail_protocol_form{{{"imap", MailProtocol::imap}, {"submission", MailProtocol::submission}}};
const OneOf<ListenerProtocol> listener_protocol_form{{{"imap", ListenerProtocol::imap},
                                                      {"submission", ListenerProtocol::submission},
                                                      {"https", ListenerProtocol::https},
                                                      {"http", ListenerProtocol::http},
                                                      {"metrics", ListenerProtocol::metrics}}};

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
        case ListenerProtocol::metrics:
            return "metrics";
    }
    return {};
}

void read_listeners(MappingReader& root, Settings& settings) {
    root.sections("listeners", Presence::required,
                  [&](MappingReader& section) { settings.listeners.push_back(read_listener(section)); });
}

}  // namespace postern::config
