/// Sessions with an SQLite file. For the files of this folder only.
#pragma once

#include "auth/store/session_pool.hpp"

#include <chrono>
#include <string>

namespace postern::auth::store {

enum class FileAccess {
    read_only,
    read_write,  ///< the file must exist; SQLite would create one with permissions of its own
};

/// Whether SOCI and SQLite would both take `path` for the name of a file: not for ":memory:", a URI or more parameters.
[[nodiscard]] bool is_plain_path(const std::string& path);

/// What a primary result code of SQLite and its message mean for the operator of the store at `path`.
[[nodiscard]] StoreError error_of_sqlite(int code, const std::string& message, const std::string& path);

class SqliteConnector final : public Connector {
public:
    /// `path` must be plain; `busy_timeout` is how long a change waits for another program's.
    SqliteConnector(std::string path, FileAccess access, std::chrono::milliseconds busy_timeout);

    [[nodiscard]] Engine engine() const override { return Engine::sqlite; }
    [[nodiscard]] const std::string& place() const override { return path_; }
    void open(soci::session& session) const override;
    [[nodiscard]] int descriptor(soci::session&) const override { return -1; }
    [[nodiscard]] Trouble explain(std::exception_ptr thrown) const override;

private:
    std::string path_;
    FileAccess access_;
    std::chrono::milliseconds busy_timeout_;
};

}  // namespace postern::auth::store
