/// Which schema an SQLite file has, and how it gets the one this program needs. Nothing here runs while serving: a
/// store of another version is refused there, and only `postern store migrate` changes it.
#pragma once

#include "auth/store.hpp"
#include "auth/store/migrations.hpp"

#include <span>
#include <string>

namespace postern::auth::store {

enum class SchemaState {
    missing,  ///< no such file
    empty,    ///< a file without any table
    foreign,  ///< a database, but not postern's
    older,
    current,
    newer,  ///< written by a later postern
};

struct SchemaStatus {
    SchemaState state = SchemaState::missing;
    int found = 0;                    ///< version of the file; 0 when it has none
    int known = 0;                    ///< version this program works with
    bool readable_by_others = false;  ///< mode gives rights to the group or to others
};

/// Looks without changing anything. An error when the path cannot be examined (not a file, damaged, locked ...).
[[nodiscard]] StoreResult<SchemaStatus> sqlite_status(const std::string& path);

/// nullopt when a store of this status can be worked with; otherwise wrong_schema and what to do about it.
[[nodiscard]] std::optional<StoreError> objection_to(const SchemaStatus& status, const std::string& path);

struct MigrationReport {
    bool created = false;  ///< the file did not exist
    int from = 0;
    int to = 0;
};

/// Brings the store at `path` to the last version of `migrations`, in one transaction; creates the file (mode 0600)
/// when there is none. A current store is left as it is. Refuses foreign and newer files. On an error nothing has
/// changed, but for an empty file that may have been created.
[[nodiscard]] StoreResult<MigrationReport> migrate_sqlite(const std::string& path,
                                                          std::span<const Migration> migrations = sqlite_migrations());

}  // namespace postern::auth::store
