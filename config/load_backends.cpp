#include "config/sections.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::config {
namespace {

const OneOf<BackendTls> backend_tls_form{{{"implicit", BackendTls::implicit}, {"none", BackendTls::none}}};
const OneOf<BackendLogin> backend_login_form{{{"master_user", BackendLogin::master_user},
                                              {"authzid", BackendLogin::authzid},
                                              {"xclient", BackendLogin::xclient},
                                              {"password", BackendLogin::password}}};

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
    for (const std::string key : {"ca_file", "tls_name"})
        if (section.has(key)) section.fail(key, "has no meaning with tls: none; leave it out");
    if (!section.sound("login") || !section.sound("host")) return;
    const bool sends_password = backend.login != BackendLogin::xclient;
    if (sends_password && !is_loopback(backend.host))
        section.fail("tls",
                     "passwords would cross the network in clear text: use tls: implicit, login: xclient, or a "
                     "backend on this host (127.0.0.0/8, ::1 or localhost)");
}

BackendSettings read_backend(const std::string& name, MappingReader& section) {
    BackendSettings backend;
    backend.name = name;
    section.required("protocol", backend.protocol, mail_protocol_form);
    section.required("host", backend.host, hostname_or_address);
    section.required("port", backend.port, port_number);
    section.optional("tls", backend.tls, backend_tls_form);
    section.optional("ca_file", backend.ca_file, ReadableFile{section.reading().directory});
    backend.tls_name = backend.host;
    section.optional("tls_name", backend.tls_name, hostname_or_address);
    section.optional("login", backend.login, backend_login_form);
    section.optional("master_user", backend.master_user, plain_text);
    read_secret(section, "master_password", backend.master_password);
    section.optional("master_separator", backend.master_separator, separator);
    section.optional("connect_timeout", backend.connect_timeout, duration);
    section.optional("login_timeout", backend.login_timeout, duration);
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
