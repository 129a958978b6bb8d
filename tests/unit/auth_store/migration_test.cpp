#include "tests/unit/auth_store/records_fixture.hpp"

#include <array>

namespace postern::auth::store {
namespace {

class MigrationTest : public testing::TestWithParam<Engine> {
protected:
    test::TestDatabase database_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(On, MigrationTest, test::both_engines, test::engine_name);

TEST_P(MigrationTest, MakesAStoreFromNothingOnce) {
    EXPECT_FALSE(database_.try_open());
    const auto report = database_.migrate();
    ASSERT_TRUE(report) << report.error().detail;
    EXPECT_EQ(report->from, 0);
    EXPECT_EQ(report->to, schema_version());
    EXPECT_EQ(database_.status()->state, SchemaState::current);
    EXPECT_TRUE(database_.try_open());
    const auto again = database_.migrate();
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(again->from, again->to);
}

void set_version(const test::TestDatabase& database, int version) {
    const auto hand = database.hand();
    if (database.engine() == Engine::sqlite) {
        *hand << "PRAGMA user_version = " + std::to_string(version);
    } else {
        *hand << "UPDATE fact SET value = '" + std::to_string(version) + "' WHERE name = 'schema_version'";
    }
}

TEST_P(MigrationTest, RefusesANewerStoreAndNeverTouchesIt) {
    ASSERT_TRUE(database_.migrate());
    set_version(database_, 9999);
    EXPECT_EQ(database_.status()->state, SchemaState::newer);
    EXPECT_EQ(database_.try_open().error().fault, StoreFault::wrong_schema);
    EXPECT_EQ(database_.migrate().error().fault, StoreFault::wrong_schema);
    EXPECT_EQ(database_.status()->found, 9999);
}

TEST_P(MigrationTest, SaysWhatToDoAboutAnOlderStore) {
    ASSERT_TRUE(database_.migrate());
    set_version(database_, 1);
    EXPECT_EQ(database_.status()->state, SchemaState::older);
    EXPECT_TRUE(database_.try_open().error().detail.contains("run `postern store migrate`"));
}

TEST_P(MigrationTest, LeavesTheDatabaseOfAnotherProgramAlone) {
    *database_.hand() << "CREATE TABLE account (id INTEGER)";
    EXPECT_EQ(database_.status()->state, SchemaState::foreign);
    EXPECT_TRUE(database_.try_open().error().detail.contains("another program"));
    EXPECT_EQ(database_.migrate().error().fault, StoreFault::wrong_schema);
}

constexpr std::array<std::string_view, 1> colour_step = {"ALTER TABLE account ADD COLUMN colour TEXT"};
constexpr std::array<std::string_view, 2> broken_step = {"CREATE TABLE half (x INTEGER)",
                                                         "CREATE TABLE nonsense nonsense"};

std::vector<Migration> longer(std::span<const std::string_view> statements) {
    std::vector<Migration> steps(migrations().begin(), migrations().end());
    steps.push_back({schema_version() + 1, "more", statements});
    return steps;
}

TEST_P(MigrationTest, GoesOnFromAnOlderVersionWithItsData) {
    ASSERT_TRUE(database_.migrate());
    const NewAccount anna = new_account("anna");
    ASSERT_TRUE((*database_.try_open())->change([&](Transaction& t) { return t.accounts().add(anna, Time{}); }));
    const auto report = database_.migrate(longer(colour_step));
    ASSERT_TRUE(report) << report.error().detail;
    EXPECT_EQ(report->from, schema_version());
    EXPECT_EQ(report->to, schema_version() + 1);
    int accounts = 0;
    *database_.hand() << "SELECT count(*) FROM account WHERE colour IS NULL", soci::into(accounts);
    EXPECT_EQ(accounts, 1);
    EXPECT_EQ(database_.status()->state, SchemaState::newer) << "newer than this program";
}

TEST_P(MigrationTest, StaysWhereItWasWhenAStepFails) {
    ASSERT_TRUE(database_.migrate());
    const auto report = database_.migrate(longer(broken_step));
    ASSERT_FALSE(report);
    EXPECT_TRUE(report.error().detail.contains("nonsense")) << report.error().detail;
    EXPECT_EQ(database_.status()->found, schema_version());
    EXPECT_NO_THROW(*database_.hand() << "CREATE TABLE half (x INTEGER)") << "it is not there";
}

TEST_P(MigrationTest, MakesOneGoodStoreOfSixteenAtOnce) {
    std::atomic<int> done = 0;
    std::atomic<int> failed_otherwise = 0;
    together(16, [&](int) {
        const auto report = database_.migrate();
        if (report) ++done;
        if (!report && !report.error().detail.contains("locked by another program")) ++failed_otherwise;
    });
    EXPECT_GE(done, 1);
    EXPECT_EQ(failed_otherwise, 0);
    EXPECT_EQ(database_.status()->state, SchemaState::current);
}

std::string tables_and_columns(const test::TestDatabase& database) {
    const auto hand = database.hand();
    const std::string query =
        database.engine() == Engine::sqlite
            ? "SELECT m.name, p.name FROM sqlite_schema m, pragma_table_info(m.name) p WHERE m.type = 'table' AND "
              "m.name "
              "NOT LIKE 'sqlite_%' ORDER BY 1, 2"
            : "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY "
              "table_name COLLATE \"C\", column_name COLLATE \"C\"";
    std::string text;
    for (const soci::row& row : soci::rowset<soci::row>(hand->prepare << query))
        text += row.get<std::string>(0) + '.' + row.get<std::string>(1) + '\n';
    return text;
}

TEST(Migrations, GiveBothDatabasesTheSameTablesAndColumns) {
    const test::TestDatabase sqlite(Engine::sqlite);
    const test::TestDatabase postgresql(Engine::postgresql);
    ASSERT_TRUE(sqlite.migrate() && postgresql.migrate());
    EXPECT_TRUE(tables_and_columns(sqlite).contains("account.login\n"));
    EXPECT_EQ(tables_and_columns(sqlite), tables_and_columns(postgresql));
}

/// A store as version 1 left it, with two people in it.
class FromVersionOne : public testing::Test {
protected:
    FromVersionOne() {
        EXPECT_TRUE(database_.migrate(migrations().first(1)));
        const auto hand = database_.hand();
        *hand << "BEGIN";
        *hand << "INSERT INTO account VALUES (3, 'anna@example.org', 'Anna Lee', 'active', 100, 200)";
        *hand << "INSERT INTO account VALUES (9, 'bob', 'Bob', 'disabled', 100, 100)";
        *hand << "INSERT INTO identifier VALUES ('anna@example.org', 3), ('a.lee', 3), ('bob', 9)";
        *hand << "INSERT INTO membership VALUES (3, 'staff'), (3, 'teacher')";
        const std::string stored(verifier().reveal());
        *hand << "INSERT INTO credential (account_id, kind, verifier, created_at) VALUES (3, 'password', :v, 150)",
            soci::use(stored, "v");
        *hand << "COMMIT";
    }

    test::TestDatabase database_;
};

TEST_F(FromVersionOne, KeepsEverybodyAndEverything) {
    const auto report = database_.migrate();
    ASSERT_TRUE(report) << report.error().detail;
    EXPECT_EQ(report->from, 1);
    const auto store = database_.try_open();
    ASSERT_TRUE(store) << store.error().detail;
    const auto anna = (*store)->read([](Transaction& t) { return t.accounts().find(name("a.lee")); });
    ASSERT_TRUE(*anna);
    EXPECT_EQ((*anna)->id, 3);
    EXPECT_EQ((*anna)->login, name("anna@example.org"));
    EXPECT_EQ((*anna)->groups, (std::vector<std::string>{"staff", "teacher"}));
    EXPECT_EQ((*anna)->state, AccountState::active);
    EXPECT_EQ((*anna)->changed_at, Time{std::chrono::seconds{200}});
    EXPECT_TRUE((*anna)->has_password);
    const auto bob = (*store)->read([](Transaction& t) { return t.accounts().find(name("bob")); });
    EXPECT_EQ((*bob)->state, AccountState::suspended);
    EXPECT_TRUE(*(*store)->change([](Transaction& t) { return t.accounts().resume(9, Time{}); }));
}

TEST_F(FromVersionOne, SealsTheBareVerifiersAfterwards) {
    ASSERT_TRUE(database_.migrate());
    const auto store = database_.try_open();
    const Keyring keyring = Keyring::ephemeral();
    EXPECT_EQ(seal_anew(**store, keyring, [](std::size_t) {}), 1U);
    const auto found = (*store)->read([](Transaction& t) { return t.credentials().of_account(3); });
    EXPECT_TRUE(keyring.is_current(found->at(0).verifier.reveal()));
    EXPECT_EQ(keyring.unseal(found->at(0).verifier.reveal(), seal_context(found->at(0).id, 3))->reveal(),
              verifier().reveal());
}

TEST_F(FromVersionOne, LeavesNothingOfTheOldTables) {
    ASSERT_TRUE(database_.migrate());
    const auto hand = database_.hand();
    int left = -1;
    *hand << "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name LIKE '%\\_1' ESCAPE '\\'",
        soci::into(left);
    EXPECT_EQ(left, 0);
    int broken = 0;
    for ([[maybe_unused]] const soci::row& row : soci::rowset<soci::row>(hand->prepare << "PRAGMA foreign_key_check"))
        ++broken;
    EXPECT_EQ(broken, 0);
}

TEST_F(FromVersionOne, StaysAtVersionOneWhenItIsInterrupted) {
    std::vector<std::string_view> statements(migrations()[1].statements.begin(), migrations()[1].statements.end());
    statements.emplace_back("CREATE TABLE nonsense nonsense");
    const std::vector<Migration> steps{migrations()[0], {2, "interrupted", statements}};
    EXPECT_FALSE(database_.migrate(steps));
    EXPECT_EQ(database_.status()->found, 1);
    int people = 0;
    *database_.hand() << "SELECT count(*) FROM account WHERE state = 'disabled'", soci::into(people);
    EXPECT_EQ(people, 1);
}

}  // namespace
}  // namespace postern::auth::store
