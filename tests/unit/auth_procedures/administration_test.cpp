#include "auth/procedures/administration.hpp"

#include "auth/procedures/activation.hpp"
#include "auth/procedures/password_change.hpp"
#include "tests/unit/auth_procedures/procedure_fixture.hpp"

namespace postern::auth::procedures {
namespace {

using std::chrono::days;

class AdministrationTest : public ProcedureFixture {
protected:
    AdministrationTest() {
        admin_ = add(test::new_account("admin@school.org"), "secret");
        pupil_ = add(test::new_account("pupil@school.org"), "forgotten");
        put_affiliation(pupil_, Profile::pupil, "0801234A");
        put_affiliation(add(test::new_account("far@school.org"), "x"), Profile::pupil, "0809999Z");
    }
    void delegate(AccountId administrator, const std::string& unit, bool reset, bool manage, bool keys = false) {
        ASSERT_TRUE(accounts_.delegate({.administrator = administrator,
                                        .unit = unit,
                                        .may_reset = reset,
                                        .may_manage = manage,
                                        .may_hand_over_keys = keys,
                                        .valid_until = now() + days(365)}));
    }
    StepResult<Slip> reset(const std::string& login, AccountId administrator) {
        return administration_.reset(administrator, login, "school card seen", where_);
    }
    std::string change(const std::string& login, const base::Secret& slip, std::string_view fresh) {
        PasswordChange changes(store_, authenticator_, hasher_, judge_, keyring_, clock_);
        const auto done = changes.change({login, "", slip.clone()}, where_, base::Secret(fresh), base::Secret(fresh));
        return done ? "ok" : "no";
    }

    Administration administration_{tools_};
    AccountId admin_ = 0;
    AccountId pupil_ = 0;
};

INSTANTIATE_TEST_SUITE_P(On, AdministrationTest, test::both_engines, test::engine_name);

TEST_P(AdministrationTest, GivesAPupilWhoForgotItAPasswordForOneUse) {
    delegate(admin_, "0801234A", true, false);
    auto slip = reset("pupil@school.org", admin_);
    ASSERT_TRUE(slip) << said(slip);
    EXPECT_EQ(slip->expires_at, now() + days(3));
    EXPECT_EQ(change("pupil@school.org", slip->password, slip->password.reveal()), "no") << "not as one of his own";
    EXPECT_EQ(change("pupil@school.org", slip->password, "tulmop"), "ok") << "six characters are enough for pupils";
    EXPECT_EQ(change("pupil@school.org", slip->password, "souris8"), "no") << "used up";
    EXPECT_TRUE(logs_in("pupil@school.org", "tulmop"));
    const auto rows = store_.read([&](Transaction& t) { return t.journal().find({.subject = pupil_}); }).value();
    const auto row = std::ranges::find(rows, "account.reset", &JournalRow::action);
    ASSERT_NE(row, rows.end());
    EXPECT_EQ(row->actor, "administrator");
    EXPECT_EQ(row->actor_id, admin_);
    EXPECT_EQ(row->detail, "school card seen");
}

struct Grant {
    std::string unit;
    bool reset, manage, keys;
};

TEST_P(AdministrationTest, ReachesNoFurtherThanWhatWasGranted) {
    const auto can = [&](const std::string& login) {
        return std::string(reset(login, admin_) ? "r" : "-") +
               (administration_.suspend(admin_, login, "", where_) && administration_.resume(admin_, login, where_)
                    ? "m"
                    : "-");
    };
    EXPECT_EQ(can("pupil@school.org"), "--") << "nothing was granted";
    for (const Grant& grant :
         {Grant{"0801234A", true, false, false}, Grant{"0801234A", false, true, false},
          Grant{"0801234A", false, false, true}, Grant{"0809999Z", true, true, true}, Grant{"*", true, true, true}}) {
        delegate(admin_, grant.unit, grant.reset, grant.manage, grant.keys);
        const bool is_near = grant.unit != "0809999Z";
        const bool is_far = grant.unit != "0801234A";
        const std::string all = std::string(grant.reset ? "r" : "-") + (grant.manage ? "m" : "-");
        EXPECT_EQ(can("pupil@school.org"), is_near ? all : "--") << grant.unit;
        EXPECT_EQ(can("far@school.org"), is_far ? all : "--") << grant.unit;
        EXPECT_EQ(can("nobody@school.org"), "--");
        EXPECT_EQ(can("admin@school.org"), "--") << "never himself";
        ASSERT_TRUE(accounts_.delegate({.administrator = admin_, .unit = grant.unit}));
    }
    EXPECT_EQ(can("pupil@school.org"), "--") << "taken back";
}

TEST_P(AdministrationTest, EndsWithItsDateAndWithItsHolder) {
    delegate(admin_, "0801234A", true, false);
    ASSERT_TRUE(accounts_.suspend(admin_));
    EXPECT_EQ(said(reset("pupil@school.org", admin_)), "invalid");
    ASSERT_TRUE(accounts_.resume(admin_));
    ASSERT_TRUE(reset("pupil@school.org", admin_));
    wait(366 * 86'400LL);
    EXPECT_EQ(said(reset("pupil@school.org", admin_)), "invalid");
}

TEST_P(AdministrationTest, WhoHasLeftTheUnitIsOutOfReach) {
    delegate(admin_, "0801234A", true, false);
    ASSERT_TRUE(reset("pupil@school.org", admin_));
    Affiliation own = accounts_.find(test::name("pupil@school.org"))->affiliations.front();
    own.valid_until = now() + days(1);
    ASSERT_TRUE(accounts_.put_affiliation(pupil_, own));
    ASSERT_TRUE(reset("pupil@school.org", admin_));
    wait(86'400);
    EXPECT_EQ(said(reset("pupil@school.org", admin_)), "invalid");
}

TEST_P(AdministrationTest, NobodyRisesByHimself) {
    const Origin himself{.actor = Actor::administrator, .actor_id = admin_};
    EXPECT_FALSE(accounts_.delegate({.administrator = admin_, .unit = "*", .may_manage = true}, himself));
    delegate(admin_, "*", true, true);
    const AccountId boss = add(test::new_account("boss@school.org"), "x");
    put_affiliation(boss, Profile::staff, "0801234A");
    delegate(boss, "0801234A", true, false);
    EXPECT_EQ(said(reset("boss@school.org", admin_)), "invalid") << "who administers is reset at the command line";
}

TEST_P(AdministrationTest, ListsOnlyItsUnits) {
    delegate(admin_, "0801234A", true, false);
    EXPECT_EQ(administration_.list(admin_, {.group = {}, .unit = "0801234A"})->size(), 1U);
    EXPECT_EQ(said(administration_.list(admin_, {.group = {}, .unit = "0809999Z"})), "invalid");
    EXPECT_EQ(said(administration_.list(admin_, {})), "invalid");
    delegate(admin_, "*", true, false);
    EXPECT_EQ(administration_.list(admin_, {})->size(), 3U);
}

TEST_P(AdministrationTest, UnlocksWhoGuessedTooOften) {
    delegate(admin_, "0801234A", true, false);
    for (int i = 0; i < 8; ++i) EXPECT_FALSE(logs_in("pupil@school.org", "wrong" + std::to_string(i)));
    EXPECT_FALSE(logs_in("pupil@school.org", "forgotten"));
    EXPECT_EQ(said(administration_.unlock(admin_, "pupil@school.org", where_)), "ok");
    EXPECT_TRUE(logs_in("pupil@school.org", "forgotten"));
}

TEST_P(AdministrationTest, HandsOverAnOtpKey) {
    delegate(admin_, "0801234A", false, false, true);
    otp::OtpKeys keys(store_, hasher_, keyring_, clock_);
    std::vector<otp::ImportedKey> delivery;
    delivery.push_back({.serial = "GA1", .seed = base::Secret("12345678901234567890")});
    ASSERT_TRUE(keys.import(delivery, at_command_line()));
    EXPECT_EQ(said(administration_.hand_over_key(admin_, "far@school.org", "GA1", "form", where_)), "invalid");
    EXPECT_EQ(said(administration_.hand_over_key(admin_, "pupil@school.org", "GA1", "form", where_)), "ok");
    EXPECT_TRUE(
        said(administration_.hand_over_key(admin_, "pupil@school.org", "GA1", "form", where_)).starts_with("refused"));
}

TEST_P(AdministrationTest, AVisitorHasASponsorAndAnEnd) {
    const VisitorWish wish{
        .login = "guest@school.org", .display_name = "A guest", .unit = "lab", .until = now() + days(30)};
    EXPECT_EQ(said(administration_.add_visitor(admin_, wish, where_)), "invalid") << "he manages nothing there";
    delegate(admin_, "lab", false, true);
    VisitorWish bad = wish;
    bad.until = now() + days(400);
    EXPECT_EQ(said(administration_.add_visitor(admin_, bad, where_)), "refused until");
    bad.until = now();
    EXPECT_EQ(said(administration_.add_visitor(admin_, bad, where_)), "refused until");
    bad = wish;
    bad.unit = "*";
    EXPECT_EQ(said(administration_.add_visitor(admin_, bad, where_)), "malformed unit");
    auto slip = administration_.add_visitor(admin_, wish, where_);
    ASSERT_TRUE(slip) << said(slip);
    EXPECT_EQ(said(administration_.add_visitor(admin_, wish, where_)), "refused login");

    const Activation activation(tools_);
    const auto handle = activation.begin(Credentials{"guest@school.org", "", slip->password.clone()}, where_);
    ASSERT_TRUE(handle) << said(handle);
    ASSERT_EQ(said(activation.give_mail(*handle, "guest@home.org", where_)), "ok");
    ASSERT_EQ(said(activation.open_link(link_to("guest@home.org"), *handle, where_)), "ok");
    ASSERT_EQ(said(activation.choose_redirect(*handle, std::nullopt, true)), "ok");
    ASSERT_TRUE(activation.choose_password(*handle, base::Secret(good), base::Secret(good), where_));
    EXPECT_TRUE(logs_in("guest@school.org", good));

    wait(29 * 86'400);
    EXPECT_EQ(said(administration_.extend_visitor(admin_, "guest@school.org", now() + days(10), where_)), "ok");
    wait(9 * 86'400);
    EXPECT_EQ(authenticator_.authenticate({"guest@school.org", "", base::Secret(good)}, where_)->groups,
              std::vector<std::string>{"visitor"});
    wait(2 * 86'400);
    EXPECT_EQ(authenticator_.authenticate({"guest@school.org", "", base::Secret(good)}, where_).error(),
              Refusal::account_expired);
}

}  // namespace
}  // namespace postern::auth::procedures
