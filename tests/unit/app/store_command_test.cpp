#include "app/store_command.hpp"

#include "app/keys_command.hpp"
#include "tests/support/test_store.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace postern::app {
namespace {

class StoreCommand : public testing::TestWithParam<test::Engine> {
protected:
    StoreCommand() {
        settings_.store = database_.settings();
        settings_.auth.key_file = database_.folder().file("postern.keys");
    }

    using Command = int (*)(const config::Settings&, bool, std::ostream&, std::ostream&);
    std::string run(Command command, int status, bool json = false) {
        std::ostringstream out;
        EXPECT_EQ(command(settings_, json, out, out), status);
        return out.str();
    }
    std::string migrate(int status, bool json = false) { return run(store_migrate, status, json); }
    std::string status(int status, bool json = false) { return run(store_status, status, json); }
    [[nodiscard]] std::string place() const {
        if (!settings_.store.postgresql) return settings_.store.sqlite;
        return settings_.store.postgresql->database + " on " + settings_.store.postgresql->host;
    }

    test::TestDatabase database_{GetParam()};
    config::Settings settings_;
};

INSTANTIATE_TEST_SUITE_P(On, StoreCommand, test::both_engines, test::engine_name);

TEST_P(StoreCommand, CreatesTheStoreAndItsKeysOnce) {
    EXPECT_TRUE(status(1).contains("`postern store migrate`"));
    EXPECT_EQ(migrate(0), place() + " created, version 2\n" + settings_.auth.key_file +
                              " created: the store cannot be read without it. Back it up, but not beside the store\n");
    EXPECT_EQ(status(0), place() + " is ready, version 2\n");
    EXPECT_EQ(migrate(0), place() + " has version 2 already: nothing to do\n");
}

TEST_P(StoreCommand, SaysTheSameAsJson) {
    EXPECT_EQ(run(store_status, 1, true).empty(), false);
    const auto migrated = boost::json::parse(migrate(0, true));
    EXPECT_EQ(migrated.at("from"), 0);
    EXPECT_EQ(migrated.at("to"), 2);
    EXPECT_EQ(migrated.at("key_file").as_string(), settings_.auth.key_file);
    EXPECT_EQ(migrated.at("key_file_created"), true);
    EXPECT_EQ(migrated.at("sealed"), 0);
    const auto ready = boost::json::parse(status(0, true));
    EXPECT_EQ(ready.at("state"), "current");
    EXPECT_EQ(ready.at("version"), 2);
    EXPECT_EQ(ready.at("needed"), 2);
    EXPECT_EQ(ready.at("readable_by_others"), false);
}

TEST_P(StoreCommand, NeverMakesNewKeysForAStoreThatHasSome) {
    migrate(0);
    std::filesystem::remove(settings_.auth.key_file);
    EXPECT_TRUE(migrate(1).contains("restore it from a backup"));
    EXPECT_FALSE(std::filesystem::exists(settings_.auth.key_file));
    ASSERT_TRUE(auth::Keyring::create(settings_.auth.key_file));
    EXPECT_TRUE(migrate(1).contains("is not the one this store was written with"));
    EXPECT_TRUE(run(keys_status, 1).contains("is not the one this store was written with"));
    EXPECT_TRUE(run(keys_rotate, 1).contains("is not the one this store was written with"));
}

TEST_P(StoreCommand, RotatesTheKeys) {
    migrate(0);
    EXPECT_EQ(run(keys_status, 0), settings_.auth.key_file + " fits the store; its newest key is number 1\n");
    const auto keyring = auth::Keyring::load(settings_.auth.key_file);
    const auto store = auth::store::open_store(settings_.store);
    const auth::AccountWithPassword anna{test::new_account("anna"), base::Secret("$argon2id$ of thirty characters")};
    ASSERT_TRUE(auth::Accounts(**store, *keyring, base::SystemClock()).add(std::span(&anna, 1)));
    EXPECT_EQ(run(keys_rotate, 0),
              "key 2 added to " + settings_.auth.key_file + "; 1 rows sealed with it. Back the file up now\n");
    const auto after = boost::json::parse(run(keys_status, 0, true));
    EXPECT_EQ(after.at("newest"), 2);
    EXPECT_EQ(after.at("older"), 0);
    EXPECT_EQ(after.at("fits"), true);
}

class SqliteStoreCommand : public StoreCommand {};
INSTANTIATE_TEST_SUITE_P(On, SqliteStoreCommand, testing::Values(test::Engine::sqlite), test::engine_name);

TEST_P(SqliteStoreCommand, WarnsWhenOthersMayRead) {
    migrate(0);
    std::filesystem::permissions(settings_.store.sqlite, std::filesystem::perms(0644));
    EXPECT_TRUE(status(0).ends_with("with its password hashes: chmod 600 it\n"));
}

TEST_P(SqliteStoreCommand, RefusesWhatIsNoStore) {
    std::ofstream(settings_.store.sqlite) << std::string(5000, 'g');
    EXPECT_TRUE(status(1).contains("is not a database"));
    EXPECT_TRUE(migrate(1).contains("is not a database"));
    EXPECT_FALSE(std::filesystem::exists(settings_.auth.key_file));
}

}  // namespace
}  // namespace postern::app
