#include "auth/store/postgresql_connector.hpp"

#include <libpq-fe.h>
#include <soci/postgresql/soci-postgresql.h>

#include <algorithm>

namespace postern::auth::store {

namespace {

// Milliseconds; all below the 5 s that a login may reasonably wait, and below each other in the order they help.
constexpr auto session_options =
    "-c statement_timeout=5000 -c lock_timeout=4000 -c idle_in_transaction_session_timeout=10000 "
    "-c client_encoding=UTF8 -c timezone=UTC -c log_parameter_max_length_on_error=0";

// libpq 15 has no word for "those of the system".
constexpr auto debian_authorities = "/etc/ssl/certs/ca-certificates.crt";

std::string quoted(std::string_view value) {
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + '\'';
}

/// The first line of what the server said, without SOCI's words before it; the rest may repeat values ("DETAIL: Key
/// (value)=(...) already exists").
std::string first_line(std::string_view message) {
    for (const std::string_view prefix : {"Fatal error.", "Connection failed.", "Cannot execute query.",
                                          "Cannot establish connection to the database.", "ERROR:", "FATAL:"}) {
        const auto begin = message.find_first_not_of(" \n");
        message.remove_prefix(std::min(begin, message.size()));
        if (message.starts_with(prefix)) message.remove_prefix(prefix.size());
    }
    message.remove_prefix(std::min(message.find_first_not_of(" \n"), message.size()));
    return std::string(message.substr(0, message.find('\n')));
}

/// SOCI does not export the type information that a dynamic_cast needs; only sessions of this file come here.
PGconn* connection_of(soci::session& session) {
    return static_cast<soci::postgresql_session_backend*>(session.get_backend())->conn_;
}

}  // namespace

std::string connection_string(const config::PostgresqlSettings& settings) {
    const bool is_socket = settings.host.starts_with('/');
    std::string text = "host=" + quoted(settings.host) + " port=" + std::to_string(settings.port) +
                       " dbname=" + quoted(settings.database) + " user=" + quoted(settings.user) +
                       " application_name=postern connect_timeout=3 tcp_user_timeout=5000 keepalives_idle=10 "
                       "keepalives_interval=5 keepalives_count=3 options='" +
                       session_options + "'";
    if (!settings.password_file.empty()) text += " passfile=" + quoted(settings.password_file);
    const bool is_verified = !is_socket && settings.tls == config::PostgresqlTls::verify;
    text += is_verified ? " sslmode=verify-full" : " sslmode=disable";
    if (is_verified) text += " sslrootcert=" + quoted(settings.ca_file.empty() ? debian_authorities : settings.ca_file);
    return text;
}

Trouble trouble_of_postgresql(std::string_view sqlstate, const std::string& message, const std::string& place) {
    const auto unavailable = [&place](const std::string& why) {
        return StoreError{StoreFault::unavailable, "the store " + place + ' ' + why};
    };
    const std::string said = first_line(message);
    // While connecting libpq hands on no SQLSTATE, only what the server said to somebody it does not let in.
    if (const auto fatal = said.find("FATAL:"); sqlstate.empty() && fatal != std::string::npos)
        return {.error = unavailable("refuses the connection: " + first_line(said.substr(fatal)) +
                                     ". Check store.postgresql"),
                .is_session_lost = true};
    if (sqlstate == "40P01" || sqlstate == "40001")
        return {.error = unavailable("is busy: " + said), .is_passing = true};
    if (sqlstate == "57014" || sqlstate == "55P03")
        return {.error = unavailable("is too slow: a statement was given up. Look for locks in pg_stat_activity")};
    // Somebody has changed a table under a prepared statement, or dropped it: a pooler that lends sessions does so.
    if (sqlstate == "26000" || said.starts_with("cached plan"))
        return {.error = unavailable("has lost its prepared statements: " + said),
                .is_session_lost = true,
                .is_passing = true};
    if (sqlstate.starts_with("23")) return {.error = {StoreFault::refused, "a rule of the store forbids it: " + said}};
    if (sqlstate.starts_with("28") || sqlstate == "3D000" || sqlstate == "42501")
        return {.error = unavailable("refuses this user: " + said + ". Check store.postgresql"),
                .is_session_lost = true};
    if (sqlstate == "53100" || sqlstate == "53200") return {.error = unavailable("is out of disk or memory: " + said)};
    if (sqlstate == "53300")
        return {.error = unavailable("has too many connections: raise max_connections"), .is_session_lost = true};
    if (sqlstate.starts_with("42"))
        return {.error = {StoreFault::wrong_schema, "the store " + place + " failed: " + said}};
    // 08: connection, 57P01 to 57P03: shut down or starting up, and what libpq says without a code.
    return {.error = unavailable("does not answer: " + said + ". Check that the server runs and store.postgresql"),
            .is_session_lost = true};
}

PostgresqlConnector::PostgresqlConnector(const config::PostgresqlSettings& settings)
    : connection_(connection_string(settings)),
      place_(settings.database + " on " + settings.host +
             (settings.host.starts_with('/') ? "" : ':' + std::to_string(settings.port))) {}

void PostgresqlConnector::open(soci::session& session) const {
    session.open(soci::postgresql, connection_);
    // Left alone, libpq writes what the server remarks to standard error, between the lines of the log.
    PQsetNoticeProcessor(connection_of(session), [](void*, const char*) {}, nullptr);
}

int PostgresqlConnector::descriptor(soci::session& session) const {
    return PQsocket(connection_of(session));
}

Trouble PostgresqlConnector::explain(std::exception_ptr thrown) const {
    try {
        std::rethrow_exception(std::move(thrown));
    } catch (const soci::postgresql_soci_error& error) {
        return trouble_of_postgresql(error.sqlstate(), error.get_error_message(), place_);
    } catch (const soci::soci_error& error) {
        return trouble_of_postgresql("", error.get_error_message(), place_);
    } catch (const std::exception& error) {
        return {.error = {StoreFault::unavailable, "the store " + place_ + " failed: " + error.what()},
                .is_session_lost = true};
    }
}

}  // namespace postern::auth::store
