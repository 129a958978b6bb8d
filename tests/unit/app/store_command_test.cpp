#include "app/store_command.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace postern::app {
namespace {

class StoreCommand : public testing::Test {
protected:
    StoreCommand() {
        std::string pattern = (std::filesystem::temp_directory_path() / "postern-app-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        settings_.sqlite = (folder_ / "postern.db").string();
    }
    ~StoreCommand() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    StoreCommand(const StoreCommand&) = delete;
    StoreCommand& operator=(const StoreCommand&) = delete;

    std::string migrate(int status, bool json = false) {
        std::ostringstream out;
        EXPECT_EQ(store_migrate(settings_, json, out, out), status);
        return out.str();
    }
    std::string status(int status, bool json = false) {
        std::ostringstream out;
        EXPECT_EQ(store_status(settings_, json, out, out), status);
        return out.str();
    }

    std::filesystem::path folder_;
    config::StoreSettings settings_;
};

TEST_F(StoreCommand, CreatesTheStoreOnce) {
    EXPECT_EQ(status(1), "the store " + settings_.sqlite + " does not exist: create it with `postern store migrate`\n");
    EXPECT_EQ(migrate(0), settings_.sqlite + " created, version 1\n");
    EXPECT_EQ(status(0), settings_.sqlite + " is ready, version 1\n");
    EXPECT_EQ(migrate(0), settings_.sqlite + " has version 1 already: nothing to do\n");
}

TEST_F(StoreCommand, SaysTheSameAsJson) {
    EXPECT_EQ(boost::json::parse(status(1, true)).at("state"), "missing");
    const auto migrated = boost::json::parse(migrate(0, true));
    EXPECT_EQ(migrated.at("created"), true);
    EXPECT_EQ(migrated.at("from"), 0);
    EXPECT_EQ(migrated.at("to"), 1);
    const auto ready = boost::json::parse(status(0, true));
    EXPECT_EQ(ready.at("state"), "current");
    EXPECT_EQ(ready.at("version"), 1);
    EXPECT_EQ(ready.at("needed"), 1);
    EXPECT_EQ(ready.at("readable_by_others"), false);
}

TEST_F(StoreCommand, WarnsWhenOthersMayRead) {
    migrate(0);
    std::filesystem::permissions(settings_.sqlite, std::filesystem::perms(0644));
    EXPECT_TRUE(status(0).ends_with("with its password hashes: chmod 600 it\n"));
}

TEST_F(StoreCommand, RefusesWhatIsNoStore) {
    std::ofstream(settings_.sqlite) << std::string(5000, 'g');
    EXPECT_TRUE(status(1).contains("is not a database"));
    EXPECT_TRUE(migrate(1).contains("is not a database"));
}

}  // namespace
}  // namespace postern::app
