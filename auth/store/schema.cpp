#include "auth/store/schema.hpp"

#include "auth/store/sqlite_session.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace postern::auth::store {

namespace {

constexpr long long postern_application_id = 1886352244;
constexpr std::chrono::milliseconds busy_timeout{5'000};

StoreError unavailable(const std::string& path, const std::string& why) {
    return {StoreFault::unavailable, "the store " + path + ' ' + why};
}

SchemaStatus read_schema(soci::session& session, int known) {
    SchemaStatus status{.state = SchemaState::empty, .found = 0, .known = known, .readable_by_others = false};
    const bool has_tables = number_of(session, "SELECT count(*) FROM sqlite_schema") != 0;
    const bool is_ours = number_of(session, "PRAGMA application_id") == postern_application_id;
    if (!has_tables) return status;
    if (!is_ours) {
        status.state = SchemaState::foreign;
        return status;
    }
    status.found = static_cast<int>(number_of(session, "PRAGMA user_version"));
    status.state = status.found < known   ? SchemaState::older
                   : status.found > known ? SchemaState::newer
                                          : SchemaState::current;
    return status;
}

/// Only the owner may read what holds verifiers. SQLite gives its -wal and -shm files the mode of this one.
StoreResult<void> create_file(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
    // EEXIST: somebody else was faster with the same idea. Or a link to nothing, behind which SQLite would create a
    // file with whatever mode the umask gives.
    struct stat file{};
    if (descriptor < 0 && errno == EEXIST && ::stat(path.c_str(), &file) == 0) return {};
    if (descriptor < 0)
        return std::unexpected(unavailable(path, std::string("cannot be created: ") + std::strerror(errno)));
    ::close(descriptor);
    return {};
}

void apply(soci::session& session, const Migration& migration) {
    for (const std::string_view statement : migration.statements) session << std::string(statement);
    session << "PRAGMA user_version = " + std::to_string(migration.version);
}

StoreResult<MigrationReport> migrate_session(soci::session& session,
                                             const std::string& path,
                                             std::span<const Migration> migrations) {
    const int target = migrations.back().version;
    // Stays in the file, so it is said once. It cannot be said inside a transaction.
    std::string mode;
    if (read_schema(session, target).state == SchemaState::empty)
        session << "PRAGMA journal_mode = WAL", soci::into(mode);
    WriteTransaction transaction(session);
    const SchemaStatus before = read_schema(session, target);
    const bool is_mine_to_change = before.state != SchemaState::foreign && before.state != SchemaState::newer;
    if (auto objection = objection_to(before, path); objection && !is_mine_to_change) {
        return std::unexpected(std::move(*objection));
    }
    for (const Migration& migration : migrations) {
        if (migration.version > before.found) apply(session, migration);
    }
    transaction.commit();
    return MigrationReport{.created = false, .from = before.found, .to = target};
}

}  // namespace

StoreResult<SchemaStatus> sqlite_status(const std::string& path) {
    if (!is_plain_path(path)) return std::unexpected(unavailable(path, "has a path that SQLite would misread"));
    struct stat file{};
    if (::stat(path.c_str(), &file) != 0) {
        if (errno == ENOENT) return SchemaStatus{.known = schema_version()};
        return std::unexpected(unavailable(path, std::string("cannot be examined: ") + std::strerror(errno)));
    }
    if (!S_ISREG(file.st_mode)) return std::unexpected(unavailable(path, "is not a regular file"));
    try {
        soci::session session;
        open_session(session, path, Access::read_only, busy_timeout);
        SchemaStatus status = read_schema(session, schema_version());
        status.readable_by_others = (file.st_mode & 077U) != 0;
        return status;
    } catch (...) {
        return std::unexpected(store_error(std::current_exception(), path));
    }
}

std::optional<StoreError> objection_to(const SchemaStatus& status, const std::string& path) {
    const auto wrong = [&path](const std::string& why) {
        return StoreError{StoreFault::wrong_schema, "the store " + path + ' ' + why};
    };
    const std::string versions = "has version " + std::to_string(status.found) + ", this program needs version " +
                                 std::to_string(status.known) + ": ";
    switch (status.state) {
        case SchemaState::missing:
            return wrong("does not exist: create it with `postern store migrate`");
        case SchemaState::empty:
            return wrong("is empty: set it up with `postern store migrate`");
        case SchemaState::foreign:
            return wrong("is a database of another program: check the path in store.sqlite");
        case SchemaState::older:
            return wrong(versions + "stop postern, back the file up, run `postern store migrate`");
        case SchemaState::newer:
            return wrong(versions + "`postern store migrate` of a newer postern has changed it; run that one");
        case SchemaState::current:
            return std::nullopt;
    }
    return std::nullopt;
}

StoreResult<MigrationReport> migrate_sqlite(const std::string& path, std::span<const Migration> migrations) {
    const auto status = sqlite_status(path);
    if (!status) return std::unexpected(status.error());
    const bool is_missing = status->state == SchemaState::missing;
    if (is_missing) {
        if (auto created = create_file(path); !created) return std::unexpected(created.error());
    }
    // An empty file that somebody made with his umask: nobody needs it open to all yet.
    if (status->state == SchemaState::empty && ::chmod(path.c_str(), 0600) != 0)
        return std::unexpected(unavailable(path, std::string("cannot be closed to others: ") + std::strerror(errno)));
    try {
        soci::session session;
        open_session(session, path, Access::read_write, busy_timeout);
        auto report = migrate_session(session, path, migrations);
        if (report) report->created = is_missing;
        return report;
    } catch (...) {
        return std::unexpected(store_error(std::current_exception(), path));
    }
}

}  // namespace postern::auth::store
