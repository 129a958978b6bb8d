// What the databases themselves refuse: each statement goes past every check of the program.
#include "tests/unit/auth_store/records_fixture.hpp"

namespace postern::auth::store {
namespace {

struct InvariantCase {
    std::string name;
    std::vector<std::string> statements;  ///< run in one transaction; the last or the commit must fail
};

void PrintTo(const InvariantCase& invariant, std::ostream* out) {
    *out << invariant.name;
}

using Parameter = std::tuple<Engine, InvariantCase>;

/// Accounts 1 (anna) and 2 (bob), a password and a key of anna's, a charter, a flow of anna's.
const std::vector<std::string> seed = {
    "INSERT INTO account (id, login, display_name, state, created_at, changed_at) VALUES (1, 'anna', '', 'active', 1, "
    "1)",
    "INSERT INTO identifier (value, account_id, kind) VALUES ('anna', 1, 'login'), ('a.lee', 1, 'alias')",
    "INSERT INTO account (id, login, display_name, state, created_at, changed_at) VALUES (2, 'bob', '', 'active', 1, "
    "1)",
    "INSERT INTO identifier (value, account_id, kind) VALUES ('bob', 2, 'login')",
    "INSERT INTO membership VALUES (1, 'staff')",
    "INSERT INTO credential (id, account_id, kind, verifier, created_at) VALUES (1, 1, 'password', "
    "'s1.aaaaaaaaaaaaaaaaaaaaaaaa', 1)",
    "INSERT INTO otp_key (id, serial, account_id, state, seed, algorithm, digits, step_seconds, created_at, "
    "changed_at) "
    "VALUES (1, 'GA1', 1, 'issued', 's1.seed', 'SHA1', 6, 60, 1, 1)",
    "INSERT INTO charter VALUES (1, 'fr', '" + std::string(64, 'a') + "', 'text', 1)",
    "INSERT INTO flow (id, kind, account_id, step, handle, created_at, expires_at) VALUES (1, 'activation', 1, 'mail', "
    "'" +
        mac('h') + "', 1, 2)",
    "INSERT INTO mailed_secret (id, flow_id, purpose, hash, destination, created_at, expires_at) VALUES (1, 1, 'link', "
    "'" +
        mac('l') + "', '" + mac('d') + "', 1, 2)",
};

class Invariant : public testing::TestWithParam<Parameter> {};

TEST_P(Invariant, IsHeldByTheDatabase) {
    const test::TestDatabase database(std::get<0>(GetParam()));
    ASSERT_TRUE(database.migrate());
    const auto hand = database.hand();
    *hand << "BEGIN";
    for (const std::string& statement : seed) *hand << statement;
    *hand << "COMMIT";
    *hand << "BEGIN";
    const auto& statements = std::get<1>(GetParam()).statements;
    for (std::size_t i = 0; i + 1 < statements.size(); ++i) ASSERT_NO_THROW(*hand << statements[i]) << statements[i];
    EXPECT_THROW(
        {
            *hand << statements.back();
            *hand << "COMMIT";
        },
        soci::soci_error);
}

const std::string insert_account =
    "INSERT INTO account (id, login, display_name, state, created_at, changed_at) VALUES ";
const std::string insert_key =
    "INSERT INTO otp_key (id, serial, account_id, state, seed, algorithm, digits, step_seconds, created_at, "
    "changed_at, "
    "pin) VALUES ";
const std::string set_account = "UPDATE account SET ";

INSTANTIATE_TEST_SUITE_P(
    Of,
    Invariant,
    testing::Combine(
        test::both_engines,
        testing::ValuesIn(std::vector<InvariantCase>{
            {"AnAccountHasALogin", {insert_account + "(7, 'new', '', 'active', 1, 1)"}},
            {"TheLoginIsItsOwnName", {insert_account + "(7, 'bob', '', 'active', 1, 1)"}},
            {"TheLoginIsNotSomebodyElsesAlias", {set_account + "login = 'a.lee' WHERE login = 'bob'"}},
            {"TheLoginCannotBeTakenAway", {"DELETE FROM identifier WHERE value = 'bob'"}},
            {"TheLoginCannotMoveToAnotherAccount", {"UPDATE identifier SET account_id = 1 WHERE value = 'bob'"}},
            {"ANameBelongsToOneAccount", {"INSERT INTO identifier VALUES ('bob', 1, 'alias')"}},
            {"ANameBelongsToAnAccountThatExists", {"INSERT INTO identifier VALUES ('new', 99, 'alias')"}},
            {"ANameIsNotEmpty", {"INSERT INTO identifier VALUES ('', 1, 'alias')"}},
            {"ANameIsLowerCase", {"INSERT INTO identifier VALUES ('Anna', 1, 'alias')"}},
            {"ANameHasNoSpace", {"INSERT INTO identifier VALUES ('an na', 1, 'alias')"}},
            {"ANameIsAscii", {"INSERT INTO identifier VALUES ('ren\xC3\xA9', 1, 'alias')"}},
            {"ANameIsShort", {"INSERT INTO identifier VALUES ('" + std::string(255, 'a') + "', 1, 'alias')"}},
            {"AnAccountHasOneLogin", {"INSERT INTO identifier VALUES ('new', 1, 'login')"}},
            {"AnAccountHasOneMailAddress",
             {"INSERT INTO identifier VALUES ('m1', 1, 'mail')", "INSERT INTO identifier VALUES ('m2', 1, 'mail')"}},
            {"StatesAreKnown", {set_account + "state = 'locked' WHERE id = 1"}},
            {"ExpiryIsNoState", {set_account + "state = 'expired' WHERE id = 1"}},
            {"ASuspensionKnowsWhereItCameFrom", {set_account + "state = 'suspended' WHERE id = 1"}},
            {"ChangedIsNotBeforeCreated", {set_account + "changed_at = created_at - 1 WHERE id = 1"}},
            {"DisplayNamesAreShort", {set_account + "display_name = '" + std::string(257, 'a') + "' WHERE id = 1"}},
            {"DatesAreInOrder", {set_account + "valid_from = 20, valid_until = 10 WHERE id = 1"}},
            {"AVisitorHasASponsorAndAnEnd", {set_account + "is_visitor = 1, valid_until = 10 WHERE id = 1"}},
            {"AVisitorHasAnEnd", {set_account + "is_visitor = 1, sponsor_id = 2 WHERE id = 1"}},
            {"NobodySponsorsHimself", {set_account + "sponsor_id = 1 WHERE id = 1"}},
            {"ALinkGroupHasOneHead", {set_account + "link_group = 5, link_primary = 1"}},
            {"AHeadIsOfAGroup", {set_account + "link_primary = 1 WHERE id = 1"}},
            {"AMacIsAMac", {set_account + "birth_mac = '1980-01-01' WHERE id = 1"}},
            {"ASecretIdentifierIsAMac", {"INSERT INTO secret_identifier VALUES ('numen', '08A8012345ABC', 1)"}},
            {"ASecretIdentifierBelongsToOneAccount",
             {"INSERT INTO secret_identifier VALUES ('numen', '" + mac('n') + "', 1)",
              "INSERT INTO secret_identifier VALUES ('numen', '" + mac('n') + "', 2)"}},
            {"AnAccountHasOneNumen",
             {"INSERT INTO secret_identifier VALUES ('numen', '" + mac('n') + "', 1)",
              "INSERT INTO secret_identifier VALUES ('numen', '" + mac('m') + "', 1)"}},
            {"AMembershipHasAnAccount", {"INSERT INTO membership VALUES (99, 'staff')"}},
            {"AMembershipIsThereOnce", {"INSERT INTO membership VALUES (1, 'staff')"}},
            {"AGroupHasAName", {"INSERT INTO membership VALUES (1, '')"}},
            {"ProfilesAreKnown", {"INSERT INTO affiliation VALUES (1, 'king', 'u', 1, NULL)"}},
            {"AnAffiliationEndsAfterItsBeginning", {"INSERT INTO affiliation VALUES (1, 'pupil', 'u', 5, 5)"}},
            {"NobodyGrantsHimselfADelegation", {"INSERT INTO delegation VALUES (1, 'u', 1, 0, 0, 1, 9)"}},
            {"APasswordHasAnAccount",
             {"INSERT INTO credential (id, account_id, kind, verifier, created_at) VALUES (7, 99, 'password', "
              "'s1.aaaaaaaaaaaaaaaaaaaaaaaa', 1)"}},
            {"AnAccountHasOnePassword",
             {"INSERT INTO credential (id, account_id, kind, verifier, created_at) VALUES (7, 1, 'password', "
              "'s1.aaaaaaaaaaaaaaaaaaaaaaaa', 1)"}},
            {"WhatIsHandedOutExpires",
             {"INSERT INTO credential (id, account_id, kind, verifier, created_at) VALUES (7, 1, 'temporary', "
              "'s1.aaaaaaaaaaaaaaaaaaaaaaaa', 1)"}},
            {"AnAppPasswordHasAScope",
             {"INSERT INTO credential (id, account_id, kind, verifier, created_at) VALUES (7, 1, 'app_password', "
              "'s1.aaaaaaaaaaaaaaaaaaaaaaaa', 1)"}},
            {"AVerifierIsNoShortText", {"UPDATE credential SET verifier = 'secret'"}},
            {"AVerifierIsShort", {"UPDATE credential SET verifier = '" + std::string(2049, 'a') + "'"}},
            {"KindsOfCredentialsAreKnown", {"UPDATE credential SET kind = 'token'"}},
            {"AFingerprintHasSixteenBits", {"INSERT INTO wrong_password VALUES ('" + mac('s') + "', 65536, 1)"}},
            {"ABucketIsKeyedByAMac", {"INSERT INTO bucket (kind, key, at) VALUES ('U', 'anna', 1)"}},
            {"AnAccountHoldsOneKey", {insert_key + "(2, 'GA2', 1, 'active', 's', 'SHA1', 6, 60, 1, 1, 'p')"}},
            {"AnActiveKeyHasAPin", {insert_key + "(2, 'GA2', 2, 'active', 's', 'SHA1', 6, 60, 1, 1, NULL)"}},
            {"AKeyOfTheStockIsNobodys", {insert_key + "(2, 'GA2', 2, 'stock', 's', 'SHA1', 6, 60, 1, 1, NULL)"}},
            {"AKeyInUseIsSomebodys", {insert_key + "(2, 'GA2', NULL, 'issued', 's', 'SHA1', 6, 60, 1, 1, NULL)"}},
            {"StepsAreThirtyOrSixtySeconds", {"UPDATE otp_key SET step_seconds = 45"}},
            {"DriftIsBounded", {"UPDATE otp_key SET drift = 11"}},
            {"TriesOfAFirstConnectionAreBounded", {"UPDATE otp_key SET enrol_tries = 6"}},
            {"AContactHasAFirstOrSecondRank",
             {"INSERT INTO contact (id, account_id, kind, rank, address, mac, created_at, usable_from) VALUES (1, 1, "
              "'mail', 3, 's1.x', '" +
              mac('c') + "', 1, 1)"}},
            {"AnActiveRedirectIsVerified",
             {"INSERT INTO redirect VALUES (1, 's1.x', '" + mac('r') + "', 1, 'active', NULL)"}},
            {"AnAcceptedCharterExists", {"INSERT INTO charter_acceptance VALUES (1, 2, 'fr', 1)"}},
            {"AnAccountHasOneFlowOfAKind",
             {"INSERT INTO flow (id, kind, account_id, step, handle, created_at, expires_at) VALUES (2, 'activation', "
              "1, "
              "'mail', '" +
              mac('i') + "', 1, 2)"}},
            {"TriesOfACodeAreBounded", {"UPDATE mailed_secret SET tries = 6"}},
            {"AFlowHasOneLiveLink",
             {"INSERT INTO mailed_secret (id, flow_id, purpose, hash, destination, created_at, expires_at) VALUES (2, "
              "1, "
              "'link', '" +
              mac('m') + "', '" + mac('d') + "', 1, 2)"}},
            {"ALinkIsUnique",
             {"UPDATE mailed_secret SET used_at = 1",
              "INSERT INTO mailed_secret (id, flow_id, purpose, hash, destination, created_at, expires_at) VALUES (2, "
              "1, "
              "'link', '" +
                  mac('l') + "', '" + mac('d') + "', 1, 2)"}},
            {"FiveMailsADayAreTheMost", {"INSERT INTO send_budget VALUES ('" + mac('d') + "', 1, 6, 1)"}},
            {"WhatLeftHasNotFailed",
             {"INSERT INTO outbox (id, kind, payload, not_before, not_after, created_at, done_at, failed_at) VALUES "
              "(1, "
              "'mail', 'x', 1, 9, 1, 1, 1)"}},
            {"TheChainHasOneEnd", {"INSERT INTO journal_head VALUES (2, 1, '', 0, '')"}},
        })),
    [](const auto& test) { return test::name_of(std::get<0>(test.param)) + std::get<1>(test.param).name; });

TEST(SqliteInvariant, ANumberOfAnAccountNeverChanges) {
    test::TestStore held;
    const NewAccount anna = new_account("anna");
    ASSERT_TRUE(held.store().change([&](Transaction& t) { return t.accounts().add(anna, held.clock.now()); }));
    EXPECT_THROW(*held.database().hand() << "UPDATE account SET id = 12", soci::soci_error);
}

TEST(SqliteInvariant, TimesAreNumbers) {
    test::TestStore held;
    const NewAccount anna = new_account("anna");
    ASSERT_TRUE(held.store().change([&](Transaction& t) { return t.accounts().add(anna, held.clock.now()); }));
    EXPECT_THROW(*held.database().hand() << "UPDATE account SET changed_at = 'yesterday'", soci::soci_error);
}

class Deletion : public RecordsFixture {};
INSTANTIATE_TEST_SUITE_P(On, Deletion, test::both_engines, test::engine_name);

TEST_P(Deletion, TakesEverythingOfAnAccountAwayWithIt) {
    const AccountId anna = add(new_account("anna@example.org", {"a.lee"}, {"staff"}));
    ASSERT_TRUE(change([&](Transaction& t) {
        return t.credentials().add(credential(anna, CredentialKind::password)) &&
               t.accounts().put_affiliation(anna, {.profile = Profile::pupil, .unit = "u", .valid_from = now()});
    }));
    const auto hand = test_store_.database().hand();
    *hand << "DELETE FROM account";
    for (const std::string table : {"identifier", "membership", "credential", "affiliation"}) {
        int rows = -1;
        *hand << "SELECT count(*) FROM " + table, soci::into(rows);
        EXPECT_EQ(rows, 0) << table;
    }
}

}  // namespace
}  // namespace postern::auth::store
