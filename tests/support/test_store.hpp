/// A real store of the test's own, with keys and a clock, on either database.
#pragma once

#include "auth/accounts.hpp"
#include "auth/keyring.hpp"
#include "auth/random_code.hpp"
#include "auth/sealing.hpp"
#include "auth/store/database.hpp"
#include "auth/store/schema.hpp"
#include "auth/store/sql_store.hpp"
#include "tests/support/held_clock.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <soci/soci.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace postern::test {

using auth::store::Engine;

/// For the names of parametrised tests: "Sqlite" or "PostgreSql".
[[nodiscard]] std::string name_of(Engine engine);
inline const auto engine_name = [](const auto& test) { return name_of(test.param); };
inline const auto both_engines = testing::Values(Engine::sqlite, Engine::postgresql);

/// The folder of the socket of the server that scripts/lib/postgresql_for_tests has started for `folder`. Throws
/// std::runtime_error, saying what to do, when there is none.
[[nodiscard]] std::string postgresql_socket(const std::string& folder);
/// For libpq.
[[nodiscard]] std::string connect_string(const config::PostgresqlSettings& server);

/// A database with nothing in it that goes away with the object: an SQLite file that does not exist yet, or a database
/// of the PostgreSQL that ctest has started. Throws std::runtime_error, saying what to do, when there is none.
class TestDatabase {
public:
    explicit TestDatabase(Engine engine = Engine::sqlite);
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;
    TestDatabase(TestDatabase&&) = delete;
    TestDatabase& operator=(TestDatabase&&) = delete;
    ~TestDatabase();

    [[nodiscard]] Engine engine() const noexcept { return engine_; }
    [[nodiscard]] const config::StoreSettings& settings() const noexcept { return settings_; }
    [[nodiscard]] const TemporaryFolder& folder() const noexcept { return folder_; }
    [[nodiscard]] std::string path() const { return folder_.file("postern.db"); }

    auth::StoreResult<auth::store::MigrationReport> migrate(
        std::span<const auth::store::Migration> steps = auth::store::migrations()) const;
    [[nodiscard]] auth::StoreResult<auth::store::SchemaStatus> status() const;
    [[nodiscard]] auth::StoreResult<std::unique_ptr<auth::Store>> try_open(std::size_t sessions = 4) const;
    /// Another program's hand in the database: SQL past every check of postern.
    [[nodiscard]] std::unique_ptr<soci::session> hand() const;

private:
    Engine engine_;
    TemporaryFolder folder_;
    config::StoreSettings settings_;
};

/// The same, migrated and open.
class TestStore {
public:
    explicit TestStore(Engine engine = Engine::sqlite);

    [[nodiscard]] auth::Store& store() { return *store_; }
    [[nodiscard]] const TestDatabase& database() const noexcept { return database_; }
    [[nodiscard]] const TemporaryFolder& folder() const noexcept { return database_.folder(); }
    [[nodiscard]] std::string path() const { return database_.path(); }
    /// A second program's view of the same store.
    [[nodiscard]] std::unique_ptr<auth::Store> open(std::size_t sessions = 4) const;
    [[nodiscard]] auth::Accounts accounts() { return {*store_, keyring, clock}; }

    HeldClock clock;
    auth::Keyring keyring = auth::Keyring::ephemeral();

private:
    TestDatabase database_;
    std::unique_ptr<auth::Store> store_;
};

/// An active account with these names; `groups` are given by hand.
[[nodiscard]] auth::NewAccount new_account(std::string_view login,
                                           const std::vector<std::string>& aliases = {},
                                           std::vector<std::string> groups = {});

[[nodiscard]] auth::Identifier name(std::string_view text);

}  // namespace postern::test
