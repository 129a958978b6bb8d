#include "app/account_show.hpp"
#include "tests/unit/app/account_fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace postern::app {
namespace {

class AccountCommand : public AccountFixture {
protected:
    int add(const std::string& login) {
        AccountAddOptions options;
        options.login = login;
        options.no_password = true;
        return account_add(options, tools());
    }
};

TEST_F(AccountCommand, AddsAnAccountWhosePasswordWasTypedTwice) {
    prompt_.answers = {"secret", "secret"};
    AccountAddOptions options;
    options.login = "Anna@Example.org";
    options.aliases = {"a.lee"};
    options.groups = {"staff", "pupils", "staff"};
    options.display_name = "Anna Lee";
    EXPECT_EQ(account_add(options, tools()), 0) << errors();
    EXPECT_EQ(output(), "added anna@example.org\n");
    EXPECT_EQ(prompt_.asked.size(), 2U);
    EXPECT_TRUE(can_log_in("a.lee", "secret"));
    EXPECT_FALSE(can_log_in("a.lee", "Secret"));
    const auto account = accounts_.find(*auth::Identifier::parse("a.lee"));
    EXPECT_EQ(account->groups, (std::vector<std::string>{"pupils", "staff"}));
    EXPECT_EQ(account->display_name, "Anna Lee");
}

TEST_F(AccountCommand, TakesTheFirstLineOfAFileAsThePassword) {
    AccountAddOptions options;
    options.login = "anna";
    options.password_file = file(" first line \r\nsecond line\n");
    EXPECT_EQ(account_add(options, tools()), 0) << errors();
    EXPECT_TRUE(can_log_in("anna", " first line "));
}

TEST_F(AccountCommand, TakesTheFirstLineOfStandardInputAsThePassword) {
    in_.str("secret\nmore");
    AccountAddOptions options;
    options.login = "anna";
    options.password_file = "-";
    EXPECT_EQ(account_add(options, tools()), 0) << errors();
    EXPECT_TRUE(can_log_in("anna", "secret"));
    EXPECT_TRUE(prompt_.asked.empty());
}

TEST_F(AccountCommand, AddsAnAccountNobodyCanLogInWithYet) {
    EXPECT_EQ(add("anna"), 0) << errors();
    EXPECT_FALSE(accounts_.find(*auth::Identifier::parse("anna"))->has_password);
    EXPECT_TRUE(prompt_.asked.empty());
}

struct RefusedAdd {
    std::string name;
    AccountAddOptions options;
    std::deque<std::string> typed;
    int status;
    std::string why;
};
class AddRefused : public AccountCommand, public testing::WithParamInterface<RefusedAdd> {};

TEST_P(AddRefused, SaysWhyAndAddsNothing) {
    ASSERT_EQ(add("taken"), 0);
    output();
    prompt_.answers = GetParam().typed;
    EXPECT_EQ(account_add(GetParam().options, tools()), GetParam().status);
    EXPECT_EQ(errors(), GetParam().why + "\n");
    EXPECT_EQ(output(), "");
    EXPECT_EQ(accounts(), 1U);
}

AccountAddOptions adding(const std::string& login,
                         const std::vector<std::string>& aliases = {},
                         const std::vector<std::string>& groups = {},
                         const std::string& display_name = "") {
    AccountAddOptions options;
    options.login = login;
    options.aliases = aliases;
    options.groups = groups;
    options.display_name = display_name;
    return options;
}

AccountAddOptions with_file(AccountAddOptions options, const std::string& path, bool no_password = false) {
    options.password_file = path;
    options.no_password = no_password;
    return options;
}

INSTANTIATE_TEST_SUITE_P(
    Account,
    AddRefused,
    testing::ValuesIn(std::vector<RefusedAdd>{
        {"BadLogin",
         adding("an na"),
         {},
         1,
         "the login \"an na\" contains a character other than letters, digits and ! # $ & + - . = ? ^ _ ~"},
        {"TerminalEscapeInTheLogin",
         adding("an\x1B[2Jna"),
         {},
         1,
         "the login \"an?[2Jna\" contains a character other than letters, digits and ! # $ & + - . = ? ^ _ ~"},
        {"TakenLogin",
         adding("taken"),
         {"x", "x"},
         1,
         "the name taken is in use already: see `postern account show taken`"},
        {"TakenAlias",
         adding("anna", {"taken"}),
         {"x", "x"},
         1,
         "the name taken is in use already: see `postern account show taken`"},
        {"AliasTwice", adding("anna", {"a", "A"}), {}, 1, "the alias \"a\" is given twice"},
        {"AliasIsTheLogin", adding("anna", {"ANNA"}), {}, 1, "the alias \"ANNA\" is the login itself: leave it out"},
        {"UnknownGroup",
         adding("anna", {}, {"cooks"}),
         {},
         1,
         "the group \"cooks\" is not in the configuration (it lists pupils, staff): add it to `groups` there first"},
        {"BadDisplayName",
         adding("anna", {}, {}, "a\nb"),
         {},
         1,
         "the display name \"a?b\" contains a control character"},
        {"PasswordsDiffer", adding("anna"), {"one", "two"}, 1, "the two passwords differ: start again"},
        {"NothingTyped", adding("anna"), {}, 1, "no password was typed"},
        {"EmptyPassword", adding("anna"), {"", ""}, 1, "the password is empty"},
        {"LongPassword",
         adding("anna"),
         {std::string(1025, 'x'), std::string(1025, 'x')},
         1,
         "the password is longer than 1024 bytes"},
        {"BothKindsOfPassword",
         with_file(adding("anna"), "x", true),
         {},
         2,
         "give one of --no-password, --provisional and --password-file"},
        {"NoSuchFile",
         with_file(adding("anna"), "/nonexistent/password"),
         {},
         1,
         "the password file /nonexistent/password cannot be opened"},
        {"FolderInPlaceOfAFile", with_file(adding("anna"), "/"), {}, 1, "the password file / cannot be read"},
    }),
    [](const auto& test) { return test.param.name; });

TEST_F(AccountCommand, ShowsAnAccountByAnyOfItsNames) {
    AccountAddOptions options = adding("anna@example.org", {"b.lee", "a.lee"}, {"staff"}, "Anna Lee");
    options.no_password = true;
    ASSERT_EQ(account_add(options, tools()), 0);
    output();
    EXPECT_EQ(account_show({.login = "B.Lee"}, helpdesk()), 0);
    EXPECT_EQ(output(),
              "login:        anna@example.org\n"
              "id:           " +
                  std::to_string(accounts_.find(*auth::Identifier::parse("a.lee"))->id) +
                  "\n"
                  "aliases:      a.lee, b.lee\n"
                  "display name: Anna Lee\n"
                  "groups:       staff\n"
                  "affiliations: \n"
                  "valid:        always\n"
                  "state:        active\n"
                  "password:     not set: nobody can log in with one\n"
                  "created:      2027-01-15T08:00:00Z\n"
                  "changed:      2027-01-15T08:00:00Z\n"
                  "linked to:    none\n"
                  "credentials:  none\n"
                  "OTP key:      none\n"
                  "recovery:     none\n"
                  "redirection:  none\n"
                  "charter:      none\n");
}

TEST_F(AccountCommand, ShowsAnAccountAsJson) {
    AccountAddOptions options = adding("anna", {"a.lee"}, {"staff"}, "Anna \"\xC3\x89\" Lee");
    options.no_password = true;
    options.json = true;
    EXPECT_EQ(account_add(options, tools()), 0);
    auto value = boost::json::parse(output());
    EXPECT_EQ(account_show({.login = "anna", .json = true}, helpdesk()), 0);
    auto shown = boost::json::parse(output());
    for (const auto* more :
         {"linked_to", "credentials", "otp_key", "recovery", "redirection", "charter", "delegations"})
        EXPECT_EQ(shown.as_object().erase(more), 1U) << more;
    EXPECT_EQ(shown, value);
    EXPECT_EQ(value.as_object()["id"].as_int64(), accounts_.find(*auth::Identifier::parse("anna"))->id);
    value.as_object()["id"] = 1;
    EXPECT_EQ(value,
              boost::json::parse(R"({"id": 1, "login": "anna", "aliases": ["a.lee"], "display_name": "Anna \"É\" Lee",
        "groups": ["staff"], "affiliations": [], "language": "fr", "state": "active", "valid_from": null,
        "valid_until": null, "linked": false, "has_password": false,
        "created_at": "2027-01-15T08:00:00Z", "changed_at": "2027-01-15T08:00:00Z"})"));
}

TEST_F(AccountCommand, SaysWhenThereIsNoSuchAccount) {
    EXPECT_EQ(account_show({.login = "nobody"}, helpdesk()), 1);
    EXPECT_EQ(errors(), "there is no account named nobody: `postern account list` shows which there are\n");
    EXPECT_EQ(account_passwd({.login = "nobody", .password_file = {}}, tools()), 1);
    EXPECT_TRUE(prompt_.asked.empty()) << "no password is asked for in vain";
    EXPECT_EQ(account_suspend({.login = "nobody"}, tools()), 1);
    EXPECT_EQ(account_resume({.login = "no body"}, tools()), 1);
}

TEST_F(AccountCommand, ListsAccountsAsATable) {
    ASSERT_EQ(add("bob"), 0);
    ASSERT_EQ(account_suspend({.login = "bob"}, tools()), 0);
    AccountAddOptions options = adding("anna@example.org", {}, {"staff", "pupils"}, "Anna Lee");
    prompt_.answers = {"x", "x"};
    ASSERT_EQ(account_add(options, tools()), 0);
    output();
    EXPECT_EQ(account_list({}, tools()), 0);
    EXPECT_EQ(output(),
              "LOGIN                                STATE        PASSWORD GROUPS                   NAME\n"
              "anna@example.org                     active       set      pupils, staff            Anna Lee\n"
              "bob                                  suspended    none                              \n");
}

TEST_F(AccountCommand, ListsWhatTheOptionsAskFor) {
    for (const std::string login : {"anna", "bob", "carl"}) ASSERT_EQ(add(login), 0);
    ASSERT_EQ(account_suspend({.login = "bob"}, tools()), 0);
    const auto listed = [&](const AccountListOptions& options) {
        output();
        EXPECT_EQ(account_list(options, tools()), 0);
        std::string logins;
        for (const auto& value : boost::json::parse(output()).as_array()) {
            logins += std::string(value.at("login").as_string()) + ' ';
        }
        return logins;
    };
    EXPECT_EQ(listed({.group = {}, .state = {}, .text = {}, .json = true}), "anna bob carl ");
    EXPECT_EQ(listed({.group = {}, .state = "suspended", .text = {}, .json = true}), "bob ");
    EXPECT_EQ(listed({.group = {}, .state = {}, .text = "AR", .json = true}), "carl ");
    EXPECT_EQ(listed({.group = "staff", .state = {}, .text = {}, .json = true}), "");
    EXPECT_EQ(account_list({.group = {}, .state = "locked", .text = {}}, tools()), 2);
}

TEST_F(AccountCommand, ListsMoreThanOnePage) {
    std::vector<auth::AccountWithPassword> many;
    for (int i = 0; i < 2500; ++i) many.emplace_back(test::new_account("n" + std::to_string(i)), base::Secret());
    ASSERT_TRUE(accounts_.add(many));
    EXPECT_EQ(account_list({.group = {}, .state = {}, .text = {}, .json = true}, tools()), 0);
    EXPECT_EQ(boost::json::parse(output()).as_array().size(), 2500U);
}

TEST_F(AccountCommand, SetsANewPassword) {
    ASSERT_EQ(add("anna"), 0);
    for (const std::string password : {"first", "second"}) {
        prompt_.answers = {password, password};
        output();
        EXPECT_EQ(account_passwd({.login = "anna", .password_file = {}}, tools()), 0) << errors();
        EXPECT_EQ(output(), "new password set for anna\n");
        EXPECT_TRUE(can_log_in("anna", password));
    }
    EXPECT_FALSE(can_log_in("anna", "first"));
}

TEST_F(AccountCommand, DisablesAndEnablesAsOftenAsOneLikes) {
    ASSERT_EQ(add("anna"), 0);
    output();
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(account_suspend({.login = "ANNA"}, tools()), 0);
        EXPECT_EQ(output(), "suspended anna\n");
        EXPECT_EQ(accounts_.find(*auth::Identifier::parse("anna"))->state, auth::AccountState::suspended);
    }
    EXPECT_EQ(account_resume({.login = "anna"}, tools()), 0);
    EXPECT_EQ(output(), "resumed anna\n");
    EXPECT_EQ(accounts_.find(*auth::Identifier::parse("anna"))->state, auth::AccountState::active);
}

TEST_F(AccountCommand, NeverPrintsAPasswordOrVerifier) {
    prompt_.answers = {"canary", "canary", "canary", "other"};
    std::ignore = account_add(adding("anna"), tools());
    std::ignore = account_add(adding("anna", {}, {}, ""), tools());
    std::ignore = account_show({.login = "anna", .json = true}, helpdesk());
    std::ignore = account_list({.group = {}, .state = {}, .text = {}, .json = true}, tools());
    const std::string everything = output() + errors();
    EXPECT_FALSE(everything.contains("canary")) << everything;
    EXPECT_FALSE(everything.contains("$argon2id$")) << everything;
    EXPECT_TRUE(everything.contains("differ")) << everything;
}

}  // namespace
}  // namespace postern::app
