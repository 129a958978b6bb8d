#include "auth/store/schema.hpp"

#include "auth/store/postgresql_connector.hpp"
#include "auth/store/session_pool.hpp"
#include "auth/store/sqlite_connector.hpp"

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

SchemaState state_of(int found, int known) {
    if (found == known) return SchemaState::current;
    return found < known ? SchemaState::older : SchemaState::newer;
}

SchemaStatus read_sqlite_schema(soci::session& session, int known) {
    SchemaStatus status{.state = SchemaState::empty, .found = 0, .known = known, .readable_by_others = false};
    const bool has_tables = number_of(session, "SELECT count(*) FROM sqlite_schema") != 0;
    const bool is_ours = number_of(session, "PRAGMA application_id") == postern_application_id;
    if (!has_tables) return status;
    if (!is_ours) {
        status.state = SchemaState::foreign;
        return status;
    }
    status.found = static_cast<int>(number_of(session, "PRAGMA user_version"));
    status.state = state_of(status.found, known);
    return status;
}

SchemaStatus read_postgresql_schema(soci::session& session, int known) {
    SchemaStatus status{.state = SchemaState::empty, .found = 0, .known = known, .readable_by_others = false};
    const std::string tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()";
    if (number_of(session, tables) == 0) return status;
    status.state = SchemaState::foreign;
    if (number_of(session, tables + " AND table_name IN ('fact', 'journal_head', 'account')") != 3) return status;
    std::string version;
    session << "SELECT value FROM fact WHERE name = 'schema_version'", soci::into(version);
    if (!session.got_data() || version.empty() || version.size() > 6) return status;
    status.found = std::stoi(version);
    status.state = state_of(status.found, known);
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

void apply(soci::session& session, Engine engine, const Migration& migration) {
    for (const std::string_view statement : migration.statements) {
        if (const std::string text = statement_for(engine, statement); !text.empty()) session << text;
    }
    const std::string version = std::to_string(migration.version);
    if (engine == Engine::sqlite) {
        session << "PRAGMA user_version = " + version;
    } else if (migration.version > 1) {
        session << "INSERT INTO fact (name, value) VALUES ('schema_version', '" + version +
                       "') ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    }
}

/// Inside a transaction that nobody else can have at once.
StoreResult<MigrationReport> apply_missing(soci::session& session,
                                           Engine engine,
                                           const std::string& place,
                                           const SchemaStatus& before,
                                           std::span<const Migration> steps) {
    const bool is_mine_to_change = before.state != SchemaState::foreign && before.state != SchemaState::newer;
    if (auto objection = objection_to(before, place); objection && !is_mine_to_change) {
        return std::unexpected(std::move(*objection));
    }
    for (const Migration& step : steps) {
        if (step.version > before.found) apply(session, engine, step);
    }
    return MigrationReport{.created = false, .from = before.found, .to = steps.back().version};
}

StoreResult<MigrationReport> migrate_session(soci::session& session,
                                             const std::string& path,
                                             std::span<const Migration> steps) {
    const int target = steps.back().version;
    // Stays in the file, so it is said once. It cannot be said inside a transaction.
    std::string mode;
    if (read_sqlite_schema(session, target).state == SchemaState::empty)
        session << "PRAGMA journal_mode = WAL", soci::into(mode);
    Statements statements(session, Engine::sqlite);
    OpenTransaction transaction(statements, "BEGIN IMMEDIATE");
    auto report = apply_missing(session, Engine::sqlite, path, read_sqlite_schema(session, target), steps);
    if (report) transaction.commit();
    return report;
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
    const SqliteConnector connector(path, FileAccess::read_only, busy_timeout);
    try {
        soci::session session;
        connector.open(session);
        SchemaStatus status = read_sqlite_schema(session, schema_version());
        status.readable_by_others = (file.st_mode & 077U) != 0;
        return status;
    } catch (...) {
        return std::unexpected(connector.explain(std::current_exception()).error);
    }
}

StoreResult<SchemaStatus> postgresql_status(const config::PostgresqlSettings& server) {
    const PostgresqlConnector connector(server);
    try {
        soci::session session;
        connector.open(session);
        return read_postgresql_schema(session, schema_version());
    } catch (...) {
        return std::unexpected(connector.explain(std::current_exception()).error);
    }
}

std::optional<StoreError> objection_to(const SchemaStatus& status, const std::string& place) {
    const auto wrong = [&place](const std::string& why) {
        return StoreError{StoreFault::wrong_schema, "the store " + place + ' ' + why};
    };
    const std::string versions = "has version " + std::to_string(status.found) + ", this program needs version " +
                                 std::to_string(status.known) + ": ";
    switch (status.state) {
        case SchemaState::missing:
            return wrong("does not exist: create it with `postern store migrate`");
        case SchemaState::empty:
            return wrong("is empty: set it up with `postern store migrate`");
        case SchemaState::foreign:
            return wrong("is a database of another program: check the section `store` of the configuration");
        case SchemaState::older:
            return wrong(versions + "stop postern, back it up, run `postern store migrate`");
        case SchemaState::newer:
            return wrong(versions + "`postern store migrate` of a newer postern has changed it; run that one");
        case SchemaState::current:
            return std::nullopt;
    }
    return std::nullopt;
}

StoreResult<MigrationReport> migrate_sqlite(const std::string& path, std::span<const Migration> steps) {
    const auto status = sqlite_status(path);
    if (!status) return std::unexpected(status.error());
    const bool is_missing = status->state == SchemaState::missing;
    if (is_missing) {
        if (auto created = create_file(path); !created) return std::unexpected(created.error());
    }
    // An empty file that somebody made with his umask: nobody needs it open to all yet.
    if (status->state == SchemaState::empty && ::chmod(path.c_str(), 0600) != 0)
        return std::unexpected(unavailable(path, std::string("cannot be closed to others: ") + std::strerror(errno)));
    const SqliteConnector connector(path, FileAccess::read_write, busy_timeout);
    try {
        soci::session session;
        connector.open(session);
        auto report = migrate_session(session, path, steps);
        if (report) report->created = is_missing;
        return report;
    } catch (...) {
        return std::unexpected(connector.explain(std::current_exception()).error);
    }
}

StoreResult<MigrationReport> migrate_postgresql(const config::PostgresqlSettings& server,
                                                std::span<const Migration> steps) {
    const PostgresqlConnector connector(server);
    try {
        soci::session session;
        connector.open(session);
        Statements statements(session, Engine::postgresql);
        OpenTransaction transaction(statements, "BEGIN");
        session << "SELECT pg_advisory_xact_lock(" + std::to_string(postern_application_id) + ")";
        auto report = apply_missing(session, Engine::postgresql, connector.place(),
                                    read_postgresql_schema(session, steps.back().version), steps);
        if (report) transaction.commit();
        return report;
    } catch (...) {
        return std::unexpected(connector.explain(std::current_exception()).error);
    }
}

}  // namespace postern::auth::store
