#include "app/account_import.hpp"

#include "auth/identity_proof.hpp"
#include "tests/unit/app/account_fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace postern::app {
namespace {

class AccountImport : public AccountFixture {
protected:
    int import(const std::string& csv, bool dry_run = false, bool json = false) {
        return account_import({.file = file(csv), .dry_run = dry_run, .json = json}, tools());
    }
    /// What was complained about, with the file's name left out.
    std::string complaints() {
        std::string text = errors();
        const std::string prefix = test_store_.folder().file("file") + ":";
        for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
            text.erase(at, prefix.size());
        return text;
    }
    auth::Account account(std::string_view login) { return *accounts_.find(*auth::Identifier::parse(login)); }
    std::string stored_hash() { return std::string(hasher_.hash(base::Secret("hashed elsewhere"))->reveal()); }
};

TEST_F(AccountImport, AddsEveryAccountOfTheFile) {
    EXPECT_EQ(import("login,password,groups,display_name,aliases,state\n"
                     "Anna@Example.org,secret,staff|pupils,\"Lee, Anna\",a.lee; anna.lee,active\r\n"
                     "bob,\" space, comma \"\"quote\"\"\",,,,suspended\n"
                     "carl,\xC3\xA9t\xC3\xA9,pupils;staff,,,\n"),
              0)
        << errors();
    EXPECT_EQ(output(), "imported 3 accounts\n");
    EXPECT_TRUE(can_log_in("anna.lee", "secret"));
    EXPECT_TRUE(can_log_in("carl", "\xC3\xA9t\xC3\xA9"));
    EXPECT_EQ(account("anna@example.org").display_name, "Lee, Anna");
    EXPECT_EQ(account("a.lee").groups, (std::vector<std::string>{"pupils", "staff"}));
    EXPECT_EQ(account("bob").state, auth::AccountState::suspended);
    EXPECT_EQ(account_resume({.login = "bob"}, tools()), 0);
    EXPECT_TRUE(can_log_in("bob", " space, comma \"quote\""));
}

TEST_F(AccountImport, TakesColumnsInAnyOrderAndAByteOrderMark) {
    EXPECT_EQ(import("\xEF\xBB\xBFState, PASSWORD ,Login\nactive,secret,anna\n"), 0) << errors();
    EXPECT_TRUE(can_log_in("anna", "secret"));
}

TEST_F(AccountImport, TakesPasswordsThatAreHashedAlready) {
    EXPECT_EQ(import("login,password,password_hash\nanna,,\"" + stored_hash() + "\"\nbob,secret,\n"), 0) << errors();
    EXPECT_TRUE(can_log_in("anna", "hashed elsewhere"));
    EXPECT_TRUE(can_log_in("bob", "secret"));
}

TEST_F(AccountImport, AddsAccountsWithoutAPasswordWhenTheFileHasNoSuchColumn) {
    EXPECT_EQ(import("login\nanna\nbob\n"), 0) << errors();
    EXPECT_FALSE(account("anna").has_password);
}

TEST_F(AccountImport, ReadsStandardInput) {
    in_.str("login,password\nanna,secret\n");
    EXPECT_EQ(account_import({.file = "-"}, tools()), 0) << errors();
    EXPECT_TRUE(can_log_in("anna", "secret"));
}

TEST_F(AccountImport, TakesAFileWithNothingButItsHeader) {
    EXPECT_EQ(import("login,password\n"), 0) << errors();
    EXPECT_EQ(output(), "imported 0 accounts\n");
}

TEST_F(AccountImport, OnlySaysWhatItWouldDoWhenAsked) {
    EXPECT_EQ(import("login,password\nanna,secret\n", true), 0) << errors();
    EXPECT_EQ(output(), "would import 1 account\n");
    EXPECT_EQ(accounts(), 0U);
    EXPECT_EQ(import("login,password\nan na,secret\n", true), 1);
    EXPECT_TRUE(complaints().starts_with("2: the login given here contains"));
}

TEST_F(AccountImport, NamesEveryMistakeWithItsLineAndAddsNothing) {
    ASSERT_EQ(import("login\ntaken\n"), 0);
    output();
    EXPECT_EQ(import("login,password,groups,display_name,aliases,state\n"
                     "good,secret,staff,Good,,\n"
                     "bad name,secret,,,,\n"
                     "nopassword,,,,,\n"
                     "\"multi\n"
                     "line\",secret,,,,\n"
                     "group,secret,cooks,,,\n"
                     "state,secret,,,,locked\n"
                     "short,secret\n"
                     "GOOD,secret,,,,\n"
                     "alias,secret,,,good,\n"
                     "new,secret,,,taken,\n"
                     "control,secret,,a\tb,,\n"
                     "long,secret,," +
                     std::string(1025, 'x') + ",,\n"),
              1);
    const std::string text = complaints();
    EXPECT_TRUE(text.contains("3: the login given here contains a character")) << text;
    EXPECT_TRUE(text.contains("4: the row has no password")) << text;
    EXPECT_TRUE(text.contains("5: the login given here contains")) << text;
    EXPECT_TRUE(text.contains("7: the group given here is not in the configuration")) << text;
    EXPECT_TRUE(text.contains("8: the state given here is none of active, suspended, imported, provisional")) << text;
    EXPECT_TRUE(text.contains("9: the row has 2 fields, the header has 6")) << text;
    EXPECT_TRUE(text.contains("10: the name \"good\" is on line 2 already")) << text;
    EXPECT_TRUE(text.contains("11: the name \"good\" is on line 2 already")) << text;
    EXPECT_TRUE(text.contains("12: the name \"taken\" is in the store already")) << text;
    EXPECT_TRUE(text.contains("13: the display name given here contains a control character")) << text;
    EXPECT_TRUE(text.contains("14: field 4 is longer than 1024 bytes")) << text;
    EXPECT_TRUE(text.ends_with("11 mistakes\nnothing was imported\n")) << text;
    EXPECT_EQ(output(), "");
    EXPECT_EQ(accounts(), 1U);
}

struct BadFile {
    std::string name;
    std::string csv;
    std::string why;
};
class ImportRefused : public AccountImport, public testing::WithParamInterface<BadFile> {};

TEST_P(ImportRefused, SaysWhyAndAddsNothing) {
    EXPECT_EQ(import(GetParam().csv), 1);
    const std::string text = complaints();
    EXPECT_TRUE(text.contains(GetParam().why)) << text;
    EXPECT_TRUE(text.ends_with("nothing was imported\n")) << text;
    EXPECT_EQ(accounts(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Account,
    ImportRefused,
    testing::ValuesIn(std::vector<BadFile>{
        {"Empty", "", "1: the file is empty"},
        {"OnlyBlankLines", "\n\n", "1: the file is empty"},
        {"NoLoginColumn", "password\nx\n", "1: there is no column \"login\""},
        {"UnknownColumn", "login,colour\nanna,red\n", "1: column 2 has a name that is unknown; columns are login"},
        {"ColumnTwice", "login,password,login\na,b,c\n", "1: the column \"login\" is there twice"},
        {"SemicolonsInPlaceOfCommas", "login;password\nanna;x\n", "1: column 1 has a name that is unknown"},
        {"BadUtf8", "login,password\nanna,\xE9\n", "2: is not valid UTF-8"},
        {"Utf16", std::string("\xFF\xFEl\0o\0", 6), "1: is not valid UTF-8"},
        {"NulInAPassword", std::string("login,password\nanna,a\0b\n", 24), "2: contains a NUL byte"},
        {"UnbalancedQuote", "login,password\nanna,\"x\nbob,y\n",
         "2: a quoted field of the row that begins here never ends"},
        {"MisplacedQuote", "login,password\nan\"na,x\n", "2: a quote stands inside a field"},
        {"MillionCharacterField", "login,password\nanna," + std::string(1'000'000, 'x') + "\n",
         "2: field 2 is longer than 1024 bytes"},
        {"TooManyFields", "login,password\nanna,x,y\n", "2: the row has 3 fields, the header has 2"},
        {"BothKindsOfPassword", "login,password,password_hash\nanna,x,$argon2id$x\n",
         "2: the row has a password and a password_hash"},
        {"UnknownKindOfHash", "login,password_hash\nanna,$2b$12$abcdefghijklmnopqrstuv\n",
         "2: the password_hash is not what its scheme makes"},
        {"HashThatTakesAllMemory",
         "login,password_hash\nanna,\"$argon2id$v=19$m=4194304,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + std::string(43, 'A') +
             "\"\n",
         "2: the password_hash is not of Argon2id 1.3"},
        {"LoginTwice", "login,password\nanna,x\nANNA,y\n", "3: the name \"anna\" is on line 2 already"},
        {"AliasEqualsItsLogin", "login,aliases\nanna,anna\n", "2: the alias \"anna\" is the login itself"},
        {"TooManyAliases",
         "login,aliases\nanna," +
             [] {
                 std::string list;
                 for (int i = 0; i < 65; ++i) list += "a" + std::to_string(i) + ";";
                 return list;
             }() +
             "\n",
         "2: there are more than 64 aliases"},
        {"LastRowIsTheBadOne", "login,password\na,x\nb,x\nc,x\nd e,x\n", "5: the login given here contains"},
    }),
    [](const auto& test) { return test.param.name; });

TEST_F(AccountImport, NeverRepeatsAPasswordThatStandsInTheWrongColumn) {
    EXPECT_EQ(import("login,password,groups\nanna,pass,canary word\n"), 1);
    EXPECT_FALSE(complaints().contains("canary"));
    EXPECT_EQ(import("login,password\ncanary secret,anna\n"), 1);
    EXPECT_FALSE(complaints().contains("canary"));
    EXPECT_EQ(import("login,groups\nanna,canary\n"), 1);
    EXPECT_TRUE(complaints().contains("canary")) << "no password is in this file";
}

TEST_F(AccountImport, ShowsAHundredMistakesAndCountsTheOthers) {
    std::string csv = "login\n";
    for (int i = 0; i < 250; ++i) csv += "bad name\n";
    EXPECT_EQ(import(csv), 1);
    const std::string text = complaints();
    EXPECT_EQ(std::ranges::count(text, '\n'), 103);
    EXPECT_TRUE(text.contains("101: the login")) << text;
    EXPECT_FALSE(text.contains("102: the login")) << text;
    EXPECT_TRUE(text.ends_with("and 150 more mistakes\n250 mistakes\nnothing was imported\n")) << text;
}

TEST_F(AccountImport, GivesTheSameAsJson) {
    EXPECT_EQ(import("login\nan na\n", false, true), 1);
    const auto value = boost::json::parse(output());
    EXPECT_EQ(value.at("accounts"), 0);
    EXPECT_EQ(value.at("error_count"), 1);
    EXPECT_EQ(value.at("errors").at(0).at("line"), 2);
    EXPECT_EQ(import("login\nanna\n", true, true), 0);
    const auto good = boost::json::parse(output());
    EXPECT_EQ(good.at("accounts"), 1);
    EXPECT_EQ(good.at("dry_run"), true);
    EXPECT_TRUE(good.at("errors").as_array().empty());
}

TEST_F(AccountImport, NeverRepeatsAPassword) {
    const std::string canary = "canary";
    for (const std::string& csv : {
             "login,password\nanna," + canary + "\nanna," + canary + "\n",
             "anna," + canary + "\nbob," + canary + "\n",
             "login,password\nanna," + canary + ",x\n",
             "login,password\nanna," + canary + "\"\n",
             "login,password_hash\nanna," + canary + "\n",
             "login,password\nanna," + canary + "\xFF\n",
         }) {
        EXPECT_EQ(import(csv), 1) << csv;
        const std::string text = output() + errors();
        EXPECT_FALSE(text.contains(canary)) << text;
    }
}

TEST_F(AccountImport, SaysWhichFilesItCannotRead) {
    EXPECT_EQ(account_import({.file = "/nonexistent/accounts.csv"}, tools()), 1);
    EXPECT_EQ(errors(), "the file /nonexistent/accounts.csv cannot be opened\nnothing was imported\n");
    EXPECT_EQ(account_import({.file = test_store_.folder().file(".")}, tools()), 1);
    EXPECT_TRUE(errors().contains("cannot be read"));
    EXPECT_EQ(import(std::string(64UL * 1024 * 1024 + 1, 'x')), 1);
    EXPECT_TRUE(errors().contains("is larger than 64 MiB"));
}

TEST_F(AccountImport, ShowsProgressOnlyOnATerminal) {
    AccountTools on_terminal = tools();
    on_terminal.shows_progress = true;
    const std::string path = file("login,password\nanna,secret\nbob,secret\n");
    EXPECT_EQ(account_import({.file = path}, on_terminal), 0);
    EXPECT_TRUE(errors().ends_with("\rhashing passwords: 2 of 2\n"));
    EXPECT_EQ(import("login,password\ncarl,secret\n"), 0);
    EXPECT_EQ(errors(), "");
}

TEST_F(AccountImport, TakesWhatProvesWhoSomebodyIsAndKeepsNothingOfItInClear) {
    in_.str(
        "login,state,numen,birth_date,family_name,given_name,affiliations,language,recovery_mail\n"
        "anna@example.org,imported,22E0812345ABC,14/07/"
        "1980,Dupont,Anna,teacher@0801234A;parent@0809999Z,en,anna@home.org\n");
    ASSERT_EQ(account_import({.file = "-"}, tools()), 0) << errors();
    const auto anna = accounts_.find(test::name("anna@example.org")).value();
    EXPECT_EQ(anna.state, auth::AccountState::imported);
    EXPECT_EQ(anna.language, "en");
    ASSERT_EQ(anna.affiliations.size(), 2U);
    const auto numen = auth::secret_identifier(test_store_.keyring, auth::SecretIdentifierKind::numen, "22E0812345ABC");
    EXPECT_EQ(test_store_.store().read([&](auth::Transaction& t) { return t.accounts().find(numen); }).value(),
              anna.id);
    const auto contacts =
        test_store_.store().read([&](auth::Transaction& t) { return t.contacts().of_account(anna.id); }).value();
    ASSERT_EQ(contacts.size(), 1U);
    EXPECT_FALSE(contacts[0].address.contains("home.org")) << "sealed";

    in_.clear();
    in_.str("login,state,numen\nbob@example.org,imported,22 E0812345 ABC\n");
    EXPECT_EQ(account_import({.file = "-"}, tools()), 1);
    EXPECT_TRUE(errors().contains("-:2: an account in the store has this numen, student or staff number"));
}

TEST_F(AccountImport, GivesPasswordsToBeginWith) {
    in_.str("login,state,password\nanna@example.org,provisional,letter-1\nbob@example.org,imported,\n");
    ASSERT_EQ(account_import({.file = "-"}, tools()), 0) << errors();
    EXPECT_FALSE(can_log_in("anna@example.org", "letter-1")) << "it only begins the activation";
    const auto own = accounts_.credentials(accounts_.find(test::name("anna@example.org"))->id).value();
    ASSERT_EQ(own.size(), 1U);
    EXPECT_EQ(own[0].kind, auth::CredentialKind::provisional);
    EXPECT_EQ(own[0].expires_at, test_store_.clock.now() + std::chrono::days(30));
}

TEST_F(AccountImport, TellsMistakesAboutPeopleWithoutRepeatingWhatProvesThem) {
    in_.str(
        "login,state,numen,student_number,birth_date,affiliations,language,recovery_mail\n"
        "a@example.org,imported,22E08,,,,,\n"
        "b@example.org,imported,22E0812345ABC,,,,,\n"
        "c@example.org,imported,22E0812345abc,,,,,\n"
        "d@example.org,imported,,1;2,,,,\n"
        "e@example.org,imported,,,31/02/1980,,,\n"
        "f@example.org,imported,,,,king@x,,\n"
        "g@example.org,imported,,,,pupil,,\n"
        "h@example.org,imported,,,,,de,\n"
        "i@example.org,imported,,,,,,nowhere\n"
        "j@example.org,must_change,,,,,,\n"
        "k@example.org,provisional,,,,,,\n");
    EXPECT_EQ(account_import({.file = "-"}, tools()), 1);
    const std::string told = errors();
    for (const std::string line : {"-:2: the numen cannot be one", "-:4: the numen is on line 3 already",
                                   "-:5: the student_number cannot be one", "-:6: the birth_date does not exist",
                                   "-:7: the affiliation \"king@x\" is not written as profile@unit",
                                   "-:8: the affiliation \"pupil\"", "-:9: the language is neither fr nor en",
                                   "-:10: the recovery_mail is no mail", "-:11: the state \"must_change\" is none of",
                                   "-:12: the row has no password for its activation", "nothing was imported"}) {
        EXPECT_TRUE(told.contains(line)) << line << "\n" << told;
    }
    EXPECT_FALSE(told.contains("22E08"));
    EXPECT_EQ(accounts(), 0U);
}

}  // namespace
}  // namespace postern::app
