/// A PostgreSQL that belongs to one test, which may stop it; and the log of the one that all tests share.
#pragma once

#include "config/settings.hpp"
#include "tests/support/temporary_folder.hpp"

#include <string>

namespace postern::test {

/// Takes some seconds to make: for tests of what breaks only. Throws std::runtime_error when it cannot be started.
class PrivatePostgresql {
public:
    PrivatePostgresql();
    PrivatePostgresql(const PrivatePostgresql&) = delete;
    PrivatePostgresql& operator=(const PrivatePostgresql&) = delete;
    PrivatePostgresql(PrivatePostgresql&&) = delete;
    PrivatePostgresql& operator=(PrivatePostgresql&&) = delete;
    ~PrivatePostgresql();

    /// As its superuser, with an empty database.
    [[nodiscard]] const config::PostgresqlSettings& settings() const noexcept { return settings_; }
    void execute(const std::string& statement) const;
    /// From now on nobody enters without a password.
    void ask_for_passwords() const;
    /// Cuts all sessions.
    void stop() const;
    void start() const;

private:
    void run(const std::string& verb) const;

    TemporaryFolder folder_;
    config::PostgresqlSettings settings_;
};

/// What the server that ctest has started has logged.
[[nodiscard]] std::string shared_postgresql_log();

}  // namespace postern::test
