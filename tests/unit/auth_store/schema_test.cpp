#include "tests/unit/auth_store/store_fixture.hpp"

#include <fstream>

#include <sys/stat.h>

namespace postern::auth::store {
namespace {

class SchemaTest : public StoreFixture {
protected:
    /// Why a store cannot be opened there.
    StoreError objection() {
        const auto opened = SqliteStore::open({.path = path()}, clock_);
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
    add(*store, new_account("anna"));
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
        add(*open_store(), new_account("anna"));
    }
    const auto again = migrate_sqlite(path());
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_FALSE(again->created);
    EXPECT_EQ(again->from, again->to);
    EXPECT_TRUE(open_store()->find(name("anna")));
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
    foreign_session() << "PRAGMA user_version = 0";
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

constexpr std::array<std::string_view, 1> second_step = {"ALTER TABLE account ADD COLUMN colour TEXT"};
constexpr std::array<std::string_view, 2> broken_step = {"CREATE TABLE half (x INTEGER)",
                                                         "CREATE TABLE nonsense nonsense"};

TEST_F(SchemaTest, GoesFromAnyOlderVersionToTheLast) {
    migrate();
    {
        add(*open_store(), new_account("anna"));
    }
    const std::vector<Migration> longer{sqlite_migrations()[0], {2, "colours", second_step}};
    const auto report = migrate_sqlite(path(), longer);
    ASSERT_TRUE(report) << report.error().detail;
    EXPECT_EQ(report->from, 1);
    EXPECT_EQ(report->to, 2);
    auto hand = foreign_session();
    int accounts = 0;
    hand << "SELECT count(*) FROM account WHERE colour IS NULL", soci::into(accounts);
    EXPECT_EQ(accounts, 1);
    EXPECT_EQ(sqlite_status(path())->state, SchemaState::newer) << "version 2 is newer than this program";
}

TEST_F(SchemaTest, StaysWhereItWasWhenAStepFails) {
    migrate();
    const std::vector<Migration> longer{sqlite_migrations()[0], {2, "broken", broken_step}};
    const auto report = migrate_sqlite(path(), longer);
    ASSERT_FALSE(report);
    EXPECT_TRUE(report.error().detail.contains("nonsense")) << report.error().detail;
    EXPECT_EQ(sqlite_status(path())->found, 1);
    int tables = 0;
    foreign_session() << "SELECT count(*) FROM sqlite_schema WHERE name = 'half'", soci::into(tables);
    EXPECT_EQ(tables, 0);
}

TEST_F(SchemaTest, StepsAreNumberedWithoutGaps) {
    int wanted = 1;
    for (const Migration& migration : sqlite_migrations()) EXPECT_EQ(migration.version, wanted++);
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
