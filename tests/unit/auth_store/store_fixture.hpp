/// A store in a folder of its own that goes away with the test.
#pragma once

#include "auth/store/schema.hpp"
#include "auth/store/sqlite_store.hpp"
#include "base/clock.hpp"

#include <gtest/gtest.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace postern::auth::store {

class HeldClock final : public base::Clock {
public:
    [[nodiscard]] std::chrono::sys_seconds now() const override {
        return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
    }
    std::atomic<long long> seconds = 1'800'000'000;
};

/// "$argon2id$...", good for storing and nothing else. `letter` A to Z tells one from another.
inline base::Secret verifier(char letter = 'A') {
    return base::Secret("$argon2id$v=19$m=8192,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + std::string(42, letter) + "A");
}

inline Identifier name(std::string_view text) {
    return *Identifier::parse(text);
}

inline NewAccount new_account(std::string_view login,
                              const std::vector<std::string>& aliases = {},
                              std::vector<std::string> groups = {}) {
    NewAccount made{name(login),          {},        "Display " + std::string(login), std::move(groups),
                    AccountState::active, verifier()};
    for (const std::string& alias : aliases) made.aliases.push_back(name(alias));
    return made;
}

class StoreFixture : public testing::Test {
protected:
    StoreFixture() {
        std::string pattern = (std::filesystem::temp_directory_path() / "postern-store-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        path_ = folder_ / "postern.db";
    }
    ~StoreFixture() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    StoreFixture(const StoreFixture&) = delete;
    StoreFixture& operator=(const StoreFixture&) = delete;

    [[nodiscard]] std::string path() const { return path_.string(); }

    void migrate() {
        const auto report = migrate_sqlite(path());
        ASSERT_TRUE(report) << report.error().detail;
    }
    std::unique_ptr<SqliteStore> open_store(SqliteOptions options = {}) {
        options.path = path();
        auto opened = SqliteStore::open(options, clock_);
        EXPECT_TRUE(opened) << opened.error().detail;
        return opened ? std::move(*opened) : nullptr;
    }
    /// Another program's hand in the file: SQL past every check of postern.
    soci::session foreign_session() { return soci::session(soci::sqlite3, "dbname=\"" + path() + "\" timeout=5"); }

    static void add(Store& store, NewAccount account) {
        std::vector<NewAccount> accounts;
        accounts.push_back(std::move(account));
        const auto added = store.add(accounts);
        ASSERT_TRUE(added) << added.error().detail;
    }

    std::filesystem::path folder_;
    std::filesystem::path path_;
    HeldClock clock_;
};

}  // namespace postern::auth::store
