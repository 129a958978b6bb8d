#include "tests/support/test_store.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <fstream>

#include <sys/stat.h>

namespace postern::auth::store {
namespace {

/// SQLite's part; what both databases share is in migration_test.cpp.
class SchemaTest : public testing::Test {
protected:
    [[nodiscard]] std::string path() const { return path_.string(); }
    void migrate() {
        const auto report = migrate_sqlite(path());
        ASSERT_TRUE(report) << report.error().detail;
    }
    std::unique_ptr<Store> open_store() {
        auto opened = open_sqlite({.path = path()});
        EXPECT_TRUE(opened) << opened.error().detail;
        return opened ? std::move(*opened) : nullptr;
    }
    static void add(Store& store, std::string_view login) {
        const NewAccount account = test::new_account(login);
        const auto added = store.change([&](Transaction& t) { return t.accounts().add(account, Time{}); });
        ASSERT_TRUE(added && !*added);
    }
    static bool is_there(Store& store, std::string_view login) {
        return *store.read([&](Transaction& t) { return t.accounts().find(test::name(login)).has_value(); });
    }
    soci::session foreign_session() { return soci::session(soci::sqlite3, "dbname=\"" + path() + "\" timeout=5"); }

    /// Why a store cannot be opened there.
    StoreError objection() {
        const auto opened = open_sqlite({.path = path()});
        EXPECT_FALSE(opened);
        return opened ? StoreError{} : opened.error();
    }
    std::string bytes() const {
        std::ifstream file(path(), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    static unsigned mode_of(const std::string& path) {
        struct stat file{};
        EXPECT_EQ(::stat(path.c_str(), &file), 0) << path;
        return file.st_mode & 0777U;
    }

    test::TemporaryFolder temporary_;
    std::filesystem::path folder_ = temporary_.file(".");
    std::filesystem::path path_ = temporary_.file("postern.db");
};

TEST_F(SchemaTest, IsMadeFromNothing) {
    const auto report = migrate_sqlite(path());
    ASSERT_TRUE(report) << report.error().detail;
    EXPECT_TRUE(report->created);
    EXPECT_EQ(report->from, 0);
    EXPECT_EQ(report->to, schema_version());
    EXPECT_EQ(sqlite_status(path())->state, SchemaState::current);
    EXPECT_TRUE(open_store());
}

TEST_F(SchemaTest, LetsOnlyTheOwnerRead) {
    const auto old_mask = ::umask(0);
    migrate();
    const auto store = open_store();
    add(*store, "anna");
    ::umask(old_mask);
    EXPECT_EQ(mode_of(path()), 0600U);
    EXPECT_EQ(mode_of(path() + "-wal"), 0600U);
    EXPECT_FALSE(sqlite_status(path())->readable_by_others);
    ASSERT_EQ(::chmod(path().c_str(), 0640), 0);
    EXPECT_TRUE(sqlite_status(path())->readable_by_others);
}

TEST_F(SchemaTest, IsLeftAsItIsWhenCurrent) {
    migrate();
    {
        add(*open_store(), "anna");
    }
    const auto again = migrate_sqlite(path());
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_FALSE(again->created);
    EXPECT_EQ(again->from, again->to);
    EXPECT_TRUE(is_there(*open_store(), "anna"));
}

TEST_F(SchemaTest, IsMadeInAnEmptyFile) {
    std::ofstream(path()).close();
    EXPECT_EQ(sqlite_status(path())->state, SchemaState::empty);
    EXPECT_EQ(objection().fault, StoreFault::wrong_schema);
    migrate();
    EXPECT_TRUE(open_store());
}

TEST_F(SchemaTest, UsesWriteAheadLogging) {
    migrate();
    std::string mode;
    foreign_session() << "PRAGMA journal_mode", soci::into(mode);
    EXPECT_EQ(mode, "wal");
}

TEST_F(SchemaTest, MissingIsSaidWithWhatToDo) {
    const auto error = objection();
    EXPECT_EQ(error.fault, StoreFault::wrong_schema);
    EXPECT_EQ(error.detail, "the store " + path() + " does not exist: create it with `postern store migrate`");
    EXPECT_FALSE(std::filesystem::exists(path())) << "opening must not create";
}

TEST_F(SchemaTest, OlderIsRefusedWithWhatToDo) {
    migrate();
    foreign_session() << "PRAGMA user_version = 1";
    EXPECT_EQ(sqlite_status(path())->state, SchemaState::older);
    const auto error = objection();
    EXPECT_EQ(error.fault, StoreFault::wrong_schema);
    EXPECT_TRUE(error.detail.contains("run `postern store migrate`")) << error.detail;
}

TEST_F(SchemaTest, NewerIsRefusedAndNeverMigrated) {
    migrate();
    foreign_session() << "PRAGMA user_version = 9999";
    EXPECT_EQ(sqlite_status(path())->state, SchemaState::newer);
    EXPECT_TRUE(objection().detail.contains("newer postern")) << objection().detail;
    EXPECT_EQ(migrate_sqlite(path()).error().fault, StoreFault::wrong_schema);
    EXPECT_EQ(sqlite_status(path())->found, 9999);
}

TEST_F(SchemaTest, OfAnotherProgramIsRefusedAndNotTouched) {
    foreign_session() << "CREATE TABLE account (id INTEGER)";
    const std::string before = bytes();
    EXPECT_EQ(sqlite_status(path())->state, SchemaState::foreign);
    EXPECT_TRUE(objection().detail.contains("another program")) << objection().detail;
    EXPECT_EQ(migrate_sqlite(path()).error().fault, StoreFault::wrong_schema);
    EXPECT_EQ(bytes(), before);
}

TEST_F(SchemaTest, StepsAreNumberedWithoutGaps) {
    int wanted = 1;
    for (const Migration& migration : migrations()) EXPECT_EQ(migration.version, wanted++);
    EXPECT_EQ(schema_version(), wanted - 1);
}

struct PathCase {
    std::string name;
    std::string path;
};
class MisleadingPath : public testing::TestWithParam<PathCase> {};

TEST_P(MisleadingPath, IsRefusedInsteadOfMisread) {
    EXPECT_EQ(sqlite_status(GetParam().path).error().fault, StoreFault::unavailable);
    EXPECT_FALSE(migrate_sqlite(GetParam().path));
    EXPECT_FALSE(std::filesystem::exists(GetParam().path));
}

INSTANTIATE_TEST_SUITE_P(Store,
                         MisleadingPath,
                         testing::ValuesIn(std::vector<PathCase>{
                             {"Memory", ":memory:"},
                             {"Uri", "file:x.db?mode=memory"},
                             {"MoreParameters", "x.db\" readonly=true \""},
                             {"Empty", ""},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST_F(SchemaTest, FindsPathsWithSpacesAndEqualSigns) {
    path_ = folder_ / "mail store = new  one.db";
    migrate();
    EXPECT_TRUE(std::filesystem::exists(path_));
    EXPECT_TRUE(open_store());
}

}  // namespace
}  // namespace postern::auth::store
