#include "auth/procedures/activation.hpp"

#include "auth/procedures/redirection.hpp"
#include "tests/unit/auth_procedures/procedure_fixture.hpp"

#include <atomic>
#include <barrier>
#include <thread>

namespace postern::auth::procedures {
namespace {

using namespace std::chrono_literals;

constexpr auto numen = "22E0812345ABC";

class ActivationTest : public ProcedureFixture {
protected:
    ActivationTest() {
        set_clock(2026y / 11 / 25, 14h);
        add_charter(1);
    }
    StepResult<base::Secret> begin(std::string_view login = "anna@school.org", std::string_view password = "slip-1") {
        return activation_.begin(Credentials{std::string(login), "", base::Secret(password)}, where_);
    }
    StepResult<base::Secret> begin_by_numen(const std::string& number, const std::string& birth) {
        return activation_.begin(NumenProof{number, birth}, where_);
    }
    std::string step(const base::Secret& handle) {
        const auto view = activation_.look(handle);
        return view ? std::string(name_of(view->step)) : said(view);
    }
    std::string give_mail(const base::Secret& handle, std::string_view address) {
        return said(activation_.give_mail(handle, address, where_));
    }
    StepResult<ActivationSummary> choose(const base::Secret& handle, std::string_view password) {
        return activation_.choose_password(handle, base::Secret(password), base::Secret(password), where_);
    }
    /// As far as the charter.
    base::Secret open(const std::string& address = "anna@home.org") {
        auto handle = begin();
        EXPECT_TRUE(handle) << said(handle);
        EXPECT_EQ(give_mail(*handle, address), "ok");
        EXPECT_EQ(said(activation_.open_link(link_to(address), *handle, where_)), "ok");
        return std::move(*handle);
    }

    Activation activation_{tools_};
    Redirection redirection_{tools_};
};

INSTANTIATE_TEST_SUITE_P(On, ActivationTest, test::both_engines, test::engine_name);

TEST_P(ActivationTest, GoesThroughTheEightStepsOfTheUniversity) {
    const AccountId anna = add_provisional("anna@school.org", "slip-1");
    const auto handle = begin();  // 1 identifier, 2 password that was handed out
    ASSERT_TRUE(handle) << said(handle);
    EXPECT_EQ(step(*handle), "recovery_mail");
    EXPECT_FALSE(logs_in("anna@school.org", "slip-1")) << "it opens nothing";
    ASSERT_EQ(give_mail(*handle, "anna@home.org"), "ok");  // 3
    EXPECT_EQ(state(anna), AccountState::pending_mail);
    const auto link = link_to("anna@home.org");
    EXPECT_EQ(said(activation_.open_link(link, *handle, where_)), "ok");  // 4
    EXPECT_EQ(state(anna), AccountState::charter);
    const auto view = activation_.look(*handle);
    ASSERT_TRUE(view && view->charter);
    EXPECT_EQ(view->charter->body, "Text 1");
    EXPECT_EQ(said(activation_.accept_charter(*handle, 1, where_)), "ok");                // 5
    EXPECT_EQ(said(activation_.choose_redirect(*handle, "other@home.org", true)), "ok");  // 6
    const auto done = choose(*handle, good);                                              // 7
    ASSERT_TRUE(done) << said(done);
    EXPECT_EQ(done->login, "anna@school.org");  // 8
    EXPECT_EQ(done->mailbox, "anna@school.org");
    EXPECT_EQ(done->redirect, "other@home.org");
    EXPECT_TRUE(done->redirect_waits);
    EXPECT_EQ(state(anna), AccountState::active);
    EXPECT_TRUE(logs_in("anna@school.org", good));
    EXPECT_FALSE(logs_in("anna@school.org", "slip-1"));

    EXPECT_EQ(redirection_.look(anna).value()->state, RedirectState::pending) << "inert until its address is proven";
    EXPECT_EQ(said(redirection_.confirm(link_to("other@home.org"), where_)), "ok");  // 6-2
    EXPECT_EQ(redirection_.look(anna).value()->state, RedirectState::active);
    send();
    ASSERT_EQ(delivery_.events.size(), 2U);
    EXPECT_EQ(delivery_.events[0].event, "account.activated");
    EXPECT_EQ(delivery_.events[0].fields.at("mailbox"), "anna@school.org");
    EXPECT_EQ(delivery_.events[1].event, "redirect.changed");
    EXPECT_EQ(step(*handle), "over");
    EXPECT_EQ(said(begin()), "invalid") << "what was handed out is used up";
}

TEST_P(ActivationTest, ARedirectToTheRecoveryAddressIsInForceAtOnce) {
    const AccountId anna = add_provisional("anna@school.org", "slip-1");
    const auto handle = open();
    ASSERT_EQ(said(activation_.accept_charter(handle, 1, where_)), "ok");
    ASSERT_EQ(said(activation_.choose_redirect(handle, "anna@home.org", false)), "ok");
    const auto done = choose(handle, good);
    ASSERT_TRUE(done);
    EXPECT_FALSE(done->redirect_waits);
    EXPECT_EQ(redirection_.look(anna).value()->state, RedirectState::active);
    EXPECT_FALSE(redirection_.look(anna).value()->keep_copy);
}

TEST_P(ActivationTest, TheLinkIsGoodUntilOneSecondToMidnightThere) {
    const AccountId anna = add_provisional("anna@school.org", "slip-1");
    for (const auto day : {2026y / 11 / 26, 2027y / 3 / 28, 2027y / 10 / 31}) {  // the last two have another length
        set_clock(day, 1h);
        ASSERT_TRUE(accounts_.give_provisional(anna, verifier("slip-1"), now() + std::chrono::days(30)));
        const auto handle = begin();
        ASSERT_TRUE(handle) << said(handle);
        EXPECT_FALSE(activation_.look(*handle)->is_short);
        const std::string address = "a" + std::to_string(clock_.seconds) + "@home.org";
        ASSERT_EQ(give_mail(*handle, address), "ok");
        const auto mails = mails_to(address);
        ASSERT_EQ(mails.size(), 1U);
        EXPECT_TRUE(mails[0].text.contains("23:59")) << mails[0].text;
        const Time deadline = activation_.look(*handle)->deadline;
        EXPECT_EQ(zone_.clock_text(deadline), "23:59");
        EXPECT_EQ(zone_.day_of(deadline), day);
        clock_.seconds = deadline.time_since_epoch().count();
        EXPECT_EQ(step(*handle), "mailed_link");
        EXPECT_TRUE(activation_.look(*handle)->is_short);
        wait(1);
        EXPECT_EQ(step(*handle), "over");
        const auto start = settings_.portal + "/link/";
        EXPECT_EQ(said(activation_.open_link(base::Secret(mails[0].word(start).substr(start.size())), *handle, where_)),
                  "over");
        EXPECT_TRUE(begin()) << "from step 1, with what was handed out";
    }
}

TEST_P(ActivationTest, BegunAgainTheEarlierOneIsOver) {
    const AccountId anna = add_provisional("anna@school.org", "slip-1");
    const auto first = begin();
    ASSERT_EQ(give_mail(*first, "anna@home.org"), "ok");
    const auto link = link_to("anna@home.org");
    const auto second = begin();
    ASSERT_TRUE(second);
    EXPECT_EQ(state(anna), AccountState::provisional);
    EXPECT_EQ(step(*first), "over");
    EXPECT_EQ(said(activation_.open_link(link, *second, where_)), "over");
    EXPECT_EQ(step(*second), "recovery_mail");
}

TEST_P(ActivationTest, GoesOnInAnotherBrowserForWhoTypesWhatWasHandedOut) {
    add_provisional("anna@school.org", "slip-1");
    add_provisional("bob@school.org", "slip-2");
    const auto handle = begin();
    ASSERT_EQ(give_mail(*handle, "anna@home.org"), "ok");
    const auto link = link_to("anna@home.org");
    EXPECT_EQ(said(activation_.open_link(link, Credentials{"bob@school.org", "", base::Secret("slip-2")}, where_)),
              "over");
    EXPECT_EQ(said(activation_.open_link(link, Credentials{"anna@school.org", "", base::Secret("wrong")}, where_)),
              "invalid");
    const auto elsewhere =
        activation_.open_link(link, Credentials{"anna@school.org", "", base::Secret("slip-1")}, where_);
    ASSERT_TRUE(elsewhere) << said(elsewhere);
    EXPECT_EQ(step(*elsewhere), "charter");
    EXPECT_EQ(step(*handle), "over");
}

TEST_P(ActivationTest, SkipsNoStep) {
    add_provisional("anna@school.org", "slip-1");
    const auto handle = begin();
    EXPECT_EQ(said(choose(*handle, good)), "over");
    EXPECT_EQ(said(activation_.accept_charter(*handle, 1, where_)), "over");
    EXPECT_EQ(said(activation_.choose_redirect(*handle, std::nullopt, true)), "over");
    const auto opened = open();
    EXPECT_EQ(said(choose(opened, good)), "over");
    add_charter(2);
    EXPECT_EQ(said(activation_.accept_charter(opened, 1, where_)), "refused version") << "a newer one is valid";
    EXPECT_EQ(said(activation_.accept_charter(opened, 2, where_)), "ok");
}

TEST_P(ActivationTest, RefusesBadInputAndChangesNothing) {
    add_provisional("anna@school.org", "slip-1");
    const auto handle = begin();
    for (const std::string address :
         {"", "anna", "anna@", "@home.org", "anna@home", "an na@home.org", "anna@home.org\r\nBcc: x@y.org",
          "a..b@home.org", "anna@-home.org", "anna@127.0.0.1", "anna@[127.0.0.1]"}) {
        EXPECT_EQ(give_mail(*handle, address), "malformed address") << address;
    }
    EXPECT_EQ(give_mail(*handle, std::string(250, 'a') + "@home.org"), "malformed address");
    EXPECT_EQ(give_mail(*handle, "Anna@School.org"), "refused own_address");
    EXPECT_EQ(step(*handle), "recovery_mail");
    const auto opened = open();
    ASSERT_EQ(said(activation_.accept_charter(opened, 1, where_)), "ok");
    EXPECT_EQ(said(activation_.choose_redirect(opened, "anna@school.org", true)), "refused own_address");
    ASSERT_EQ(said(activation_.choose_redirect(opened, std::nullopt, true)), "ok");
    EXPECT_EQ(said(choose(opened, "short")), "policy");
    EXPECT_EQ(said(activation_.choose_password(opened, base::Secret(good), base::Secret("x"), where_)), "differ");
    EXPECT_EQ(said(choose(opened, good)), "ok");
    EXPECT_EQ(said(choose(base::Secret("no such handle"), good)), "over");
}

TEST_P(ActivationTest, TakesNoMoreThanOneMailInTenMinutesToOneAddress) {
    add_provisional("anna@school.org", "slip-1");
    const auto handle = begin();
    ASSERT_EQ(give_mail(*handle, "anna@home.org"), "ok");
    EXPECT_EQ(give_mail(*handle, "anna@home.org"), "throttled");
    EXPECT_EQ(give_mail(*handle, "other@home.org"), "ok") << "mistyped at first";
    EXPECT_EQ(said(activation_.open_link(link_to("anna@home.org"), *handle, where_)), "over") << "replaced";
    EXPECT_EQ(said(activation_.open_link(link_to("other@home.org"), *handle, where_)), "ok");
}

TEST_P(ActivationTest, AccountsThatTheAcademieImportedBeginWithNumenAndBirthDate) {
    const AccountId anna = add_with_numen("anna@school.org", numen, AccountState::imported);
    EXPECT_EQ(said(begin_by_numen("22E081234", "14/07/1980")), "malformed numen");
    EXPECT_EQ(said(begin_by_numen(numen, "14 juillet")), "malformed birth_date");
    EXPECT_EQ(said(begin_by_numen(numen, "15/07/1980")), "invalid");
    EXPECT_EQ(said(begin_by_numen("22E0812345ABD", "14/07/1980")), "invalid") << "nobody's";
    const auto handle = begin_by_numen("22e08 12345 abc", "14/07/1980");
    ASSERT_TRUE(handle) << said(handle);
    EXPECT_EQ(step(*handle), "charter");
    EXPECT_EQ(said(activation_.accept_charter(*handle, 1, where_)), "ok");
    ASSERT_TRUE(choose(*handle, good));
    EXPECT_EQ(state(anna), AccountState::active);
    EXPECT_TRUE(logs_in("anna@school.org", good));
    EXPECT_EQ(said(begin_by_numen(numen, "14/07/1980")), "invalid")
        << "what is known of others opens no account in use";
}

TEST_P(ActivationTest, ComparesTwentyBirthDatesADayAtMost) {
    add_with_numen("anna@school.org", numen, AccountState::imported);
    int compared = 0;
    for (int i = 0; i < 300; ++i) {
        compared += said(begin_by_numen(numen, "15/07/1980")) == "invalid" ? 1 : 0;
        wait(288);
    }
    EXPECT_LE(compared, 20);
    EXPECT_GE(compared, 10);
}

TEST_P(ActivationTest, ASchoolBehindOneAddressIsActivatedInAnHour) {
    for (int i = 0; i < 120; ++i) {
        const std::string number = "22E08" + std::to_string(10'000 + i) + "ABC";
        add_with_numen("user" + std::to_string(i) + "@school.org", number, AccountState::imported);
        EXPECT_TRUE(begin_by_numen(number, "14/07/1980")) << i;
        wait(30);
    }
}

TEST_P(ActivationTest, OneOfAllWhoChooseAtOnceIsTaken) {
    add_provisional("anna@school.org", "slip-1");
    const auto handle = open();
    ASSERT_EQ(said(activation_.accept_charter(handle, 1, where_)), "ok");
    ASSERT_EQ(said(activation_.choose_redirect(handle, std::nullopt, true)), "ok");
    constexpr int crowd = 16;
    std::atomic<int> taken = 0;
    std::barrier start(crowd);
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < crowd; ++i) {
            threads.emplace_back([&, i] {
                start.arrive_and_wait();
                if (choose(handle, good + std::to_string(i))) ++taken;
            });
        }
    }
    EXPECT_EQ(taken, 1);
}

TEST_P(ActivationTest, TellsTheHelpdeskEveryStepByOneCorrelation) {
    const AccountId anna = add_provisional("anna@school.org", "slip-1");
    const auto handle = open();
    ASSERT_EQ(said(activation_.accept_charter(handle, 1, where_)), "ok");
    ASSERT_EQ(said(activation_.choose_redirect(handle, std::nullopt, true)), "ok");
    ASSERT_TRUE(choose(handle, good));
    send();
    const auto rows = store_.read([](Transaction& t) { return t.journal().find({.correlation = "corr-1"}); }).value();
    std::vector<std::string> actions;
    for (const JournalRow& row : rows) {
        if (row.subject_id == anna) actions.push_back(row.action);
        EXPECT_FALSE(row.detail.contains("home.org")) << "no address of a contact: " << row.detail;
    }
    EXPECT_EQ(actions, (std::vector<std::string>{"login", "activation.begin", "activation.mail", "outbox.sent",
                                                 "activation.link", "activation.charter", "activation.done",
                                                 "outbox.sent", "outbox.sent"}));
}

}  // namespace
}  // namespace postern::auth::procedures
