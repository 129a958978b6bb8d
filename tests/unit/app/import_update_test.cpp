// Bringing accounts up to date by `postern account import --update`.
#include "app/account_import.hpp"
#include "auth/identity_proof.hpp"
#include "auth/journal.hpp"
#include "tests/unit/app/account_fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace postern::app {
namespace {

using auth::Profile;

struct How {
    bool replace = false;
    bool dry_run = false;
    bool json = false;
};

class ImportUpdate : public AccountFixture {
protected:
    int update(const std::string& csv, How how = {}) {
        in_.clear();
        in_.str(csv);
        return account_import(
            {.file = "-", .update = true, .replace = how.replace, .dry_run = how.dry_run, .json = how.json}, tools());
    }
    auth::Account account(std::string_view login) { return *accounts_.find(test::name(login)); }
    void import(const std::string& csv) {
        in_.clear();
        in_.str(csv);
        ASSERT_EQ(account_import({.file = "-"}, tools()), 0) << errors();
        output();
        test_store_.clock.seconds += 86400;
    }
    std::vector<std::string> affiliations(std::string_view login) {
        std::vector<std::string> live;
        for (const auto& each : account(login).affiliations)
            if (each.is_live(test_store_.clock.now()))
                live.push_back(std::string(auth::name_of(each.profile)) + '@' + each.unit);
        return live;
    }
    std::size_t rows_of_journal() {
        return test_store_.store().read([](auth::Transaction& t) { return t.journal().after(0, 1000); }).value().size();
    }
    std::vector<auth::Contact> contacts(std::string_view login) {
        return test_store_.store()
            .read([&](auth::Transaction& t) { return t.contacts().of_account(account(login).id); })
            .value();
    }
};

TEST_F(ImportUpdate, ShowsTheDifferencesAndChangesNothingWhenAsked) {
    import("login,password,display_name,groups,aliases\nanna,secret,Anna,staff,a.lee\nbob,secret,Bob,staff,\n");
    const auto before = account("anna").row_version;
    const std::string csv =
        "login,password,display_name,groups,aliases,affiliations,numen,birth_date,recovery_mail,language\n"
        "anna,,Anna Lee,staff;pupils,anna.lee,teacher@0801234A,22E0812345ABC,14/07/1980,anna@home.org,en\n"
        "bob,,Bob,staff,,,,,,fr\n"
        "carl,secret,Carl,,,,,,,\n";
    EXPECT_EQ(update(csv, {.dry_run = true}), 0) << errors();
    EXPECT_EQ(output(),
              "-:2: anna\n"
              "    display_name: Anna -> Anna Lee\n"
              "    language: fr -> en\n"
              "    + group pupils\n"
              "    + alias anna.lee\n"
              "    + affiliation teacher@0801234A\n"
              "    numen: (hidden)\n"
              "    birth: (hidden)\n"
              "    recovery_mail: (hidden)\n"
              "-:4: carl: is new\n"
              "would add 1 account, change 1, leave 1 as they are\n");
    EXPECT_EQ(account("anna").row_version, before);
    EXPECT_EQ(accounts(), 2U);

    EXPECT_EQ(update(csv), 0) << errors();
    EXPECT_EQ(output(), "added 1 account, changed 1, left 1 as they are\n");
    const auto anna = account("anna.lee");
    EXPECT_EQ(anna.display_name, "Anna Lee");
    EXPECT_EQ(anna.language, "en");
    EXPECT_EQ(anna.groups, (std::vector<std::string>{"pupils", "staff"}));
    EXPECT_EQ(anna.aliases, (std::vector{test::name("a.lee"), test::name("anna.lee")}));
    EXPECT_EQ(affiliations("anna"), std::vector<std::string>{"teacher@0801234A"});
    EXPECT_EQ(contacts("anna").size(), 1U);
    const auto proof = test_store_.store().read([&](auth::Transaction& t) { return t.accounts().birth_of(anna.id); });
    EXPECT_EQ(proof->date, auth::birth_mac(test_store_.keyring, anna.id, *auth::birth_date("1980-07-14")));
    EXPECT_TRUE(can_log_in("anna", "secret"));
    EXPECT_TRUE(can_log_in("carl", "secret"));
}

TEST_F(ImportUpdate, DoesNothingTheSecondTime) {
    const std::string csv =
        "login,password,display_name,groups,aliases,affiliations,numen,birth_date,family_name,given_name,recovery_"
        "mail\n"
        "anna,secret,Anna,staff,a.lee,teacher@0801234A,22E0812345ABC,14/07/1980,Lee,Anna,anna@home.org\n";
    EXPECT_EQ(update(csv), 0) << errors();
    EXPECT_EQ(output(), "added 1 account, changed 0, left 0 as they are\n");
    const auto version = account("anna").row_version;
    const auto rows = rows_of_journal();
    test_store_.clock.seconds += 86400;
    for (const bool replace : {false, true}) {
        EXPECT_EQ(update(csv, {.replace = replace}), 0) << errors();
        EXPECT_EQ(output(), "added 0 accounts, changed 0, left 1 as they are\n");
    }
    EXPECT_EQ(account("anna").row_version, version);
    EXPECT_EQ(rows_of_journal(), rows) << "nothing was decided";
}

TEST_F(ImportUpdate, OnlyAddsToListsAndLeavesWhatTheFileLeavesEmpty) {
    import("login,display_name,groups,aliases,affiliations,language\nanna,Anna,staff,a.lee,pupil@A,en\n");
    EXPECT_EQ(update("login,display_name,groups,aliases,affiliations,language\nanna,,pupils,anna.lee,pupil@B,\n"), 0);
    const auto anna = account("anna");
    EXPECT_EQ(anna.display_name, "Anna");
    EXPECT_EQ(anna.language, "en");
    EXPECT_EQ(anna.groups, (std::vector<std::string>{"pupils", "staff"}));
    EXPECT_EQ(anna.aliases.size(), 2U);
    EXPECT_EQ(affiliations("anna"), (std::vector<std::string>{"pupil@A", "pupil@B"}));
}

TEST_F(ImportUpdate, ReplacesListsWhenAskedButOnlyOfThePeopleTheFileIsAbout) {
    import(
        "login,groups,aliases,affiliations\n"
        "anna,staff,a.lee,student@A;doctoral@LAB\nbob,staff,b.lee,student@A\ncarl,staff,,student@A\n");
    EXPECT_EQ(update("login,groups,affiliations\nanna,pupils,student@B\nbob,,\n", {.replace = true, .dry_run = true}),
              0);
    EXPECT_EQ(output(),
              "-:2: anna\n"
              "    + group pupils\n"
              "    - group staff\n"
              "    + affiliation student@B\n"
              "    - affiliation student@A\n"
              "-:3: bob\n"
              "    - group staff\n"
              "    - affiliation student@A\n"
              "would add 0 accounts, change 2, leave 0 as they are\n");
    EXPECT_EQ(update("login,groups,affiliations\nanna,pupils,student@B\nbob,,\n", {.replace = true}), 0) << errors();
    EXPECT_EQ(account("anna").groups, std::vector<std::string>{"pupils"});
    EXPECT_EQ(account("anna").aliases.size(), 1U) << "the file has no such column";
    EXPECT_EQ(affiliations("anna"), (std::vector<std::string>{"doctoral@LAB", "student@B"})) << "another source's";
    EXPECT_TRUE(account("bob").groups.empty());
    EXPECT_TRUE(affiliations("bob").empty());
    EXPECT_EQ(affiliations("carl"), std::vector<std::string>{"student@A"}) << "the file says nothing of him";
    EXPECT_EQ(account("bob").affiliations.size(), 1U) << "it has ended; that it was is kept";

    output();
    EXPECT_EQ(update("login,groups,affiliations\nanna,pupils,student@B\nbob,,\n", {.replace = true}), 0) << errors();
    EXPECT_EQ(output(), "added 0 accounts, changed 0, left 2 as they are\n") << "what has ended does not end again";
    EXPECT_EQ(update("login,affiliations,aliases\nbob,student@A,bobby\n", {.replace = true}), 0) << errors();
    EXPECT_EQ(affiliations("bob"), std::vector<std::string>{"student@A"}) << "he came back";
    EXPECT_EQ(account("bob").aliases, std::vector{test::name("bobby")});
}

TEST_F(ImportUpdate, TakesAwayWhatHasNotBegunYet) {
    import("login,affiliations\nanna,student@A\n");
    const auto next_week = test_store_.clock.now() + std::chrono::days(7);
    ASSERT_TRUE(accounts_.put_affiliation(account("anna").id, {Profile::student, "B", next_week, {}}));
    EXPECT_EQ(update("login,affiliations\nanna,student@A\n", {.replace = true}), 0) << errors();
    EXPECT_EQ(account("anna").affiliations.size(), 1U);
}

TEST_F(ImportUpdate, LeavesTheDatesOfALiveAffiliation) {
    import("login,affiliations\nanna,student@A\n");
    const auto end = test_store_.clock.now() + std::chrono::days(90);
    auto own = account("anna").affiliations.front();
    own.valid_until = end;
    ASSERT_TRUE(accounts_.put_affiliation(account("anna").id, own));
    EXPECT_EQ(update("login,affiliations\nanna,student@A\n", {.replace = true}), 0) << errors();
    EXPECT_EQ(account("anna").affiliations.front(), own);
}

TEST_F(ImportUpdate, NeverTouchesAPasswordNorARecoveryAddressThatIsThere) {
    import("login,password,recovery_mail\nanna,secret,anna@home.org\n");
    const auto before = contacts("anna");
    EXPECT_EQ(update("login,password,recovery_mail\nanna,other,thief@evil.org\n"), 0) << errors();
    EXPECT_EQ(output(), "added 0 accounts, changed 0, left 1 as they are\n");
    EXPECT_TRUE(can_log_in("anna", "secret"));
    EXPECT_FALSE(can_log_in("anna", "other"));
    EXPECT_EQ(contacts("anna").front().mac, before.front().mac);
}

TEST_F(ImportUpdate, SuspendsButNeverMakesActive) {
    import("login,state\nanna,\nbob,suspended\n");
    EXPECT_EQ(update("login,state\nanna,suspended\nbob,active\n"), 0) << errors();
    EXPECT_EQ(account("anna").state, auth::AccountState::suspended);
    EXPECT_EQ(account("bob").state, auth::AccountState::suspended) << "somebody may have had a reason";
    EXPECT_EQ(account_resume({.login = "anna"}, tools()), 0);
    EXPECT_EQ(account("anna").state, auth::AccountState::active);
}

TEST_F(ImportUpdate, NamesEveryMistakeWithItsLineAndChangesNothing) {
    import(
        "login,aliases,affiliations,numen\n"
        "anna,a.lee,pupil@A,22E0812345ABC\nbob,,,\ncarl,,,\ndora,,staff@A,\n");
    ASSERT_TRUE(accounts_.close(account("carl").id));
    ASSERT_TRUE(accounts_.link(account("bob").id, account("dora").id));
    EXPECT_EQ(update("login,password,display_name,aliases,affiliations,numen\n"
                     "anna,,New,,staff@A,\n"
                     "a.lee,,,,,\n"
                     "carl,,,,,\n"
                     "bob,,,,pupil@A,\n"),
              1);
    EXPECT_EQ(errors(),
              "-:2: a pupil and a member of the staff are never one person\n"
              "-:3: the login is another name of anna, which must stand in its place\n"
              "-:4: the account is closed\n"
              "-:5: a pupil and a member of the staff are never one person\n"
              "4 mistakes\nnothing was imported\n");
    EXPECT_EQ(update("login,password,display_name,aliases,affiliations,numen\n"
                     "anna,,New,,,\n"
                     "bob,,,a.lee,,\n"
                     "dora,,,,,22E0812345ABC\n"
                     "emil,,,,,\n"
                     "frida,secret,,,pupil@A;staff@A,\n"),
              1);
    EXPECT_EQ(errors(),
              "-:3: the name \"a.lee\" is in the store already\n"
              "-:4: an account in the store has this numen, student or staff number\n"
              "-:5: the row has no password; a file for accounts without one has neither column\n"
              "-:6: a pupil and a member of the staff are never one person\n"
              "4 mistakes\nnothing was imported\n");
    EXPECT_EQ(account("anna").display_name, "");
    EXPECT_EQ(accounts(), 4U);
}

TEST_F(ImportUpdate, ReplacesANumber) {
    import("login,numen\nanna,22E0812345ABC\n");
    EXPECT_EQ(update("login,numen\nanna,22E0812345ABD\n"), 0) << errors();
    const auto find = [&](std::string_view number) {
        const auto numen = auth::secret_identifier(test_store_.keyring, auth::SecretIdentifierKind::numen, number);
        return test_store_.store().read([&](auth::Transaction& t) { return t.accounts().find(numen); }).value();
    };
    EXPECT_EQ(find("22E0812345ABD"), account("anna").id);
    EXPECT_EQ(find("22E0812345ABC"), std::nullopt);
}

TEST_F(ImportUpdate, JournalsWhatWasDoneAndNothingThatDescribesThePerson) {
    import("login,groups\nanna,staff\n");
    EXPECT_EQ(update("login,display_name,groups,aliases,affiliations,numen,recovery_mail\n"
                     "anna,Canary Lee,pupils,a.lee,student@A,22E0812345ABC,canary@home.org\n",
                     {.replace = true}),
              0)
        << errors();
    const auto rows = test_store_.store().read([](auth::Transaction& t) { return t.journal().after(0, 1000); }).value();
    EXPECT_EQ(rows.back().action, "account.update");
    EXPECT_EQ(rows.back().subject_id, account("anna").id);
    EXPECT_EQ(rows.back().detail,
              "display_name, +group pupils, -group staff, +alias a.lee, +affiliation student@A, numen, recovery_mail");
}

TEST_F(ImportUpdate, TellsTheDifferencesAsJson) {
    import("login,groups\nanna,staff\n");
    EXPECT_EQ(update("login,groups\nanna,pupils\nbob,\n", {.dry_run = true, .json = true}), 0) << errors();
    const auto told = boost::json::parse(output());
    EXPECT_EQ(told, boost::json::parse(R"({"file":"-","dry_run":true,"accounts":1,"changed":1,"unchanged":0,
        "errors":[],"error_count":0,"differences":[
        {"line":2,"login":"anna","is_new":false,"changes":[{"field":"group","before":"","after":"pupils"}]},
        {"line":3,"login":"bob","is_new":true,"changes":[]}]})"));
}

TEST_F(ImportUpdate, ReplacesOnlyTogetherWithAnUpdate) {
    EXPECT_EQ(account_import({.file = "-", .replace = true}, tools()), 2);
    EXPECT_TRUE(errors().contains("give --update as well"));
}

}  // namespace
}  // namespace postern::app
