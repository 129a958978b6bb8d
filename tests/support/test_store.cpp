#include "tests/support/test_store.hpp"

#include <soci/postgresql/soci-postgresql.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <fstream>
#include <stdexcept>

namespace postern::test {

namespace {

/// A session with the server's own database, from which others are made.
soci::session server_session(config::PostgresqlSettings server) {
    server.database = "postgres";
    return soci::session(soci::postgresql, connect_string(server));
}

config::PostgresqlSettings new_postgresql_database() {
    config::PostgresqlSettings server{.host = postgresql_socket(POSTERN_POSTGRESQL_FOLDER),
                                      .database = "t" + std::to_string(auth::random_id()),
                                      .user = "postern"};
    server_session(server) << "CREATE DATABASE " + server.database;
    return server;
}

}  // namespace

std::string name_of(Engine engine) {
    return engine == Engine::sqlite ? "Sqlite" : "PostgreSql";
}

std::string postgresql_socket(const std::string& folder) {
    std::ifstream file(folder + "/socket");
    std::string socket;
    if (!std::getline(file, socket)) {
        throw std::runtime_error(
            "no PostgreSQL for tests is running: run the tests by ctest, or start one with "
            "`scripts/lib/postgresql_for_tests start " +
            folder + "`");
    }
    return socket;
}

std::string connect_string(const config::PostgresqlSettings& server) {
    return "host=" + server.host + " user=" + server.user + " dbname=" + server.database;
}

TestDatabase::TestDatabase(Engine engine) : engine_(engine) {
    if (engine_ == Engine::sqlite) {
        settings_.sqlite = path();
    } else {
        settings_.postgresql = new_postgresql_database();
    }
}

TestDatabase::~TestDatabase() {
    if (engine_ == Engine::sqlite) return;
    try {
        server_session(*settings_.postgresql) << "DROP DATABASE " + settings_.postgresql->database + " WITH (FORCE)";
    } catch (const soci::soci_error& error) {
        ADD_FAILURE() << "the test's database stays behind: " << error.get_error_message();
    }
}

auth::StoreResult<auth::store::MigrationReport> TestDatabase::migrate(
    std::span<const auth::store::Migration> steps) const {
    return engine_ == Engine::sqlite ? auth::store::migrate_sqlite(settings_.sqlite, steps)
                                     : auth::store::migrate_postgresql(*settings_.postgresql, steps);
}

auth::StoreResult<auth::store::SchemaStatus> TestDatabase::status() const {
    return engine_ == Engine::sqlite ? auth::store::sqlite_status(settings_.sqlite)
                                     : auth::store::postgresql_status(*settings_.postgresql);
}

auth::StoreResult<std::unique_ptr<auth::Store>> TestDatabase::try_open(std::size_t sessions) const {
    if (engine_ == Engine::sqlite) return auth::store::open_sqlite({.path = settings_.sqlite, .sessions = sessions});
    return auth::store::open_postgresql({.server = *settings_.postgresql, .sessions = sessions});
}

std::unique_ptr<soci::session> TestDatabase::hand() const {
    if (engine_ == Engine::postgresql)
        return std::make_unique<soci::session>(soci::postgresql, connect_string(*settings_.postgresql));
    auto session = std::make_unique<soci::session>(soci::sqlite3, "dbname=\"" + path() + "\" timeout=5");
    *session << "PRAGMA foreign_keys = ON";
    return session;
}

TestStore::TestStore(Engine engine) : database_(engine) {
    if (const auto made = database_.migrate(); !made) throw std::runtime_error(made.error().detail);
    store_ = open();
    if (const auto adopted = auth::adopt_keys(*store_, keyring); !adopted)
        throw std::runtime_error(adopted.error().detail);
}

std::unique_ptr<auth::Store> TestStore::open(std::size_t sessions) const {
    auto opened = database_.try_open(sessions);
    if (!opened) throw std::runtime_error(opened.error().detail);
    return std::move(*opened);
}

auth::NewAccount new_account(std::string_view login,
                             const std::vector<std::string>& aliases,
                             std::vector<std::string> groups) {
    auth::NewAccount made{.id = auth::random_id(),
                          .login = name(login),
                          .display_name = "Display " + std::string(login),
                          .groups = std::move(groups),
                          .state = auth::AccountState::active};
    for (const std::string& alias : aliases) made.aliases.push_back(name(alias));
    return made;
}

auth::Identifier name(std::string_view text) {
    return auth::Identifier::parse(text).value();
}

}  // namespace postern::test
