#include "app/account_show.hpp"
#include "app/account_text.hpp"
#include "app/helpdesk_support.hpp"
#include "app/outbox_command.hpp"
#include "app/person_command.hpp"
#include "tests/unit/app/account_fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace postern::app {
namespace {

class HelpdeskCommand : public AccountFixture {
protected:
    HelpdeskCommand() {
        for (const std::string login : {"anna", "bob"}) {
            const auth::AccountWithPassword made{test::new_account(login),
                                                 hasher_.hash(base::Secret("secret")).value()};
            EXPECT_TRUE(accounts_.add(std::span(&made, 1)));
        }
    }
    auth::Account anna() { return accounts_.find(test::name("anna")).value(); }
    auth::Verdict log_in(std::string_view password) {
        auth::Authenticator authenticator(test_store_.store(), hasher_, test_store_.keyring, test_store_.clock,
                                          settings_);
        return authenticator.authenticate({"anna", "", base::Secret(password)}, {});
    }

    config::AuthSettings settings_;
};

TEST_F(HelpdeskCommand, HandsOutATemporaryPasswordOnce) {
    ASSERT_EQ(account_reset({.login = "anna", .hours = 72, .json = true}, helpdesk()), 0);
    const std::string text = output();
    const auto answer = boost::json::parse(text);
    const std::string slip(answer.at("temporary_password").as_string());
    EXPECT_EQ(answer.at("expires_at").as_string(), "2027-01-18T08:00:00Z");
    EXPECT_EQ(log_in(slip).error().why, auth::Refusal::must_change);
    EXPECT_TRUE(log_in("secret")) << "goes on";
    ASSERT_EQ(account_reset({.login = "anna"}, helpdesk()), 0);
    EXPECT_TRUE(output().contains("shown once"));
    EXPECT_EQ(account_reset({.login = "nobody"}, helpdesk()), 1);
    EXPECT_EQ(errors(), "there is no account named nobody: `postern account list` shows which there are\n");
}

TEST_F(HelpdeskCommand, SetsDatesByWholeDays) {
    ASSERT_EQ(account_dates({.login = "anna", .from = "2026-09-01", .until = "2027-08-31"}, helpdesk()), 0);
    EXPECT_EQ(output(), "dates set for anna\n");
    EXPECT_EQ(time_text(*anna().valid_from), "2026-09-01T00:00:00Z");
    EXPECT_EQ(time_text(*anna().valid_until), "2027-09-01T00:00:00Z") << "the last day is a whole one";
    ASSERT_EQ(account_dates({.login = "anna"}, helpdesk()), 2);
    EXPECT_TRUE(errors().contains("--always"));
    ASSERT_EQ(account_dates({.login = "anna", .always = true}, helpdesk()), 0);
    EXPECT_EQ(anna().valid_until, std::nullopt);
    output();
    for (const std::string day :
         {"2026-02-30", "31/04/2026", "2026-4-1", "tomorrow", "2026-13-01", "0001-01-01", "9999999999"}) {
        EXPECT_EQ(account_dates({.login = "anna", .until = day}, helpdesk()), 2) << day;
        EXPECT_TRUE(errors().contains("does not exist: write it as 2026-09-01")) << day;
    }
    EXPECT_EQ(account_dates({.login = "anna", .from = "2027-01-02", .until = "2027-01-01"}, helpdesk()), 1);
    EXPECT_EQ(errors(), "the account would end before it begins\n");
}

TEST_F(HelpdeskCommand, BeginsAndEndsDaysWhereThePeopleAre) {
    zone_ = base::TimeZone::named("Europe/Paris").value();
    ASSERT_EQ(account_dates({.login = "anna", .from = "2026-09-01", .until = "2026-12-31"}, helpdesk()), 0);
    EXPECT_EQ(time_text(*anna().valid_from), "2026-08-31T22:00:00Z");
    EXPECT_EQ(time_text(*anna().valid_until), "2026-12-31T23:00:00Z");
    ASSERT_EQ(account_dates({.login = "anna", .until = "2027-01-31"}, helpdesk()), 0);
    EXPECT_EQ(time_text(*anna().valid_from), "2026-08-31T22:00:00Z") << "what is not named stays";
    ASSERT_EQ(account_dates({.login = "anna", .until = "2027-01-31", .always = true}, helpdesk()), 0);
    EXPECT_EQ(anna().valid_from, std::nullopt);
}

TEST_F(HelpdeskCommand, KeepsTheFirstDayOfAnAffiliationThatIsOnlyEnded) {
    ASSERT_EQ(affiliation_put({.login = "anna", .profile = "teacher", .unit = "u", .from = "2020-09-01"}, helpdesk()),
              0);
    ASSERT_EQ(affiliation_put({.login = "anna", .profile = "teacher", .unit = "u", .until = "2024-08-31"}, helpdesk()),
              0);
    EXPECT_EQ(time_text(anna().affiliations.at(0).valid_from), "2020-09-01T00:00:00Z");
    EXPECT_EQ(time_text(anna().affiliations.at(0).valid_until.value()), "2024-09-01T00:00:00Z");
}

TEST_F(HelpdeskCommand, ClosesNothingByAccident) {
    EXPECT_EQ(account_close({.login = "anna"}, helpdesk()), 2);
    EXPECT_TRUE(errors().contains("--yes"));
    EXPECT_EQ(anna().state, auth::AccountState::active);
}

TEST_F(HelpdeskCommand, PutsAndRemovesAffiliations) {
    ASSERT_EQ(
        affiliation_put({.login = "anna", .profile = "teacher", .unit = "0801234A", .until = "2027-08-31"}, helpdesk()),
        0);
    EXPECT_EQ(account_show({.login = "anna"}, helpdesk()), 0);
    EXPECT_TRUE(output().contains("affiliations: teacher@0801234A until 2027-09-01T00:00:00Z\n"));
    EXPECT_EQ(affiliation_put({.login = "anna", .profile = "king", .unit = "x"}, helpdesk()), 2);
    EXPECT_TRUE(errors().contains("is none of pupil, student, teacher"));
    EXPECT_EQ(affiliation_put({.login = "anna", .profile = "pupil", .unit = "a b"}, helpdesk()), 1);
    EXPECT_EQ(affiliation_remove({.login = "anna", .profile = "teacher", .unit = "0801234A"}, helpdesk()), 0);
    EXPECT_EQ(affiliation_remove({.login = "anna", .profile = "teacher", .unit = "0801234A"}, helpdesk()), 1);
}

TEST_F(HelpdeskCommand, ShowsEverythingThatBelongsToAnAccountButNoSecret) {
    const auto bob = accounts_.find(test::name("bob"))->id;
    ASSERT_TRUE(accounts_.link(anna().id, bob));
    const auto app = accounts_.add_app_password(anna().id, *auth::AppScopes::parse("imap,smtp"), "phone", {});
    ASSERT_TRUE(app);
    ASSERT_TRUE(accounts_.delegate({.administrator = anna().id,
                                    .unit = "0801234A",
                                    .may_reset = true,
                                    .may_hand_over_keys = true,
                                    .valid_until = test_store_.clock.now() + std::chrono::days(1)}));
    ASSERT_TRUE(test_store_.store().change([&](auth::Transaction& t) {
        t.contacts().put({.id = 1,
                          .account = anna().id,
                          .address = test_store_.keyring.seal(base::Secret("canary@home.org"), "contact:1"),
                          .mac = std::string(43, 'm'),
                          .created_at = test_store_.clock.now(),
                          .usable_from = test_store_.clock.now() + std::chrono::days(3)});
        t.contacts().put_redirect({.account = anna().id, .target = "sealed", .mac = std::string(43, 'm')},
                                  test_store_.clock.now());
    }));
    ASSERT_EQ(account_show({.login = "anna"}, helpdesk()), 0) << errors();
    const std::string text = output();
    for (const std::string line :
         {"linked to:    bob\n", "credentials:  ", "password, since 2027-01-15T08:00:00Z\n",
          " \"phone\" (imap,smtp), since 2027-01-15T08:00:00Z\n", "OTP key:      none\n",
          "recovery:     mail 1, since 2027-01-15T08:00:00Z, usable from 2027-01-18T08:00:00Z\n",
          "redirection:  pending, keeps a copy\n",
          "administers:  0801234A: reset, keys until 2027-01-16T08:00:00Z\n"}) {
        EXPECT_TRUE(text.contains(line)) << line << "\n" << text;
    }
    ASSERT_EQ(account_show({.login = "anna", .json = true}, helpdesk()), 0);
    const std::string json = output();
    const auto shown = boost::json::parse(json);
    EXPECT_EQ(shown.at("linked_to"), boost::json::parse(R"(["bob"])"));
    EXPECT_EQ(shown.at("credentials").as_array().size(), 2U);
    EXPECT_EQ(shown.at("recovery").at(0).at("kind"), "mail");
    EXPECT_EQ(shown.at("redirection").at("state"), "pending");
    EXPECT_EQ(shown.at("delegations").at(0).at("may_manage"), false);
    EXPECT_TRUE(shown.at("charter").is_null());
    for (const std::string& said : {text, json}) {
        EXPECT_FALSE(said.contains("canary") || said.contains("argon2") || said.contains(app->reveal())) << said;
    }
}

TEST_F(HelpdeskCommand, LinksUnlinksAndCloses) {
    ASSERT_EQ(account_link({.login = "anna", .other = "bob"}, helpdesk()), 0);
    EXPECT_EQ(output(), "bob linked to anna\n");
    EXPECT_TRUE(anna().is_link_primary);
    ASSERT_EQ(account_unlink({.login = "bob"}, helpdesk()), 0);
    EXPECT_EQ(account_unlink({.login = "bob"}, helpdesk()), 1);
    ASSERT_EQ(account_close({.login = "bob", .reason = "left", .yes = true}, helpdesk()), 0);
    EXPECT_EQ(accounts_.find(test::name("bob"))->state, auth::AccountState::closed);
}

TEST_F(HelpdeskCommand, MakesListsAndRevokesAppPasswords) {
    ASSERT_EQ(app_password_add({.login = "anna", .label = "phone", .json = true}, helpdesk()), 0);
    const std::string secret(boost::json::parse(output()).at("app_password").as_string());
    EXPECT_TRUE(log_in(secret));
    ASSERT_EQ(app_password_list({.login = "anna", .json = true}, helpdesk()), 0);
    const std::string listed = output();
    EXPECT_FALSE(listed.contains(secret.substr(secret.size() - 20)));
    const auto list = boost::json::parse(listed);
    EXPECT_EQ(list.at(0).at("label").as_string(), "phone");
    EXPECT_EQ(list.at(0).at("scopes").as_string(), "imap,smtp");
    EXPECT_EQ(list.at(0).at("last_used_at").as_string(), "2027-01-15T08:00:00Z");
    ASSERT_EQ(app_password_list({.login = "anna"}, helpdesk()), 0);
    EXPECT_TRUE(output().contains("phone\n"));
    ASSERT_EQ(app_password_revoke({.login = "anna", .id = list.at(0).at("id").as_int64()}, helpdesk()), 0);
    EXPECT_FALSE(log_in(secret));
    EXPECT_EQ(app_password_add({.login = "anna", .label = "x", .scopes = "pop3"}, helpdesk()), 2);
    EXPECT_EQ(app_password_add({.login = "anna", .label = ""}, helpdesk()), 1);
    EXPECT_EQ(app_password_revoke({.login = "anna", .id = 5}, helpdesk()), 1);
}

TEST_F(HelpdeskCommand, ShowsAndClearsWhatGuessingHasCost) {
    EXPECT_EQ(lockout_show({.login = "anna"}, helpdesk()), 0);
    EXPECT_TRUE(output().contains("anna: 0 wrong passwords"));
    for (int i = 0; i < 6; ++i) EXPECT_FALSE(log_in("wrong" + std::to_string(i)));
    ASSERT_EQ(lockout_show({.login = "anna", .json = true}, helpdesk()), 0);
    const auto shown = boost::json::parse(output());
    EXPECT_EQ(shown.at("failures").as_int64(), 5);
    EXPECT_FALSE(shown.at("open_to_strangers").as_bool());
    EXPECT_EQ(shown.at("next_guess_at").as_string(), "2027-01-15T08:00:30Z");
    ASSERT_EQ(lockout_clear({.login = "anna"}, helpdesk()), 0);
    EXPECT_EQ(output(), "cleared for anna\n");
    ASSERT_EQ(lockout_clear({.login = "anna"}, helpdesk()), 0);
    EXPECT_EQ(output(), "nothing was charged to anna\n");
    EXPECT_TRUE(log_in("secret"));
}

TEST_F(HelpdeskCommand, SaysWhatTheJournalHolds) {
    EXPECT_FALSE(log_in("wrong"));
    ASSERT_EQ(account_close({.login = "anna", .reason = "left", .yes = true}, helpdesk()), 0);
    output();
    ASSERT_EQ(audit_list({.login = "anna", .json = true}, helpdesk()), 0);
    std::istringstream lines(output());
    std::vector<std::string> actions;
    for (std::string line; std::getline(lines, line);)
        actions.emplace_back(boost::json::parse(line).at("action").as_string());
    EXPECT_EQ(actions, (std::vector<std::string>{"account.add", "login", "account.close"}));
    ASSERT_EQ(audit_list({.limit = 1}, helpdesk()), 0);
    EXPECT_TRUE(output().contains("operator  account.close ok"));
    EXPECT_EQ(audit_list({.since = "2026-02-30"}, helpdesk()), 2);
    ASSERT_EQ(audit_head({}, helpdesk()), 0);
    std::string head = output();
    head.pop_back();
    EXPECT_EQ(audit_verify({.head = head}, helpdesk()), 0);
    EXPECT_EQ(output(), "the journal is whole: 4 rows\n");
    EXPECT_EQ(audit_verify({.head = "nonsense"}, helpdesk()), 2);
    *test_store_.database().hand() << "UPDATE journal SET detail = 'x' WHERE seq = 2";
    errors();
    EXPECT_EQ(audit_verify({.head = head}, helpdesk()), 1);
    EXPECT_TRUE(errors().starts_with("row 2 was changed"));
    EXPECT_EQ(audit_purge({.months = 5}, helpdesk()), 2);
    EXPECT_EQ(audit_purge({.months = 6}, helpdesk()), 0);
}

TEST_F(HelpdeskCommand, RevokesEverythingOfACompromisedAccount) {
    ASSERT_EQ(app_password_add({.login = "anna", .label = "phone"}, helpdesk()), 0);
    output();
    ASSERT_EQ(account_compromise({.login = "anna"}, helpdesk()), 0);
    EXPECT_TRUE(output().starts_with("1 app passwords of anna revoked"));
}

TEST_F(HelpdeskCommand, HandsOutAPasswordToBeginWith) {
    ASSERT_EQ(account_add({.login = "new@example.org", .provisional = true, .json = true}, tools()), 0);
    const auto added = boost::json::parse(output());
    EXPECT_EQ(added.at("provisional_password").as_string().size(), 17U);
    EXPECT_EQ(accounts_.find(test::name("new@example.org"))->state, auth::AccountState::provisional);
    ASSERT_EQ(account_provision({.login = "new@example.org", .days = 2, .json = true}, helpdesk()), 0);
    const auto again = boost::json::parse(output());
    EXPECT_NE(again.at("provisional_password"), added.at("provisional_password"));
    EXPECT_EQ(again.at("expires_at").as_string(), "2027-01-17T08:00:00Z");
    EXPECT_EQ(account_provision({.login = "anna"}, helpdesk()), 1);
    EXPECT_TRUE(errors().contains("`postern account reset`"));
    EXPECT_EQ(account_add({.login = "x", .password_file = "y", .provisional = true}, tools()), 2);
}

TEST_F(HelpdeskCommand, AddsAndExtendsVisitors) {
    const VisitorOptions guest{.login = "guest@example.org", .sponsor = "anna", .unit = "lab", .until = "2027-02-28"};
    ASSERT_EQ(visitor_add(guest, helpdesk()), 0) << errors();
    EXPECT_TRUE(output().contains("shown once"));
    const auto made = accounts_.find(test::name("guest@example.org")).value();
    EXPECT_TRUE(made.is_visitor);
    EXPECT_EQ(made.sponsor, anna().id);
    EXPECT_EQ(time_text(made.valid_until.value()), "2027-03-01T00:00:00Z");
    EXPECT_EQ(visitor_add(guest, helpdesk()), 1);
    EXPECT_TRUE(errors().contains("in use already"));
    ASSERT_EQ(visitor_extend({.login = "guest@example.org", .until = "2027-06-30"}, helpdesk()), 0);
    EXPECT_EQ(time_text(accounts_.find(test::name("guest@example.org"))->valid_until.value()), "2027-07-01T00:00:00Z");
    EXPECT_EQ(visitor_extend({.login = "guest@example.org", .until = "2020-01-01"}, helpdesk()), 2);
    EXPECT_EQ(visitor_extend({.login = "anna", .until = "2027-06-30"}, helpdesk()), 1);
    EXPECT_TRUE(errors().contains("the account is no visitor"));
}

TEST_F(HelpdeskCommand, GivesAndEndsRightsOverAUnit) {
    EXPECT_EQ(delegation_put({.login = "anna", .unit = "0801234A", .reset = true}, helpdesk()), 2);
    EXPECT_TRUE(errors().contains("--until"));
    ASSERT_EQ(delegation_put({.login = "anna", .unit = "0801234A", .reset = true, .keys = true, .until = "2027-08-31"},
                             helpdesk()),
              0);
    EXPECT_EQ(output(), "anna in 0801234A: reset keys, until 2027-09-01T00:00:00Z\n");
    ASSERT_EQ(delegation_put({.login = "anna", .unit = "0801234A"}, helpdesk()), 0);
    EXPECT_EQ(output(), "anna administers nothing\n");
    EXPECT_EQ(delegation_put({.login = "anna", .unit = "0801234A"}, helpdesk()), 1);
}

TEST_F(HelpdeskCommand, KeepsEveryVersionOfTheCharter) {
    EXPECT_EQ(charter_show({}, helpdesk()), 1);
    in_.str("Soyez courtois.\n");
    ASSERT_EQ(charter_add({.version = 1, .file = "-"}, helpdesk()), 0) << errors();
    EXPECT_TRUE(output().contains("SHA-256 "));
    ASSERT_EQ(charter_show({}, helpdesk()), 0);
    EXPECT_EQ(output(), "Soyez courtois.\n");
    in_.clear();
    in_.str("Other words.\n");
    EXPECT_EQ(charter_add({.version = 1, .file = "-"}, helpdesk()), 1);
    EXPECT_TRUE(errors().contains("add a new version"));
    in_.clear();
    in_.str("\xff");
    EXPECT_EQ(charter_add({.version = 2, .file = "-"}, helpdesk()), 2);
    EXPECT_EQ(errors(), "the text is no UTF-8\n");
}

TEST_F(HelpdeskCommand, ShowsWhatWaitsToLeaveAndNothingOfWhatItSays) {
    EXPECT_EQ(outbox_test({.login = "nowhere"}, helpdesk()), 2);
    ASSERT_EQ(outbox_test({.login = "someone@example.org"}, helpdesk()), 0);
    output();
    ASSERT_EQ(outbox_list({.state = "waiting", .json = true}, helpdesk()), 0);
    const std::string listed = output();
    EXPECT_EQ(boost::json::parse(listed).at(0).at("kind").as_string(), "mail");
    EXPECT_FALSE(listed.contains("someone"));
    ASSERT_EQ(outbox_retry({}, helpdesk()), 0);
    EXPECT_EQ(output(), "0 messages are due now\n") << "it was not tried yet";
    EXPECT_EQ(outbox_list({.state = "lost"}, helpdesk()), 2);
}

}  // namespace
}  // namespace postern::app
