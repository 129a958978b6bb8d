/// The two real stores: an embedded SQLite file, and a PostgreSQL server that several postern processes share. One
/// schema, one set of statements.
#pragma once

#include "auth/store.hpp"
#include "config/settings.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace postern::auth::store {

struct SqliteOptions {
    std::string path;
    std::size_t sessions = 4;                        ///< calls that may use the file at once; more wait
    std::chrono::milliseconds busy_timeout{5'000};   ///< how long a change waits for another program's
    std::chrono::milliseconds lease_timeout{5'000};  ///< how long a call waits for a session, and a change for others
};

struct PostgresqlOptions {
    config::PostgresqlSettings server;
    std::size_t sessions = 4;
    std::chrono::milliseconds lease_timeout{5'000};
    std::chrono::milliseconds answer_timeout{8'000};  ///< of one statement; longer than the server's own timeouts
};

/// Opens a store whose schema is exactly the one this program knows. wrong_schema otherwise, saying what to do: nothing
/// is created or migrated here. SQLite: reads see the last committed state and never wait for a writer; changes come
/// one after the other, and wait without a session. PostgreSQL: READ COMMITTED for changes, so what must hold is said
/// in single statements.
[[nodiscard]] StoreResult<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options);
[[nodiscard]] StoreResult<std::unique_ptr<Store>> open_postgresql(const PostgresqlOptions& options);
/// Whichever the settings name.
[[nodiscard]] StoreResult<std::unique_ptr<Store>> open_store(const config::StoreSettings& settings);

}  // namespace postern::auth::store
