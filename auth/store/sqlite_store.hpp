/// The embedded store: one SQLite file in WAL mode, through SOCI.
#pragma once

#include "auth/store.hpp"
#include "base/clock.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace postern::auth::store {

struct SqliteOptions {
    std::string path;
    std::size_t sessions = 4;                        ///< calls that may use the file at once; more wait
    std::chrono::milliseconds busy_timeout{5'000};   ///< how long a change waits for another program's
    std::chrono::milliseconds lease_timeout{5'000};  ///< how long a call waits for a session
};

/// Reads see the last committed state and never wait for a writer; changes come one after the other.
class SqliteStore final : public Store {
public:
    /// Opens a store whose schema is exactly the one this program knows. wrong_schema otherwise, saying what to do:
    /// nothing is created or migrated here. `clock` gives the times of changes and must outlive the store.
    [[nodiscard]] static StoreResult<std::unique_ptr<SqliteStore>> open(const SqliteOptions& options,
                                                                        const base::Clock& clock);
    ~SqliteStore() override;
    SqliteStore(const SqliteStore&) = delete;
    SqliteStore& operator=(const SqliteStore&) = delete;
    SqliteStore(SqliteStore&&) = delete;
    SqliteStore& operator=(SqliteStore&&) = delete;

    [[nodiscard]] StoreResult<LoginRecord> find_for_login(const Identifier& name) override;
    [[nodiscard]] StoreResult<Account> find(const Identifier& name) override;
    [[nodiscard]] StoreResult<std::vector<Account>> list(const AccountFilter& filter) override;
    [[nodiscard]] StoreResult<std::vector<Identifier>> taken(std::span<const Identifier> names) override;
    [[nodiscard]] StoreResult<void> add(std::span<const NewAccount> accounts) override;
    [[nodiscard]] StoreResult<void> set_password(AccountId account, const base::Secret& verifier) override;
    [[nodiscard]] StoreResult<void> replace_verifier(AccountId account,
                                                     const base::Secret& expected,
                                                     const base::Secret& fresh) override;
    [[nodiscard]] StoreResult<void> set_state(AccountId account, AccountState state) override;

private:
    struct Impl;
    explicit SqliteStore(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

}  // namespace postern::auth::store
