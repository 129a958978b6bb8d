#include "auth/procedures/recovery.hpp"

#include "auth/procedures/password_change.hpp"
#include "tests/unit/auth_procedures/procedure_fixture.hpp"

#include <atomic>
#include <barrier>
#include <thread>

namespace postern::auth::procedures {
namespace {

constexpr auto numen = "22E0812345ABC";

class RecoveryTest : public ProcedureFixture {
protected:
    RecoveryTest() {
        anna_ = add_with_numen("anna@school.org", numen, AccountState::active, "violet tram over mountains");
        add_contact(anna_, ContactKind::mail, 1, "anna@home.org");
        add_contact(anna_, ContactKind::sms, 1, "+33612345678");
    }
    StepResult<base::Secret> ask(const std::string& name,
                                 const std::string& birth = "",
                                 RecoveryMeans means = RecoveryMeans::link) {
        return recovery_.ask({.name = name, .birth_date = birth, .means = means}, where_);
    }
    std::string choose(FlowKind kind, const base::Secret& secret, std::string_view password) {
        return said(recovery_.choose_password({.kind = kind, .secret = secret}, base::Secret(password),
                                              base::Secret(password), where_));
    }
    std::string choose(const base::Secret& link, std::string_view password) {
        return choose(FlowKind::recovery, link, password);
    }
    base::Secret last_code() {
        send();
        EXPECT_FALSE(delivery_.messages.empty());
        return base::Secret(delivery_.messages.empty() ? "" : delivery_.messages.back().text.substr(0, 8));
    }
    std::string enter(const base::Secret& handle, const base::Secret& code) {
        return said(recovery_.enter_code(handle, code, where_));
    }

    Recovery recovery_{tools_};
    AccountId anna_ = 0;
};

INSTANTIATE_TEST_SUITE_P(On, RecoveryTest, test::both_engines, test::engine_name);

TEST_P(RecoveryTest, AMailedLinkIsGoodForOneNewPassword) {
    const auto phone = accounts_.add_app_password(anna_, AppScopes::all(), "phone", std::nullopt);
    ASSERT_TRUE(ask("anna@school.org", "14/07/1980"));
    const auto link = link_to("anna@home.org");
    EXPECT_TRUE(logs_in("anna@school.org", "violet tram over mountains")) << "asking changes nothing";
    for (int i = 0; i < 5; ++i) EXPECT_EQ(said(recovery_.look(link)), "ok") << "mail scanners look, too";
    EXPECT_EQ(choose(link, "violet tram over mountains"), "same");
    EXPECT_EQ(choose(link, good), "ok");
    EXPECT_EQ(choose(link, good), "over");
    EXPECT_EQ(said(recovery_.look(link)), "over");
    EXPECT_TRUE(logs_in("anna@school.org", good));
    EXPECT_FALSE(logs_in("anna@school.org", "violet tram over mountains"));
    where_.channel = Channel::imap;
    EXPECT_TRUE(logs_in("anna@school.org", phone->reveal())) << "app passwords go on";
    const auto told = mails_to("anna@home.org");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].header("Subject"), "=?UTF-8?B?Vm90cmUgbW90IGRlIHBhc3NlIGEgY2hhbmfDqQ==?=");
}

TEST_P(RecoveryTest, SaysNothingOfWhoHasAnAccount) {
    NewAccount gone = test::new_account("gone@school.org");
    add_contact(add(gone, "x"), ContactKind::mail, 1, "gone@home.org");
    ASSERT_TRUE(accounts_.suspend(gone.id));
    add(test::new_account("nowhere@school.org"), "x");
    for (const std::string name : {"nobody@school.org", "gone@school.org", "nowhere@school.org"}) {
        const auto handle = ask(name);
        ASSERT_TRUE(handle) << name;
        EXPECT_EQ(handle->reveal().size(), ask("anna@school.org")->reveal().size());
    }
    EXPECT_TRUE(ask("anna@school.org", "15/07/1980")) << "a wrong date looks the same";
    EXPECT_EQ(mails_to("gone@home.org").size(), 0U);
    EXPECT_EQ(said(ask("a\nb")), "malformed name");
    EXPECT_EQ(said(ask("anna@school.org", "yesterday")), "malformed birth_date");
}

TEST_P(RecoveryTest, SendsNothingForAWrongBirthDate) {
    ASSERT_TRUE(ask("anna@school.org", "15/07/1980"));
    EXPECT_TRUE(mails_to("anna@home.org").empty());
    ASSERT_TRUE(ask("anna@school.org", "1980-07-14"));
    EXPECT_EQ(mails_to("anna@home.org").size(), 1U);
}

TEST_P(RecoveryTest, AStrangerWhoKeepsAskingKeepsNobodyFromRecovering) {
    std::size_t mails = 0;
    base::Secret link;
    for (int i = 0; i < 150; ++i) {  // half a day
        where_.client = base::IpAddress::parse("198.51.100." + std::to_string(i)).value();
        std::ignore = ask("anna@school.org");
        const auto got = mails_to("anna@home.org");
        mails += got.size();
        const std::string start = settings_.portal + "/link/";
        if (!got.empty()) link = base::Secret(got.back().word(start).substr(start.size()));
        wait(300);
    }
    EXPECT_LE(mails, 5U);
    EXPECT_GE(mails, 2U);
    EXPECT_TRUE(logs_in("anna@school.org", "violet tram over mountains"));
    wait(3600);
    EXPECT_EQ(said(recovery_.look(link)), "over");
    where_.client = base::IpAddress::parse("192.0.2.77").value();
    const auto asked = ask("anna@school.org");
    ASSERT_TRUE(asked) << said(asked);
    const auto fresh = mails_to("anna@home.org");
    if (!fresh.empty()) {
        const std::string start = settings_.portal + "/link/";
        link = base::Secret(fresh.back().word(start).substr(start.size()));
    }
    EXPECT_EQ(choose(link, good), "ok");
}

TEST_P(RecoveryTest, ALinkThatIsAskedForAgainWhileItLivesIsTheSameProlonged) {
    ASSERT_TRUE(ask("anna@school.org"));
    const auto link = link_to("anna@home.org");
    wait(1500);
    ASSERT_TRUE(ask("anna@school.org"));
    EXPECT_EQ(link_to("anna@home.org").reveal(), link.reveal());
    wait(1500);
    EXPECT_EQ(said(recovery_.look(link)), "ok");
    wait(300);
    EXPECT_EQ(said(recovery_.look(link)), "over");
    ASSERT_TRUE(ask("anna@school.org"));
    EXPECT_EQ(link_to("anna@home.org").reveal(), link.reveal()) << "also when it was over";
    wait(86'400);
    ASSERT_TRUE(ask("anna@school.org"));
    EXPECT_NE(link_to("anna@home.org").reveal(), link.reveal()) << "not on another day";
    EXPECT_EQ(said(recovery_.look(link)), "over");
}

TEST_P(RecoveryTest, PupilsRecoverThroughTheirSchool) {
    put_affiliation(anna_, Profile::pupil, "0801234A");
    ASSERT_TRUE(ask("anna@school.org"));
    EXPECT_TRUE(mails_to("anna@home.org").empty());
    put_affiliation(anna_, Profile::alumni, "0801234A");
    ASSERT_TRUE(ask("anna@school.org"));
    EXPECT_EQ(mails_to("anna@home.org").size(), 1U);
}

TEST_P(RecoveryTest, ACodeIsGoodForWhoAskedForItWithinTenMinutes) {
    const auto handle = ask("anna@school.org", "", RecoveryMeans::code);
    const auto code = last_code();
    EXPECT_EQ(delivery_.messages.back().number, "+33612345678") << "never one from the request";
    const auto stranger = ask("anna@school.org", "", RecoveryMeans::code);
    EXPECT_EQ(enter(*stranger, code), "invalid") << "it is not his";
    for (int i = 0; i < 5; ++i) std::ignore = enter(*stranger, base::Secret("00000000"));
    EXPECT_EQ(enter(*handle, base::Secret("1234567")), "invalid");
    EXPECT_EQ(choose(FlowKind::code, *handle, good), "over") << "not yet";
    EXPECT_EQ(enter(*handle, code), "ok") << "although a stranger used up his own tries";
    EXPECT_EQ(enter(*handle, code), "over");
    EXPECT_EQ(choose(FlowKind::code, *handle, good), "ok");
    EXPECT_TRUE(logs_in("anna@school.org", good));
}

TEST_P(RecoveryTest, ACodeIsLookedAtFiveTimes) {
    const auto handle = ask("anna@school.org", "", RecoveryMeans::code);
    const auto code = last_code();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(enter(*handle, base::Secret("00000000")), "invalid");
    EXPECT_EQ(enter(*handle, code), "invalid");
    wait(600);
    EXPECT_EQ(enter(*handle, code), "over");
}

TEST_P(RecoveryTest, NumenAndBirthDateSendALinkOrWhereTheHouseSaysSoAskHereAndNow) {
    EXPECT_EQ(said(recovery_.ask(numen, "15/07/1980", where_)), "invalid");
    const auto mailed = recovery_.ask(numen, "14/07/1980", where_);
    ASSERT_TRUE(mailed);
    EXPECT_TRUE(mailed->is_mailed);
    EXPECT_FALSE(mailed->handle);
    EXPECT_EQ(choose(link_to("anna@home.org"), good), "ok");

    add_with_numen("bob@school.org", "22E0899999ZZZ", AccountState::active, "old");
    EXPECT_EQ(said(recovery_.ask("22E0899999ZZZ", "14/07/1980", where_)), "refused no_address");
    settings_.numen_reset_on_screen = true;
    const auto screen = recovery_.ask("22E0899999ZZZ", "14/07/1980", where_);
    ASSERT_TRUE(screen && screen->handle);
    EXPECT_EQ(choose(FlowKind::screen, *screen->handle, good), "ok");
    EXPECT_TRUE(logs_in("bob@school.org", good));
    EXPECT_EQ(mails_to("bob@school.org").size(), 1U) << "his mailbox is told";
}

TEST_P(RecoveryTest, MailsATemporaryPasswordWhereTheHouseSaysSo) {
    settings_.temporary_password_by_mail = true;
    PasswordChange changes(store_, authenticator_, hasher_, judge_, keyring_, clock_);
    ASSERT_TRUE(ask("anna@school.org"));
    const auto mails = mails_to("anna@home.org");
    ASSERT_EQ(mails.size(), 1U);
    const std::string text = mails[0].text;
    const std::string slip = text.substr(text.find("    ") + 4, 17);
    EXPECT_TRUE(logs_in("anna@school.org", "violet tram over mountains")) << "goes on until the temporary one is used";
    where_.channel = Channel::imap;
    EXPECT_FALSE(logs_in("anna@school.org", slip)) << "it opens no mailbox";
    where_.channel = Channel::portal;
    const auto changed =
        changes.change({"anna@school.org", "", base::Secret(slip)}, where_, base::Secret(good), base::Secret(good));
    ASSERT_TRUE(changed);
    EXPECT_EQ(*changed, ReplacedPassword::temporary);
    EXPECT_TRUE(logs_in("anna@school.org", good));
    EXPECT_FALSE(logs_in("anna@school.org", slip));
}

TEST_P(RecoveryTest, AskingDoesNotVoidWhatAnAdministratorHandedOut) {
    settings_.temporary_password_by_mail = true;
    ASSERT_TRUE(accounts_.give_temporary(anna_, verifier("from the helpdesk"), now() + std::chrono::hours(72)));
    ASSERT_TRUE(ask("anna@school.org"));
    EXPECT_TRUE(mails_to("anna@home.org").empty());
    EXPECT_EQ(authenticator_.authenticate({"anna@school.org", "", base::Secret("from the helpdesk")}, where_).error(),
              Refusal::must_change);
}

TEST_P(RecoveryTest, RemindsOfTheIdentifierByMailOnly) {
    NewAccount student = test::new_account("s123@school.org");
    student.secret_identifiers = {secret_identifier(keyring_, SecretIdentifierKind::student_number, "20261234")};
    student.birth.name_and_date = name_birth_mac(keyring_, "Dupont", "Élodie", birth_date("01/02/2005").value());
    student.language = "en";
    add_contact(add(student, "x"), ContactKind::mail, 1, "elodie@home.org");
    const auto remind = [&](const IdentifierQuestion& question) { return said(recovery_.remind(question, where_)); };
    EXPECT_EQ(remind({.student_number = "2026 1234"}), "ok");
    const auto mails = mails_to("elodie@home.org");
    ASSERT_EQ(mails.size(), 1U);
    EXPECT_EQ(mails[0].header("Subject"), "Your identifier");
    EXPECT_TRUE(mails[0].text.contains("s123@school.org"));
    wait(600);
    EXPECT_EQ(remind({.family_name = "DUPONT", .given_name = "Elodie", .birth_date = "01/02/2005"}), "ok");
    EXPECT_EQ(mails_to("elodie@home.org").size(), 1U);
    wait(600);
    EXPECT_EQ(remind({.family_name = "Dupont", .given_name = "Élodie", .birth_date = "02/02/2005"}), "ok");
    EXPECT_EQ(remind({.student_number = "99999999"}), "ok");
    EXPECT_TRUE(mails_to("elodie@home.org").empty());
    EXPECT_EQ(remind({.student_number = "drop table"}), "ok");
    EXPECT_EQ(remind({.student_number = "1;2"}), "malformed student_number");
    EXPECT_EQ(remind({.family_name = "D", .given_name = "E", .birth_date = ""}), "malformed birth_date");
}

TEST_P(RecoveryTest, OneOfAllWhoUseALinkAtOnceIsTaken) {
    ASSERT_TRUE(ask("anna@school.org"));
    const auto link = link_to("anna@home.org");
    constexpr int crowd = 64;
    std::atomic<int> taken = 0;
    std::barrier start(crowd);
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < crowd; ++i) {
            threads.emplace_back([&, i] {
                start.arrive_and_wait();
                if (choose(link, good + std::to_string(i)) == "ok") ++taken;
            });
        }
    }
    EXPECT_EQ(taken, 1);
}

TEST_P(RecoveryTest, ANewPasswordEndsEveryOtherProcedure) {
    ASSERT_TRUE(ask("anna@school.org"));
    const auto link = link_to("anna@home.org");
    const auto handle = ask("anna@school.org", "", RecoveryMeans::code);
    ASSERT_EQ(enter(*handle, last_code()), "ok");
    ASSERT_EQ(choose(FlowKind::code, *handle, good), "ok");
    EXPECT_EQ(choose(link, "another good one of mine"), "over");
}

}  // namespace
}  // namespace postern::auth::procedures
