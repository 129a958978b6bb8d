// What the database itself refuses: each statement goes through a session of postern, but past every check of the
// program.
#include "auth/store/sqlite_session.hpp"
#include "tests/unit/auth_store/store_fixture.hpp"

namespace postern::auth::store {
namespace {

struct InvariantCase {
    std::string name;
    std::vector<std::string> statements;  ///< run in one transaction; the last or the commit must fail
};
class Invariant : public StoreFixture, public testing::WithParamInterface<InvariantCase> {};

TEST_P(Invariant, IsHeldByTheDatabase) {
    migrate();
    {
        const auto store = open_store();
        add(*store, new_account("anna@example.org", {"a.lee"}, {"staff"}));
        add(*store, new_account("bob"));
    }
    soci::session hand;
    open_session(hand, path(), Access::read_write, std::chrono::milliseconds(0));
    hand << "BEGIN IMMEDIATE";
    const auto& statements = GetParam().statements;
    for (std::size_t i = 0; i + 1 < statements.size(); ++i) ASSERT_NO_THROW(hand << statements[i]) << statements[i];
    EXPECT_THROW(
        {
            hand << statements.back();
            hand << "COMMIT";
        },
        soci::soci_error);
}

const std::string insert_account =
    "INSERT INTO account (id, login, display_name, state, created_at, changed_at) VALUES ";

INSTANTIATE_TEST_SUITE_P(
    Of,
    Invariant,
    testing::ValuesIn(std::vector<InvariantCase>{
        {"AnAccountHasALogin", {insert_account + "(7, 'new', '', 'active', 1, 1)"}},
        {"TheLoginIsItsOwnName", {insert_account + "(7, 'bob', '', 'active', 1, 1)"}},
        {"TheLoginIsNotSomebodyElsesAlias", {"UPDATE account SET login = 'a.lee' WHERE login = 'bob'"}},
        {"TheLoginCannotBeTakenAway", {"DELETE FROM identifier WHERE value = 'bob'"}},
        {"TheLoginCannotMoveToAnotherAccount", {"UPDATE identifier SET account_id = 1 WHERE value = 'bob'"}},
        {"ANameBelongsToOneAccount", {"INSERT INTO identifier VALUES ('bob', 1)"}},
        {"ANameBelongsToAnAccountThatExists", {"INSERT INTO identifier VALUES ('new', 99)"}},
        {"ANameIsNotEmpty", {"INSERT INTO identifier VALUES ('', 1)"}},
        {"ANameIsLowerCase", {"INSERT INTO identifier VALUES ('Anna', 1)"}},
        {"ANameHasNoSpace", {"INSERT INTO identifier VALUES ('an na', 1)"}},
        {"ANameHasNoLineFeed", {"INSERT INTO identifier VALUES ('an' || char(10) || 'na', 1)"}},
        {"ANameIsAscii", {"INSERT INTO identifier VALUES ('ren\xC3\xA9', 1)"}},
        {"ANameIsShort", {"INSERT INTO identifier VALUES (printf('%.*c', 255, 'a'), 1)"}},
        {"ANameIsText", {"INSERT INTO identifier VALUES (x'616263', 1)"}},
        {"StatesAreKnown", {"UPDATE account SET state = 'locked' WHERE id = 1"}},
        {"TimesAreNumbers", {"UPDATE account SET changed_at = 'yesterday' WHERE id = 1"}},
        {"ChangedIsNotBeforeCreated", {"UPDATE account SET changed_at = created_at - 1 WHERE id = 1"}},
        {"DisplayNamesAreShort", {"UPDATE account SET display_name = printf('%.*c', 257, 'a') WHERE id = 1"}},
        {"ANumberNeverChanges", {"UPDATE account SET id = 12 WHERE id = 1"}},
        {"AMembershipHasAnAccount", {"INSERT INTO membership VALUES (99, 'staff')"}},
        {"AMembershipIsThereOnce", {"INSERT INTO membership VALUES (1, 'staff')"}},
        {"AGroupHasAName", {"INSERT INTO membership VALUES (1, '')"}},
        {"APasswordHasAnAccount",
         {"INSERT INTO credential (account_id, kind, verifier, created_at) SELECT 99, kind, verifier, 1 FROM "
          "credential "
          "WHERE account_id = 1"}},
        {"AnAccountHasOnePassword",
         {"INSERT INTO credential (account_id, kind, verifier, created_at) SELECT 1, kind, verifier, 1 FROM credential "
          "WHERE account_id = 2"}},
        {"AVerifierIsArgon2id", {"UPDATE credential SET verifier = 'secret' WHERE account_id = 1"}},
        {"AVerifierIsShort",
         {"UPDATE credential SET verifier = verifier || printf('%.*c', 100, 'A') WHERE account_id = 1"}},
        {"KindsOfCredentialsAreKnown", {"UPDATE credential SET kind = 'app_password' WHERE account_id = 1"}},
    }),
    [](const auto& test) { return test.param.name; });

TEST_F(StoreFixture, MakesEverySessionASafeOne) {
    migrate();
    soci::session session;
    open_session(session, path(), Access::read_write, std::chrono::milliseconds(1234));
    EXPECT_EQ(number_of(session, "PRAGMA foreign_keys"), 1);
    EXPECT_EQ(number_of(session, "PRAGMA busy_timeout"), 1234);
    EXPECT_EQ(number_of(session, "PRAGMA synchronous"), 2) << "FULL: what was said to be stored survives a power cut";
    EXPECT_EQ(number_of(session, "PRAGMA secure_delete"), 1);
    EXPECT_EQ(number_of(session, "PRAGMA trusted_schema"), 0);
}

TEST_F(StoreFixture, TakesEverythingOfAnAccountAwayWithIt) {
    migrate();
    add(*open_store(), new_account("anna@example.org", {"a.lee"}, {"staff"}));
    soci::session hand;
    open_session(hand, path(), Access::read_write, std::chrono::milliseconds(0));
    hand << "DELETE FROM account WHERE id = 1";
    for (const std::string table : {"identifier", "membership", "credential"}) {
        int rows = -1;
        hand << "SELECT count(*) FROM " + table, soci::into(rows);
        EXPECT_EQ(rows, 0) << table;
    }
}

}  // namespace
}  // namespace postern::auth::store
