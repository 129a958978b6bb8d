#include "auth/accounts.hpp"

#include "tests/unit/auth/authenticator_fixture.hpp"

namespace postern::auth {
namespace {

using std::chrono::days;
using std::chrono::hours;

class AccountsTest : public AuthenticatorFixture {
protected:
    AccountsTest() : anna_(add("anna", "secret")) {}

    Account anna() { return accounts_.find(test::name("anna")).value(); }
    std::string last_action() {
        const auto rows = store_.read([](Transaction& t) { return t.journal().find({.limit = 1}); });
        const JournalRow& row = rows->at(0);
        return row.actor + ' ' + row.action + (row.detail.empty() ? "" : ' ' + row.detail);
    }
    template <class T>
    static std::string why_not(const StoreResult<T>& result) {
        return result ? "done" : result.error().detail;
    }

    AccountId anna_;
};

TEST_F(AccountsTest, JournalsEveryChangeWithWhoMadeIt) {
    EXPECT_EQ(last_action(), "operator account.add anna");
    const Origin helpdesk{.actor = Actor::administrator, .actor_id = anna_, .channel = Channel::portal};
    const AccountId bob = add("bob", "secret");
    ASSERT_TRUE(accounts_.suspend(bob, helpdesk, "left the school"));
    EXPECT_EQ(last_action(), "administrator account.suspend left the school");
    ASSERT_TRUE(accounts_.resume(bob, helpdesk));
    EXPECT_EQ(last_action(), "administrator account.resume");
}

TEST_F(AccountsTest, ATemporaryPasswordIsForOneWhoMustChooseHisOwn) {
    const Time until = test_store_.clock.now() + hours(72);
    ASSERT_TRUE(accounts_.give_temporary(anna_, base::Secret("plain1:slip"), until));
    EXPECT_EQ(last_action(), "operator account.reset");
    EXPECT_EQ(outcome_of(log_in("anna", "slip")), "must_change");
    EXPECT_EQ(outcome_of(log_in("anna", "secret")), "is anna") << "goes on until the new one is used";
    ASSERT_TRUE(accounts_.give_temporary(anna_, base::Secret("plain1:second"), until));
    EXPECT_EQ(outcome_of(log_in("anna", "slip")), "wrong_credentials") << "the first one is void";
    test_store_.clock.seconds += 72 * 3600;
    EXPECT_EQ(outcome_of(log_in("anna", "second")), "wrong_credentials") << "it has expired";
}

TEST_F(AccountsTest, ANewPasswordVoidsWhatIsRememberedOfTheOldOneAtOnce) {
    ASSERT_TRUE(log_in("anna", "secret"));
    ASSERT_TRUE(accounts_.set_password(anna_, base::Secret("plain1:fresh")));
    EXPECT_EQ(outcome_of(log_in("anna", "secret")), "wrong_credentials");
    EXPECT_EQ(outcome_of(log_in("anna", "fresh")), "is anna");
}

TEST_F(AccountsTest, APasswordThatWasWrongBeforeIsRightOnceItIsSet) {
    EXPECT_EQ(outcome_of(log_in("anna", "future")), "wrong_credentials");
    ASSERT_TRUE(accounts_.set_password(anna_, base::Secret("plain1:future")));
    EXPECT_EQ(outcome_of(log_in("anna", "future")), "is anna");
}

TEST_F(AccountsTest, ASuspensionCutsWhatIsRememberedAtOnce) {
    ASSERT_TRUE(log_in("anna", "secret"));
    ASSERT_TRUE(accounts_.suspend(anna_));
    EXPECT_EQ(outcome_of(log_in("anna", "secret")), "account_suspended");
    ASSERT_TRUE(accounts_.resume(anna_));
    EXPECT_EQ(outcome_of(log_in("anna", "secret")), "is anna");
}

TEST_F(AccountsTest, ClosesForGoodAndKeepsTheName) {
    ASSERT_TRUE(accounts_.close(anna_, at_command_line(), "deceased"));
    EXPECT_EQ(anna().state, AccountState::closed);
    EXPECT_FALSE(anna().has_password);
    EXPECT_EQ(outcome_of(log_in("anna", "secret")), "wrong_credentials");
    EXPECT_EQ(why_not(accounts_.resume(anna_)), "the account is closed");
    EXPECT_EQ(why_not(accounts_.suspend(anna_)), "the account is closed");
    EXPECT_EQ(why_not(accounts_.give_temporary(anna_, base::Secret("x"), Time{})), "the account is closed");
    const AccountWithPassword again{test::new_account("anna"), base::Secret()};
    EXPECT_EQ(accounts_.add(std::span(&again, 1)).error().fault, StoreFault::already_exists);
}

TEST_F(AccountsTest, EndsByDateWithoutAnybodyDoingAnything) {
    ASSERT_TRUE(log_in("anna", "secret"));
    const Time now = test_store_.clock.now();
    EXPECT_EQ(why_not(accounts_.set_dates(anna_, now, now)), "the account would end before it begins");
    ASSERT_TRUE(accounts_.set_dates(anna_, std::nullopt, now + days(1)));
    ASSERT_TRUE(log_in("anna", "secret"));
    test_store_.clock.seconds += 86'400;
    EXPECT_EQ(outcome_of(log_in("anna", "secret")), "account_expired") << "although it was remembered";
    ASSERT_TRUE(accounts_.set_dates(anna_, std::nullopt, std::nullopt));
    EXPECT_EQ(outcome_of(log_in("anna", "secret")), "is anna");
}

TEST_F(AccountsTest, AffiliationsGiveTheirProfileAsAGroupWhileTheyLast) {
    const Time now = test_store_.clock.now();
    const Affiliation teacher{
        .profile = Profile::teacher, .unit = "0801234A", .valid_from = now, .valid_until = now + days(1)};
    ASSERT_TRUE(accounts_.put_affiliation(anna_, teacher));
    EXPECT_EQ(last_action(), "operator account.affiliation teacher@0801234A");
    EXPECT_EQ(log_in("anna", "secret")->groups, std::vector<std::string>{"teacher"});
    test_store_.clock.seconds += 86'400;
    EXPECT_TRUE(log_in("anna", "secret")->groups.empty()) << "although the login was remembered";
    EXPECT_TRUE(accounts_.remove_affiliation(anna_, Profile::teacher, "0801234A"));
    EXPECT_EQ(why_not(accounts_.remove_affiliation(anna_, Profile::teacher, "0801234A")),
              "the account has no affiliation teacher@0801234A");
    EXPECT_EQ(why_not(accounts_.put_affiliation(anna_, {.profile = Profile::pupil, .unit = "a b"})),
              "a unit is 1 to 64 visible ASCII characters, and not \"*\" alone");
    EXPECT_FALSE(accounts_.put_affiliation(anna_, {.profile = Profile::pupil, .unit = "*"}));
}

TEST_F(AccountsTest, NeverTakesAPupilAndAMemberOfTheStaffForOnePerson) {
    const AccountId bob = add("bob", "secret");
    const Time now = test_store_.clock.now();
    ASSERT_TRUE(accounts_.put_affiliation(anna_, {.profile = Profile::pupil, .unit = "u", .valid_from = now}));
    ASSERT_TRUE(accounts_.put_affiliation(bob, {.profile = Profile::teacher, .unit = "u", .valid_from = now}));
    EXPECT_EQ(why_not(accounts_.link(anna_, bob)), "a pupil and a member of the staff are never one person");
    EXPECT_EQ(why_not(accounts_.link(bob, anna_)), "a pupil and a member of the staff are never one person");
    const AccountId parent = add("parent", "secret");
    ASSERT_TRUE(accounts_.link(parent, bob));
    EXPECT_EQ(why_not(accounts_.link(anna_, parent)), "the second account is linked already: unlink it first");
    EXPECT_EQ(why_not(accounts_.link(parent, anna_)), "a pupil and a member of the staff are never one person")
        << "of the whole group";
    EXPECT_EQ(why_not(accounts_.put_affiliation(parent, {.profile = Profile::pupil, .unit = "u", .valid_from = now})),
              "a pupil and a member of the staff are never one person");
    const Affiliation next_year{.profile = Profile::pupil, .unit = "u", .valid_from = now + days(365)};
    EXPECT_EQ(why_not(accounts_.put_affiliation(bob, next_year)),
              "a pupil and a member of the staff are never one person");
    EXPECT_EQ(why_not(accounts_.link(anna_, 77)), "there is no account number 77");
    EXPECT_EQ(why_not(accounts_.link(anna_, anna_)), "an account is not linked to itself");
    EXPECT_TRUE(accounts_.unlink(parent));
    EXPECT_EQ(why_not(accounts_.unlink(parent)), "the account is not linked");
}

TEST_F(AccountsTest, AddsNobodyWhoWouldBeBoth) {
    NewAccount both = test::new_account("both");
    both.affiliations = {
        {.profile = Profile::pupil, .unit = "A", .valid_from = test_store_.clock.now(), .valid_until = {}},
        {.profile = Profile::staff, .unit = "B", .valid_from = test_store_.clock.now(), .valid_until = {}}};
    const AccountWithPassword made{.account = both, .verifier = {}};
    EXPECT_EQ(why_not(accounts_.add(std::span(&made, 1))),
              "both: a pupil and a member of the staff are never one person");
    EXPECT_FALSE(accounts_.find(test::name("both")));
}

TEST_F(AccountsTest, AnImportNeverTakesWhatIsAnothers) {
    NewAccount bob = test::new_account("bob", {"b.lee"});
    bob.secret_identifiers = {{SecretIdentifierKind::numen, std::string(43, 'n')}};
    const AccountWithPassword made{.account = bob, .verifier = {}};
    ASSERT_TRUE(accounts_.add(std::span(&made, 1)));
    const auto import = [&](const std::function<void(NewAccount&)>& say) {
        AccountUpdate update{.said = {.id = anna_, .login = test::name("anna"), .display_name = "New"}};
        update.said.language.clear();
        say(update.said);
        return why_not(accounts_.import({}, std::span(&update, 1), {}));
    };
    EXPECT_EQ(import([](NewAccount& said) { said.aliases = {test::name("b.lee")}; }),
              "anna: the name \"b.lee\" is another account's");
    EXPECT_EQ(import([](NewAccount& said) {
                  said.secret_identifiers = {{SecretIdentifierKind::numen, std::string(43, 'n')}};
              }),
              "anna: another account has this numen");
    EXPECT_EQ(import([](NewAccount& said) { said.login = test::name("b.lee"); }),
              "b.lee: the login is another name of anna, which must stand in its place");
    EXPECT_NE(anna().display_name, "New") << "all or nothing";
    EXPECT_EQ(import([](NewAccount&) {}), "done");
    EXPECT_EQ(anna().display_name, "New");
}

TEST_F(AccountsTest, JournalsALinkUnderBoth) {
    const AccountId bob = add("bob", "secret");
    ASSERT_TRUE(accounts_.link(anna_, bob));
    for (const AccountId each : {anna_, bob}) {
        const auto rows = store_.read([&](Transaction& t) { return t.journal().find({.subject = each, .limit = 1}); });
        EXPECT_EQ(rows->at(0).action, "account.link");
    }
}

TEST_F(AccountsTest, JournalsNothingWhereNothingChanges) {
    const Affiliation teacher{.profile = Profile::teacher, .unit = "u", .valid_from = test_store_.clock.now()};
    ASSERT_TRUE(accounts_.put_affiliation(anna_, teacher));
    ASSERT_TRUE(accounts_.put_affiliation(anna_, teacher));
    ASSERT_TRUE(accounts_.resume(anna_));
    ASSERT_TRUE(accounts_.set_dates(anna_, std::nullopt, std::nullopt));
    const auto rows = store_.read([&](Transaction& t) { return t.journal().find({.subject = anna_}); });
    EXPECT_EQ(rows->size(), 2U) << "added, and made a teacher";
}

TEST_F(AccountsTest, LeavesClosedAccountsAsTheyAre) {
    const AccountId bob = add("bob", "secret");
    ASSERT_TRUE(accounts_.close(anna_));
    const Affiliation teacher{.profile = Profile::teacher, .unit = "u", .valid_from = test_store_.clock.now()};
    EXPECT_EQ(why_not(accounts_.set_password(anna_, base::Secret("plain1:x"))), "the account is closed");
    EXPECT_EQ(why_not(accounts_.put_affiliation(anna_, teacher)), "the account is closed");
    EXPECT_EQ(why_not(accounts_.set_dates(anna_, std::nullopt, Time{})), "the account is closed");
    EXPECT_EQ(why_not(accounts_.add_app_password(anna_, AppScopes(AppScope::imap), "x", std::nullopt)),
              "the account is closed");
    EXPECT_EQ(why_not(accounts_.link(bob, anna_)), "the account anna is closed");
}

TEST_F(AccountsTest, AnAppPasswordOpensWhatItIsForUntilItIsRevoked) {
    const auto made = accounts_.add_app_password(anna_, AppScopes(AppScope::imap), "phone", std::nullopt);
    ASSERT_TRUE(made);
    EXPECT_EQ(last_action(), "operator app_password.add imap phone");
    EXPECT_EQ(outcome_of(log_in("anna", made->reveal())), "is anna");
    EXPECT_EQ(outcome_of(log_in("nobody", made->reveal())), "wrong_credentials");
    where_.channel = Channel::submission;
    EXPECT_EQ(outcome_of(log_in("anna", made->reveal())), "not_authorised");
    where_.channel = Channel::imap;
    const auto own = accounts_.credentials(anna_);
    const auto phone = std::ranges::find(*own, CredentialKind::app_password, &Credential::kind);
    ASSERT_NE(phone, own->end());
    EXPECT_TRUE(phone->verifier.empty());
    EXPECT_EQ(phone->last_used_at, test_store_.clock.now());
    EXPECT_EQ(phone->last_used_from, "192.0.2.0/24");
    const AccountId bob = add("bob", "secret");
    EXPECT_FALSE(accounts_.revoke_app_password(bob, phone->id));
    ASSERT_TRUE(accounts_.revoke_app_password(anna_, phone->id));
    EXPECT_EQ(outcome_of(log_in("anna", made->reveal())), "wrong_credentials");
    EXPECT_EQ(hasher_.verified, 0) << "none of it cost a hash";
}

TEST_F(AccountsTest, BoundsAppPasswords) {
    const Time now = test_store_.clock.now();
    EXPECT_EQ(why_not(accounts_.add_app_password(anna_, AppScopes(AppScope::imap), "", std::nullopt)),
              "the label is empty");
    EXPECT_EQ(why_not(accounts_.add_app_password(anna_, AppScopes(AppScope::imap), "x", now)),
              "the app password would have expired already");
    for (std::size_t i = 0; i < max_app_passwords; ++i)
        ASSERT_TRUE(accounts_.add_app_password(anna_, AppScopes::all(), "device", now + days(1)));
    EXPECT_EQ(why_not(accounts_.add_app_password(anna_, AppScopes::all(), "device", std::nullopt)),
              "the account has 20 app passwords: revoke one it does not use");
    EXPECT_EQ(accounts_.compromise(anna_), max_app_passwords);
    EXPECT_TRUE(accounts_.add_app_password(anna_, AppScopes::all(), "device", std::nullopt));
}

TEST_F(AccountsTest, AnAppPasswordExpires) {
    const auto made =
        accounts_.add_app_password(anna_, AppScopes(AppScope::imap), "phone", test_store_.clock.now() + days(1));
    EXPECT_EQ(outcome_of(log_in("anna", made->reveal())), "is anna");
    test_store_.clock.seconds += 86'400;
    EXPECT_EQ(outcome_of(log_in("anna", made->reveal())), "wrong_credentials");
}

TEST_F(AccountsTest, HoldNothingInTheDatabaseThatOpensAnything) {
    const auto app_password = accounts_.add_app_password(anna_, AppScopes::all(), "phone", std::nullopt);
    ASSERT_TRUE(
        accounts_.give_temporary(anna_, base::Secret("plain1:canary-temporary"), test_store_.clock.now() + hours(1)));
    ASSERT_TRUE(accounts_.set_password(anna_, base::Secret("plain1:canary-password")));
    const auto hand = test_store_.database().hand();
    std::string dump;
    for (const std::string column : {"verifier", "label", "scope"}) {
        for (const soci::row& row : soci::rowset<soci::row>(hand->prepare << "SELECT " + column + " FROM credential"))
            dump += row.get<std::string>(0) + '\n';
    }
    EXPECT_FALSE(dump.contains("canary"));
    const std::string text(app_password->reveal());
    EXPECT_FALSE(dump.contains(text.substr(text.find('-', 5) + 1, 20)));
    std::size_t tried = 0;
    for (std::string_view rest = dump; !rest.empty();) {
        const auto end = rest.find('\n');
        if (end > 0) EXPECT_FALSE(log_in("anna", rest.substr(0, end))) << "no column is a password";
        tried += end > 0 ? 1 : 0;
        rest.remove_prefix(end + 1);
    }
    EXPECT_GE(tried, 3U);
}

}  // namespace
}  // namespace postern::auth
