#include "auth/store/sqlite_connector.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <cassert>

namespace postern::auth::store {

namespace {

/// What SQLite said, without the name of the function of SOCI that heard it.
std::string message_of(const soci::soci_error& error) {
    const std::string message = error.get_error_message();
    const auto end = message.find(": ");
    return message.starts_with("sqlite3_") && end != std::string::npos ? message.substr(end + 2) : message;
}

}  // namespace

bool is_plain_path(const std::string& path) {
    return !path.empty() && !path.contains('"') && !path.contains('\0') && !path.starts_with(':') &&
           !path.starts_with("file:");
}

StoreError error_of_sqlite(int code, const std::string& message, const std::string& path) {
    const auto unavailable = [&path](const std::string& why) {
        return StoreError{StoreFault::unavailable, "the store " + path + ' ' + why};
    };
    switch (code) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return unavailable("is locked by another program: try again when that has finished");
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return unavailable("cannot be written: check the owner and mode of the file and its folder");
        case SQLITE_CANTOPEN:
            return unavailable("cannot be opened: check that it exists and its owner and mode");
        case SQLITE_FULL:
            return unavailable("is on a full disk: make room there");
        case SQLITE_IOERR:
            return unavailable("cannot be read or written (" + message + "): check its disk");
        case SQLITE_NOTADB:
            return unavailable("is not a database: check the path in store.sqlite");
        case SQLITE_CORRUPT:
            return unavailable("is damaged: stop postern and restore the file from a backup");
        case SQLITE_CONSTRAINT:
            return {StoreFault::refused, "a rule of the store forbids it: " + message};
        default:
            return unavailable("failed: " + message);
    }
}

SqliteConnector::SqliteConnector(std::string path, FileAccess access, std::chrono::milliseconds busy_timeout)
    : path_(std::move(path)), access_(access), busy_timeout_(busy_timeout) {
    assert(is_plain_path(path_));
}

void SqliteConnector::open(soci::session& session) const {
    // SOCI's own syntax for what to open; it knows no way to escape a quote.
    session.open(soci::sqlite3, "dbname=\"" + path_ + '"' + (access_ == FileAccess::read_only ? " readonly=true" : ""));
    session << "PRAGMA busy_timeout = " + std::to_string(busy_timeout_.count());
    session << "PRAGMA foreign_keys = ON";
    session << "PRAGMA synchronous = FULL";
    // Old verifiers must not linger in free pages of the file.
    session << "PRAGMA secure_delete = ON";
    // A damaged or forged schema must not run code of its own.
    session << "PRAGMA trusted_schema = OFF";
}

Trouble SqliteConnector::explain(std::exception_ptr thrown) const {
    try {
        std::rethrow_exception(std::move(thrown));
    } catch (const soci::sqlite3_soci_error& error) {
        return {.error = error_of_sqlite(error.result(), message_of(error), path_)};
    } catch (const soci::soci_error& error) {
        return {.error = {StoreFault::unavailable, "the store " + path_ + " failed: " + message_of(error)}};
    } catch (const std::exception& error) {
        return {.error = {StoreFault::unavailable, "the store " + path_ + " failed: " + error.what()}};
    }
}

}  // namespace postern::auth::store
