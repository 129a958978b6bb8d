#include "config/sections.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::config {
namespace {

const OneOf<BackendTls> backend_tls_form{
    {{"implicit", BackendTls::implicit}, {"starttls", BackendTls::starttls}, {"none", BackendTls::none}}};
const OneOf<BackendLogin> backend_login_form{{{"master_user", BackendLogin::master_user},
                                              {"authzid", BackendLogin::authzid},
                                              {"xclient", BackendLogin::xclient},
                                              {"password", BackendLogin::password}}};

const OneOf<Compression> compression_form{{{"strip", Compression::strip}, {"pass", Compression::pass}}};

constexpr WholeNumber<std::uint16_t> server_weight{.min = 1, .max = 100};

bool has_master(BackendLogin login) {
    return login == BackendLogin::master_user || login == BackendLogin::authzid;
}

void check_login_fits_protocol(MappingReader& section, const BackendSettings& backend) {
    if (!section.sound("protocol") || !section.sound("login")) return;
    if (backend.login == BackendLogin::xclient && backend.protocol != MailProtocol::submission)
        section.fail("login", "xclient is for submission backends only; imap has master_user, authzid and password");
    if (has_master(backend.login) && backend.protocol != MailProtocol::imap)
        section.fail("login", "master users are for imap backends only; submission has xclient and password");
}

void check_master(MappingReader& section, const BackendSettings& backend) {
    if (!section.sound("login")) return;
    for (const std::string key : {"master_user", "master_password"}) {
        if (has_master(backend.login)) section.demand(key, "login: master_user and login: authzid need it");
        if (!has_master(backend.login) && section.has(key))
            section.fail(key, "only for login: master_user and login: authzid; leave it out");
    }
    if (backend.login != BackendLogin::master_user && section.has("master_separator"))
        section.fail("master_separator", "only for login: master_user; leave it out");
}

void check_backend_tls(MappingReader& section, const BackendSettings& backend) {
    if (!section.sound("tls") || backend.tls != BackendTls::none) return;
    for (const std::string key : {"ca_file", "tls_name", "client_certificate", "pins"})
        if (section.has(key)) section.fail(key, "has no meaning with tls: none; leave it out");
    if (!section.sound("login") || !section.sound("host")) return;
    const bool sends_password = backend.login != BackendLogin::xclient;
    const bool is_here = std::ranges::all_of(
        backend.servers, [](const BackendServer& server) { return server.host.empty() || is_loopback(server.host); });
    if (sends_password && !is_here)
        section.fail(
            "tls",
            "passwords would cross the network in clear text: use tls: implicit or starttls, login: xclient, or a "
            "backend on this host (127.0.0.0/8, ::1 or localhost)");
}

BackendServer read_server(MappingReader& section, std::uint16_t port) {
    BackendServer server;
    server.port = port;
    section.required("host", server.host, hostname_or_address);
    section.optional("port", server.port, port_number);
    server.name = server.host;
    section.optional("name", server.name, identifier);
    section.optional("weight", server.weight, server_weight);
    section.optional("drain", server.drain, yes_or_no);
    if (server.port == 0 && section.sound("port")) section.fail("port", "missing, here and beside `servers`");
    return server;
}

/// Either one host, or a list of servers.
void read_servers(MappingReader& section, BackendSettings& backend) {
    const bool has_list = section.has("servers");
    BackendServer only;
    if (has_list) {
        section.optional("port", only.port, port_number);
        section.optional("host", only.host, hostname_or_address);
        if (section.has("host")) section.fail("host", "the servers have hosts of their own; leave it out");
    } else {
        section.required("host", only.host, hostname_or_address);
        section.required("port", only.port, port_number);
        only.name = only.host;
        backend.servers.push_back(only);
    }
    std::vector<std::string> names;
    section.sections("servers", Presence::optional, [&](MappingReader& each) {
        BackendServer server = read_server(each, only.port);
        if (std::ranges::find(names, server.name) != names.end())
            each.fail("host", "another server is called " + server.name + "; give one of them a `name`");
        names.push_back(server.name);
        backend.servers.push_back(std::move(server));
    });
    if (has_list && backend.servers.empty() && section.sound("servers"))
        section.fail("servers", "an empty list; at least one is needed");
    section.optional("check_interval", backend.check_interval, duration);
}

void read_client_certificate(MappingReader& section, BackendSettings& backend) {
    const ReadableFile readable_file{section.reading().directory};
    section.section("client_certificate", Presence::optional, [&](MappingReader& files) {
        CertificateSettings& own = backend.client_certificate.emplace();
        files.required("certificate", own.certificate, readable_file);
        files.required("key", own.key, readable_file);
    });
}

BackendSettings read_backend(const std::string& name, MappingReader& section) {
    BackendSettings backend;
    backend.name = name;
    backend.line = section.position().line;
    section.required("protocol", backend.protocol, mail_protocol_form);
    read_servers(section, backend);
    section.optional("proxy_header", backend.proxy_header, yes_or_no);
    section.optional("tls", backend.tls, backend_tls_form);
    section.optional("ca_file", backend.ca_file, ReadableFile{section.reading().directory});
    section.optional("tls_name", backend.tls_name, hostname_or_address);
    read_client_certificate(section, backend);
    section.list("pins", backend.pins, public_key_pin);
    if (section.has("pins") && section.sound("pins") && backend.pins.empty())
        section.fail("pins", "an empty list would let in nobody or everybody; name at least one, or leave the key out");
    section.optional("compress", backend.compress, compression_form);
    section.optional("login", backend.login, backend_login_form);
    section.optional("master_user", backend.master_user, plain_text);
    read_secret(section, "master_password", backend.master_password);
    section.optional("master_separator", backend.master_separator, separator);
    section.optional("connect_timeout", backend.connect_timeout, duration);
    section.optional("login_timeout", backend.login_timeout, duration);
    if (section.has("compress") && section.sound("protocol") && backend.protocol != MailProtocol::imap)
        section.fail("compress", "only for imap backends; leave it out");
    check_login_fits_protocol(section, backend);
    check_master(section, backend);
    check_backend_tls(section, backend);
    return backend;
}

}  // namespace

void read_backends(MappingReader& root, Settings& settings) {
    const auto read = [&](const std::string& name, MappingReader& section) {
        settings.backends.insert_or_assign(name, read_backend(name, section));
    };
    root.named_sections("backends", Presence::optional, "name", identifier, read);
}

}  // namespace postern::config
