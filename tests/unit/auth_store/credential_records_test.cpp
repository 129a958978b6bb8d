#include "tests/unit/auth_store/records_fixture.hpp"

#include <fstream>

namespace postern::auth::store {
namespace {

class CredentialRecordsTest : public RecordsFixture {
protected:
    bool add_credential(const Credential& made) {
        return change([&](Transaction& t) { return t.credentials().add(made); });
    }
    std::vector<Credential> credentials(AccountId owner, std::optional<CredentialKind> kind = std::nullopt) {
        return read([&](Transaction& t) { return t.credentials().of_account(owner, kind); });
    }
};

INSTANTIATE_TEST_SUITE_P(On, CredentialRecordsTest, test::both_engines, test::engine_name);

TEST_P(CredentialRecordsTest, GivesBackWhatWasAdded) {
    const AccountId anna = add("anna");
    const AccountId helpdesk = add("helpdesk");
    Credential made = credential(anna, CredentialKind::temporary);
    made.issued_by = helpdesk;
    ASSERT_TRUE(add_credential(made));
    const auto found = read([&](Transaction& t) { return t.credentials().find(made.id); });
    ASSERT_TRUE(found);
    EXPECT_EQ(found->account, anna);
    EXPECT_EQ(found->kind, CredentialKind::temporary);
    EXPECT_EQ(found->verifier.reveal(), verifier().reveal());
    EXPECT_EQ(found->created_at, now());
    EXPECT_EQ(found->expires_at, made.expires_at);
    EXPECT_EQ(found->last_used_at, std::nullopt);
    EXPECT_EQ(found->issued_by, helpdesk);
    EXPECT_FALSE(read([](Transaction& t) { return t.credentials().find(77); }));
}

TEST_P(CredentialRecordsTest, AllowsOneOfAKindButManyAppPasswords) {
    const AccountId anna = add("anna");
    for (const auto kind : {CredentialKind::password, CredentialKind::provisional, CredentialKind::temporary}) {
        EXPECT_TRUE(add_credential(credential(anna, kind)));
        EXPECT_FALSE(add_credential(credential(anna, kind))) << name_of(kind);
    }
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(add_credential(credential(anna, CredentialKind::app_password)));
    EXPECT_EQ(credentials(anna).size(), 6U);
    EXPECT_EQ(credentials(anna, CredentialKind::app_password).size(), 3U);
    EXPECT_TRUE(account(anna).has_password);
}

TEST_P(CredentialRecordsTest, ANewPasswordPutsTheOldOneBehindItAndVoidsWhatWasHandedOut) {
    const AccountId anna = add("anna");
    ASSERT_TRUE(add_credential(credential(anna, CredentialKind::app_password)));
    for (const char letter : {'A', 'B', 'C'}) {
        ASSERT_TRUE(add_credential(credential(anna, CredentialKind::temporary)));
        clock_.seconds += 10;
        const Credential fresh = credential(anna, CredentialKind::password, letter);
        ASSERT_TRUE(change([&](Transaction& t) { return t.credentials().set_password(fresh, now()); }));
    }
    EXPECT_EQ(credentials(anna, CredentialKind::password).at(0).verifier.reveal(), verifier('C').reveal());
    EXPECT_EQ(credentials(anna, CredentialKind::previous).at(0).verifier.reveal(), verifier('B').reveal());
    EXPECT_EQ(credentials(anna, CredentialKind::previous).at(0).created_at, now()) << "it is previous since now";
    EXPECT_TRUE(credentials(anna, CredentialKind::temporary).empty());
    EXPECT_EQ(credentials(anna, CredentialKind::app_password).size(), 1U);
    EXPECT_EQ(account(anna).epoch, 4);
    EXPECT_EQ(account(anna).changed_at, now());
    const Credential stray = credential(77, CredentialKind::password);
    EXPECT_FALSE(change([&](Transaction& t) { return t.credentials().set_password(stray, now()); }));
}

TEST_P(CredentialRecordsTest, ReplacesAVerifierOnlyWhileItIsTheOneExpected) {
    const AccountId anna = add("anna");
    const Credential made = credential(anna, CredentialKind::password);
    ASSERT_TRUE(add_credential(made));
    clock_.seconds += 10;
    const auto replace = [&](char expected, char fresh) {
        return change([&](Transaction& t) {
            return t.credentials().replace_verifier(made.id, verifier(expected), verifier(fresh));
        });
    };
    EXPECT_TRUE(replace('A', 'B'));
    EXPECT_FALSE(replace('A', 'C'));
    EXPECT_EQ(credentials(anna).at(0).verifier.reveal(), verifier('B').reveal());
    EXPECT_LT(account(anna).changed_at, now()) << "a rehash is no change of the account";
}

TEST_P(CredentialRecordsTest, IsConsumedOnce) {
    const AccountId anna = add("anna");
    const Credential made = credential(anna, CredentialKind::temporary);
    ASSERT_TRUE(add_credential(made));
    EXPECT_TRUE(change([&](Transaction& t) { return t.credentials().consume(made.id); }));
    EXPECT_FALSE(change([&](Transaction& t) { return t.credentials().consume(made.id); }));
}

TEST_P(CredentialRecordsTest, IsRevokedOnlyForItsOwner) {
    const AccountId anna = add("anna");
    const AccountId bob = add("bob");
    const Credential phone = credential(anna, CredentialKind::app_password);
    ASSERT_TRUE(add_credential(phone) && add_credential(credential(anna, CredentialKind::app_password)));
    EXPECT_FALSE(change([&](Transaction& t) { return t.credentials().revoke(bob, phone.id); }));
    EXPECT_TRUE(change([&](Transaction& t) { return t.credentials().revoke(anna, phone.id); }));
    EXPECT_FALSE(change([&](Transaction& t) { return t.credentials().revoke(anna, phone.id); }));
    EXPECT_EQ(change([&](Transaction& t) { return t.credentials().revoke_all(anna, CredentialKind::app_password); }),
              1U);
}

TEST_P(CredentialRecordsTest, RemembersAUseOncePerHourAndPlace) {
    const AccountId anna = add("anna");
    const Credential phone = credential(anna, CredentialKind::app_password);
    ASSERT_TRUE(add_credential(phone));
    const auto touch = [&](std::string_view from) {
        const Time before = credentials(anna).at(0).last_used_at.value_or(Time{});
        const bool is_due = is_touch_due(credentials(anna).at(0), from, now());
        change([&](Transaction& t) { t.credentials().touch(phone.id, from, now()); });
        const auto after = credentials(anna).at(0).last_used_at;
        EXPECT_EQ(is_due, after != before) << "whoever asks before he writes comes to the same";
        return after;
    };
    const Time first = now();
    EXPECT_EQ(touch("10.1.2.0/24"), first);
    clock_.seconds += 60;
    EXPECT_EQ(touch("10.1.2.0/24"), first) << "not again within the hour";
    EXPECT_EQ(touch("10.9.9.0/24"), now()) << "another place is news";
    clock_.seconds += 3601;
    EXPECT_EQ(touch("10.9.9.0/24"), now());
    EXPECT_EQ(credentials(anna).at(0).last_used_from, "10.9.9.0/24");
}

TEST_P(CredentialRecordsTest, PurgesWhatHasExpiredAndOldPreviousOnes) {
    const AccountId anna = add("anna");
    ASSERT_TRUE(add_credential(credential(anna, CredentialKind::temporary)));
    for (const char letter : {'A', 'B'}) {
        const Credential fresh = credential(anna, CredentialKind::password, letter);
        ASSERT_TRUE(change([&](Transaction& t) { return t.credentials().set_password(fresh, now()); }));
    }
    ASSERT_TRUE(add_credential(credential(anna, CredentialKind::provisional)));
    const auto purge = [&](Time previous_before) {
        return change([&](Transaction& t) { return t.credentials().purge(now(), previous_before); });
    };
    EXPECT_EQ(purge(now()), 0U);
    clock_.seconds += 72 * 3600;
    EXPECT_EQ(purge(now() - std::chrono::days(90)), 1U) << "the provisional one has expired";
    EXPECT_EQ(purge(now()), 1U) << "the previous one is old";
    EXPECT_EQ(credentials(anna).size(), 1U);
}

TEST(SqliteFile, HoldsNoOldVerifier) {
    test::TestStore held;
    const NewAccount anna = new_account("anna");
    const auto set = [&](const std::string& text) {
        const Credential made{.id = random_id(),
                              .account = anna.id,
                              .kind = CredentialKind::password,
                              .verifier = base::Secret(text),
                              .created_at = held.clock.now()};
        return held.store().change([&](Transaction& t) { return t.credentials().set_password(made, made.created_at); });
    };
    ASSERT_TRUE(held.store().change([&](Transaction& t) { return t.accounts().add(anna, held.clock.now()); }));
    for (const char letter : {'Z', 'X', 'Q'}) ASSERT_TRUE(set(std::string(90, letter)));
    *held.database().hand() << "PRAGMA wal_checkpoint(TRUNCATE)";
    std::ifstream file(held.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_TRUE(bytes.contains(std::string(90, 'Q')));
    EXPECT_TRUE(bytes.contains(std::string(90, 'X'))) << "the previous one stays";
    EXPECT_FALSE(bytes.contains("ZZZZ"));
}

}  // namespace
}  // namespace postern::auth::store
