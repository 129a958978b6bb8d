/// Which schema a database has, and how it gets the one this program needs. Nothing here runs while serving: a store of
/// another version is refused there, and only `postern store migrate` changes it.
#pragma once

#include "auth/store.hpp"
#include "auth/store/migrations.hpp"
#include "config/settings.hpp"

#include <optional>
#include <span>
#include <string>

namespace postern::auth::store {

enum class SchemaState {
    missing,  ///< no such file
    empty,    ///< a database without any table
    foreign,  ///< a database, but not postern's
    older,
    current,
    newer,  ///< written by a later postern
};

struct SchemaStatus {
    SchemaState state = SchemaState::missing;
    int found = 0;                    ///< version of the database; 0 when it has none
    int known = 0;                    ///< version this program works with
    bool readable_by_others = false;  ///< SQLite: mode gives rights to the group or to others
};

/// Looks without changing anything. An error when the database cannot be examined (not a file, down, damaged ...).
[[nodiscard]] StoreResult<SchemaStatus> sqlite_status(const std::string& path);
[[nodiscard]] StoreResult<SchemaStatus> postgresql_status(const config::PostgresqlSettings& server);

/// nullopt when a store of this status can be worked with; otherwise wrong_schema and what to do about it.
[[nodiscard]] std::optional<StoreError> objection_to(const SchemaStatus& status, const std::string& place);

struct MigrationReport {
    bool created = false;  ///< the file did not exist
    int from = 0;
    int to = 0;
};

/// Brings the store to the last version of `steps`, in one transaction. A current store is left as it is. Refuses
/// foreign and newer ones. SQLite: creates the file (mode 0600) when there is none. On an error nothing has changed,
/// but for an empty file that may have been created.
[[nodiscard]] StoreResult<MigrationReport> migrate_sqlite(const std::string& path,
                                                          std::span<const Migration> steps = migrations());
/// The same in the current schema of an existing database. Several may try at once: they wait for each other.
[[nodiscard]] StoreResult<MigrationReport> migrate_postgresql(const config::PostgresqlSettings& server,
                                                              std::span<const Migration> steps = migrations());

}  // namespace postern::auth::store
