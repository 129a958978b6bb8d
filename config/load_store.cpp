#include "config/sections.hpp"

namespace postern::config {
namespace {

const OneOf<PostgresqlTls> postgresql_tls_form{{{"verify", PostgresqlTls::verify}, {"none", PostgresqlTls::none}}};
constexpr WholeNumber<std::uint16_t> session_count{.min = 1, .max = 256};

/// A host, or the folder of a Unix socket.
Formed<std::string> host_or_folder(std::string_view text) {
    if (text.starts_with('/')) return plain_text(text);
    return hostname_or_address(text);
}

void read_postgresql(MappingReader& section, PostgresqlSettings& server) {
    section.required("host", server.host, host_or_folder);
    section.optional("port", server.port, port_number);
    section.optional("database", server.database, plain_text);
    section.optional("user", server.user, plain_text);
    section.optional("password_file", server.password_file, ReadableFile{section.reading().directory});
    section.optional("tls", server.tls, postgresql_tls_form);
    section.optional("ca_file", server.ca_file, ReadableFile{section.reading().directory});
    if (!section.sound("host") || !section.sound("tls")) return;
    if (server.tls == PostgresqlTls::none && !server.host.starts_with('/') && !is_loopback(server.host))
        section.fail("tls",
                     "password hashes would cross the network in clear text: use tls: verify, or a server on this host "
                     "(127.0.0.0/8, ::1, localhost or the folder of its socket)");
    if (server.tls == PostgresqlTls::none && section.has("ca_file"))
        section.fail("ca_file", "has no meaning with tls: none; leave it out");
}

void read_store(MappingReader& section, StoreSettings& store) {
    section.optional("sqlite", store.sqlite, FilePath{section.reading().directory});
    section.optional("sessions", store.sessions, session_count);
    section.section("postgresql", Presence::optional,
                    [&](MappingReader& server) { read_postgresql(server, store.postgresql.emplace()); });
    const bool is_discovering = section.reading().discovering;
    if (section.has("sqlite") && section.has("postgresql"))
        section.fail("postgresql", "either `sqlite` or `postgresql`, not both");
    if (!section.has("sqlite") && !section.has("postgresql") && !is_discovering)
        section.fail("neither `sqlite` nor `postgresql`: name one");
}

}  // namespace

void read_store_settings(MappingReader& root, Settings& settings) {
    root.section("store", Presence::required, [&](MappingReader& s) { read_store(s, settings.store); });
}

}  // namespace postern::config
