#include "tests/unit/auth_store/records_fixture.hpp"

namespace postern::auth::store {
namespace {

using std::chrono::days;
using Logins = std::vector<std::string>;

class AccountRecordsTest : public RecordsFixture {
protected:
    Logins logins(const AccountFilter& filter) {
        Logins found;
        for (const Account& account : read([&](Transaction& t) { return t.accounts().list(filter); }))
            found.push_back(account.login.text());
        return found;
    }
    std::optional<std::string> try_add(const NewAccount& account) {
        return change([&](Transaction& t) {
            auto taken = t.accounts().add(account, now());
            if (taken) t.abandon();
            return taken;
        });
    }
};

INSTANTIATE_TEST_SUITE_P(On, AccountRecordsTest, test::both_engines, test::engine_name);

TEST_P(AccountRecordsTest, GivesBackWhatWasAdded) {
    NewAccount made = new_account("anna@example.org", {"z.lee", "a.lee"}, {"staff", "pupils"});
    made.mail = name("anna.lee@example.org");
    made.language = "en";
    made.affiliations = {
        {.profile = Profile::teacher, .unit = "0801234A", .valid_from = now() - days(1)},
        {.profile = Profile::parent, .unit = "0805678B", .valid_from = now(), .valid_until = now() + days(30)}};
    made.valid_until = now() + days(365);
    add(made);
    const auto found = read([](Transaction& t) { return t.accounts().find(name("anna@example.org")); });
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, made.id);
    EXPECT_EQ(found->login, name("anna@example.org"));
    EXPECT_EQ(found->aliases, (std::vector{name("a.lee"), name("anna.lee@example.org"), name("z.lee")}));
    EXPECT_EQ(found->mail, name("anna.lee@example.org"));
    EXPECT_EQ(found->display_name, "Display anna@example.org");
    EXPECT_EQ(found->language, "en");
    EXPECT_EQ(found->groups, (Logins{"pupils", "staff"}));
    EXPECT_EQ(found->affiliations, (std::vector<Affiliation>{made.affiliations[1], made.affiliations[0]}));
    EXPECT_EQ(found->state, AccountState::active);
    EXPECT_EQ(found->valid_from, std::nullopt);
    EXPECT_EQ(found->valid_until, now() + days(365));
    EXPECT_FALSE(found->has_password);
    EXPECT_EQ(found->epoch, 1);
    EXPECT_EQ(found->created_at, now());
    EXPECT_EQ(found->changed_at, now());
}

TEST_P(AccountRecordsTest, FindsAnAccountByEveryOneOfItsNames) {
    add("bob");
    const AccountId anna = add(new_account("anna@example.org", {"a.lee"}));
    for (const std::string each : {"anna@example.org", "a.lee"}) {
        EXPECT_EQ(read([&](Transaction& t) { return t.accounts().find(name(each)); })->id, anna);
        EXPECT_EQ(read([&](Transaction& t) { return t.accounts().stamp(name(each)); })->id, anna);
    }
    EXPECT_FALSE(read([](Transaction& t) { return t.accounts().find(name("nobody")); }));
    EXPECT_FALSE(read([](Transaction& t) { return t.accounts().stamp(name("nobody")); }));
    EXPECT_FALSE(read([](Transaction& t) { return t.accounts().find(AccountId{77}); }));
}

TEST_P(AccountRecordsTest, StoresHostileTextAsText) {
    NewAccount made = new_account("anna");
    made.display_name = "'); DROP TABLE account; -- :name ? $1 \xC3\xA9\xE2\x82\xAC \"%s\" \\";
    add(made);
    EXPECT_EQ(account(made.id).display_name, made.display_name);
}

TEST_P(AccountRecordsTest, SaysWhichNameIsTakenAndAddsNothing) {
    add(new_account("anna", {"a.lee"}));
    const std::pair<NewAccount, std::string> clashes[] = {
        {new_account("anna"), "anna"},          {new_account("a.lee"), "a.lee"},
        {new_account("new", {"anna"}), "anna"}, {new_account("new", {"fresh", "a.lee"}), "a.lee"},
        {new_account("new", {"new"}), "new"},
    };
    for (const auto& [made, taken] : clashes) {
        EXPECT_EQ(try_add(made), taken);
        EXPECT_EQ(logins({}), Logins{"anna"});
    }
    EXPECT_FALSE(read([](Transaction& t) { return t.accounts().find(name("fresh")); }));
}

TEST_P(AccountRecordsTest, FindsBySecretIdentifiersThatBelongToOneAccount) {
    NewAccount made = new_account("anna");
    made.secret_identifiers = {{SecretIdentifierKind::numen, mac('n')}, {SecretIdentifierKind::staff_number, mac('s')}};
    add(made);
    const auto find = [&](SecretIdentifierKind kind, char letter) {
        return read([&](Transaction& t) { return t.accounts().find(SecretIdentifier{kind, mac(letter)}); });
    };
    EXPECT_EQ(find(SecretIdentifierKind::numen, 'n'), made.id);
    EXPECT_EQ(find(SecretIdentifierKind::student_number, 'n'), std::nullopt);
    NewAccount other = new_account("bob");
    other.secret_identifiers = {{SecretIdentifierKind::numen, mac('n')}};
    EXPECT_EQ(try_add(other), "numen");
    const AccountId carl = add("carl");
    EXPECT_FALSE(change([&](Transaction& t) {
        return t.accounts().put_secret_identifier(carl, {SecretIdentifierKind::numen, mac('n')});
    }));
    EXPECT_TRUE(change([&](Transaction& t) {
        return t.accounts().put_secret_identifier(carl, {SecretIdentifierKind::numen, mac('c')});
    }));
    EXPECT_FALSE(change([&](Transaction& t) {
        return t.accounts().put_secret_identifier(carl, {SecretIdentifierKind::numen, mac('n')});
    }));
    EXPECT_EQ(find(SecretIdentifierKind::numen, 'c'), carl) << "he keeps his own";
    EXPECT_TRUE(change([&](Transaction& t) {
        return t.accounts().put_secret_identifier(made.id, {SecretIdentifierKind::numen, mac('n')});
    })) << "the one it has already";
    EXPECT_TRUE(change([&](Transaction& t) {
        return t.accounts().put_secret_identifier(made.id, {SecretIdentifierKind::numen, mac('m')});
    }));
    EXPECT_EQ(find(SecretIdentifierKind::numen, 'n'), std::nullopt);
    EXPECT_EQ(find(SecretIdentifierKind::numen, 'm'), made.id);
}

TEST_P(AccountRecordsTest, FindsNamesakesByBirth) {
    NewAccount anna = new_account("anna");
    anna.birth = {.date = mac('d'), .name_and_date = mac('b')};
    NewAccount twin = new_account("twin");
    twin.birth = {.date = mac('e'), .name_and_date = mac('b')};
    add(anna);
    add(twin);
    add("nobody");
    const auto found = [&](const std::string& proof, std::size_t limit) {
        return read([&](Transaction& t) { return t.accounts().find_by_birth(proof, limit).size(); });
    };
    EXPECT_EQ(found(mac('b'), 5), 2U);
    EXPECT_EQ(found(mac('b'), 1), 1U);
    EXPECT_EQ(found(mac('x'), 5), 0U);
    EXPECT_EQ(found("", 5), 0U) << "accounts without a date are no namesakes";
    EXPECT_EQ(read([&](Transaction& t) { return t.accounts().birth_of(anna.id); }), anna.birth);
}

TEST_P(AccountRecordsTest, ChangesStateOnlyFromWhereItWas) {
    NewAccount made = new_account("anna");
    made.state = AccountState::imported;
    const AccountId id = add(made);
    clock_.seconds += 10;
    const auto step = [&](AccountState from, AccountState to) {
        return change([&](Transaction& t) { return t.accounts().set_state(id, from, to, now()); });
    };
    EXPECT_TRUE(step(AccountState::imported, AccountState::provisional));
    EXPECT_FALSE(step(AccountState::imported, AccountState::provisional));
    EXPECT_EQ(account(id).state, AccountState::provisional);
    EXPECT_EQ(account(id).changed_at, now());
    EXPECT_TRUE(step(AccountState::provisional, AccountState::closed));
}

TEST_P(AccountRecordsTest, ResumesWhereASuspensionFoundIt) {
    const AccountId id = add("anna");
    ASSERT_TRUE(change([&](Transaction& t) {
        return t.accounts().set_state(id, AccountState::active, AccountState::must_change, now());
    }));
    EXPECT_TRUE(change([&](Transaction& t) { return t.accounts().suspend(id, now()); }));
    EXPECT_FALSE(change([&](Transaction& t) { return t.accounts().suspend(id, now()); }));
    EXPECT_EQ(account(id).state, AccountState::suspended);
    EXPECT_TRUE(change([&](Transaction& t) { return t.accounts().resume(id, now()); }));
    EXPECT_FALSE(change([&](Transaction& t) { return t.accounts().resume(id, now()); }));
    EXPECT_EQ(account(id).state, AccountState::must_change);
    EXPECT_FALSE(change([&](Transaction& t) { return t.accounts().suspend(77, now()); }));
}

TEST_P(AccountRecordsTest, CanBeImportedSuspended) {
    NewAccount made = new_account("anna");
    made.state = AccountState::suspended;
    const AccountId id = add(made);
    EXPECT_TRUE(change([&](Transaction& t) { return t.accounts().resume(id, now()); }));
    EXPECT_EQ(account(id).state, AccountState::active);
}

TEST_P(AccountRecordsTest, SurvivesAClockThatWasSetBack) {
    const AccountId id = add("anna");
    clock_.seconds -= 1'000'000;
    EXPECT_TRUE(change([&](Transaction& t) { return t.accounts().suspend(id, now()); }));
    EXPECT_EQ(account(id).changed_at, account(id).created_at);
}

using Change = bool (*)(AccountRecords&, AccountId);

TEST_P(AccountRecordsTest, RaisesTheRowVersionWithEveryChange) {
    const AccountId id = add(new_account("anna", {"a.lee"}));
    const AccountId sponsor = add("sponsor");
    const Change changes[] = {
        [](AccountRecords& a, AccountId who) { return a.set_dates(who, std::nullopt, Time{std::chrono::seconds{99}}); },
        [](AccountRecords& a, AccountId who) { return a.set_display_name(who, "Anna"); },
        [](AccountRecords& a, AccountId who) { return a.set_language(who, "en"); },
        [](AccountRecords& a, AccountId who) { return a.set_groups(who, std::vector<std::string>{"staff"}); },
        [](AccountRecords& a, AccountId who) { return a.set_birth(who, {.date = mac('d'), .name_and_date = ""}); },
        [](AccountRecords& a, AccountId who) { return a.add_alias(who, name("new.alias")); },
        [](AccountRecords& a, AccountId who) { return a.remove_alias(who, name("new.alias")); },
        [](AccountRecords& a, AccountId who) {
            return a.put_affiliation(who, {.profile = Profile::pupil, .unit = "u", .valid_from = Time{}});
        },
        [](AccountRecords& a, AccountId who) { return a.remove_affiliation(who, Profile::pupil, "u"); },
        [](AccountRecords& a, AccountId who) {
            return a.put_secret_identifier(who, {SecretIdentifierKind::numen, mac('n')});
        },
        [](AccountRecords& a, AccountId who) {
            a.raise_epoch(who);
            return a.stamp(who).has_value();
        },
    };
    for (const Change each : changes) {
        const std::int64_t before = account(id).row_version;
        EXPECT_TRUE(change([&](Transaction& t) { return each(t.accounts(), id); }));
        EXPECT_GT(account(id).row_version, before);
        EXPECT_FALSE(change([&](Transaction& t) { return each(t.accounts(), 77); })) << "there is no such account";
    }
    EXPECT_TRUE(change([&](Transaction& t) { return t.accounts().set_sponsor(id, sponsor); }));
    EXPECT_EQ(account(id).sponsor, sponsor);
    EXPECT_EQ(account(id).groups, Logins{"staff"});
    EXPECT_EQ(account(id).epoch, 2);
}

TEST_P(AccountRecordsTest, TakesAwayAliasesButNeitherLoginNorMail) {
    NewAccount made = new_account("anna", {"a.lee"});
    made.mail = name("anna@example.org");
    add(made);
    const auto remove = [&](std::string_view alias) {
        return change([&](Transaction& t) { return t.accounts().remove_alias(made.id, name(alias)); });
    };
    EXPECT_FALSE(remove("anna"));
    EXPECT_FALSE(remove("anna@example.org"));
    EXPECT_FALSE(remove("nobody"));
    EXPECT_TRUE(remove("a.lee"));
    const AccountId bob = add("bob");
    EXPECT_FALSE(change([&](Transaction& t) { return t.accounts().add_alias(bob, name("anna")); }));
}

TEST_P(AccountRecordsTest, ChangesTheDatesOfAnAffiliation) {
    const AccountId id = add("anna");
    for (const auto until : {std::optional<Time>(), std::optional<Time>(now() + days(1))}) {
        const Affiliation put{.profile = Profile::pupil, .unit = "u", .valid_from = now(), .valid_until = until};
        EXPECT_TRUE(change([&](Transaction& t) { return t.accounts().put_affiliation(id, put); }));
        EXPECT_EQ(account(id).affiliations, std::vector{put});
    }
}

TEST_P(AccountRecordsTest, LinksAccountsUnderOneHead) {
    const AccountId a = add("a");
    const AccountId b = add("b");
    const AccountId c = add("c");
    const auto link = [&](AccountId primary, AccountId other) {
        return change([&](Transaction& t) { return t.accounts().link(primary, other, random_id()); });
    };
    EXPECT_TRUE(link(a, b));
    EXPECT_TRUE(link(a, c));
    EXPECT_FALSE(link(a, a));
    EXPECT_FALSE(link(c, b)) << "b is linked already";
    const AccountId d = add("d");
    EXPECT_FALSE(link(d, b));
    EXPECT_FALSE(link(d, 77));
    EXPECT_FALSE(link(77, d));
    EXPECT_EQ(account(d).link_group, std::nullopt) << "no group of one";
    EXPECT_TRUE(account(a).is_link_primary);
    EXPECT_FALSE(account(b).is_link_primary);
    EXPECT_EQ(account(a).link_group, account(c).link_group);
    const auto linked = read([&](Transaction& t) { return t.accounts().linked_to(*t.accounts().find(b)); });
    EXPECT_EQ(linked.size(), 2U);
}

TEST_P(AccountRecordsTest, ChangesOfALinkedAccountReachTheOthers) {
    const AccountId a = add("a");
    const AccountId b = add("b");
    ASSERT_TRUE(change([&](Transaction& t) { return t.accounts().link(a, b, random_id()); }));
    const std::int64_t before = account(a).row_version;
    ASSERT_TRUE(change([&](Transaction& t) { return t.accounts().set_groups(b, std::vector<std::string>{"x"}); }));
    EXPECT_GT(account(a).row_version, before);
}

TEST_P(AccountRecordsTest, FindsANewHeadWhenTheOldOneLeavesAndDissolvesGroupsOfOne) {
    const AccountId a = add("a");
    const AccountId b = add("b");
    const AccountId c = add("c");
    const AccountId d = add("d");
    const auto link = [&](AccountId primary, AccountId other) {
        return change([&](Transaction& t) { return t.accounts().link(primary, other, random_id()); });
    };
    ASSERT_TRUE(link(a, b) && link(a, c));
    EXPECT_TRUE(change([&](Transaction& t) { return t.accounts().unlink(a); }));
    EXPECT_EQ(account(a).link_group, std::nullopt);
    EXPECT_EQ(account(b).link_group, account(c).link_group);
    EXPECT_TRUE(account(b).is_link_primary != account(c).is_link_primary);
    EXPECT_TRUE(link(a, d)) << "who left may begin anew";
    EXPECT_NE(account(a).link_group, account(b).link_group);
    EXPECT_TRUE(change([&](Transaction& t) { return t.accounts().unlink(b); }));
    EXPECT_EQ(account(c).link_group, std::nullopt);
    EXPECT_FALSE(account(c).is_link_primary);
    EXPECT_FALSE(change([&](Transaction& t) { return t.accounts().unlink(c); }));
}

TEST_P(AccountRecordsTest, KeepsDelegationsUntilTheyEnd) {
    const AccountId admin = add("admin");
    const AccountId chief = add("chief");
    Delegation delegation{.administrator = admin,
                          .unit = "0801234A",
                          .may_reset = true,
                          .granted_by = chief,
                          .valid_until = now() + days(1)};
    change([&](Transaction& t) { t.accounts().put_delegation(delegation); });
    delegation.may_manage = true;
    change([&](Transaction& t) { t.accounts().put_delegation(delegation); });
    const auto delegations = [&] {
        return read([&](Transaction& t) { return t.accounts().delegations_of(admin, now()); });
    };
    ASSERT_EQ(delegations().size(), 1U);
    EXPECT_TRUE(delegations()[0].may_reset);
    EXPECT_TRUE(delegations()[0].may_manage);
    EXPECT_FALSE(delegations()[0].may_hand_over_keys);
    EXPECT_EQ(delegations()[0].granted_by, chief);
    clock_.seconds += 86400;
    EXPECT_TRUE(delegations().empty());
    EXPECT_TRUE(change([&](Transaction& t) { return t.accounts().remove_delegation(admin, "0801234A"); }));
    EXPECT_FALSE(change([&](Transaction& t) { return t.accounts().remove_delegation(admin, "0801234A"); }));
}

TEST_P(AccountRecordsTest, ListsInTheOrderOfLoginsAndByPages) {
    for (const std::string login : {"dora", "anna", "b-2", "carl", "b.1"}) add(login);
    EXPECT_EQ(logins({}), (Logins{"anna", "b-2", "b.1", "carl", "dora"})) << "by bytes on every database";
    EXPECT_EQ(logins({.limit = 3}), (Logins{"anna", "b-2", "b.1"}));
    EXPECT_EQ(logins({.after_login = "b.1", .limit = 3}), (Logins{"carl", "dora"}));
}

TEST_P(AccountRecordsTest, ListsWhatTheFilterAsksFor) {
    add(new_account("anna@example.org", {"a.lee"}, {"staff"}));
    const AccountId bob = add(new_account("bob@example.org", {}, {"staff", "pupils"}));
    NewAccount carl = new_account("carl@example.net", {}, {"pupils"});
    carl.affiliations = {{.profile = Profile::teacher, .unit = "0801234A", .valid_from = now()}};
    add(carl);
    ASSERT_TRUE(change([&](Transaction& t) { return t.accounts().suspend(bob, now()); }));
    EXPECT_EQ(logins({.group = "staff"}), (Logins{"anna@example.org", "bob@example.org"}));
    EXPECT_EQ(logins({.group = "staff", .state = AccountState::suspended}), Logins{"bob@example.org"});
    EXPECT_EQ(logins({.group = "teacher"}), Logins{"carl@example.net"}) << "a profile is a group";
    EXPECT_EQ(logins({.unit = "0801234A"}), Logins{"carl@example.net"});
    EXPECT_EQ(logins({.text = "A.LEE"}), Logins{"anna@example.org"});
    EXPECT_EQ(logins({.text = "display c"}), Logins{"carl@example.net"});
    EXPECT_EQ(logins({.text = "%"}), Logins{}) << "no pattern, plain text";
}

}  // namespace
}  // namespace postern::auth::store
