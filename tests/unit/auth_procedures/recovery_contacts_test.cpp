#include "auth/procedures/recovery_contacts.hpp"

#include "auth/procedures/linking.hpp"
#include "auth/procedures/recovery.hpp"
#include "auth/procedures/redirection.hpp"
#include "tests/unit/auth_procedures/procedure_fixture.hpp"

namespace postern::auth::procedures {
namespace {

class RecoveryContactsTest : public ProcedureFixture {
protected:
    RecoveryContactsTest() { anna_ = add(test::new_account("anna@school.org"), "secret"); }

    StepResult<base::Secret> propose(ContactKind kind, int rank, std::string_view address) {
        return contacts_.propose(anna_, {.kind = kind, .rank = rank}, address, where_);
    }
    void take(int rank, const std::string& address) {
        ASSERT_TRUE(propose(ContactKind::mail, rank, address));
        ASSERT_EQ(said(contacts_.confirm_link(link_to(address), where_)), "ok");
    }
    std::vector<std::string> addresses() {
        std::vector<std::string> found;
        for (const ContactView& each : contacts_.list(anna_).value()) found.push_back(each.address);
        return found;
    }

    RecoveryContacts contacts_{tools_};
    AccountId anna_ = 0;
};

INSTANTIATE_TEST_SUITE_P(On, RecoveryContactsTest, test::both_engines, test::engine_name);

TEST_P(RecoveryContactsTest, ANewAddressCountsOnceItIsProvenAndServesAfterTwoDays) {
    Recovery recovery(tools_);
    ASSERT_TRUE(propose(ContactKind::mail, 1, "anna@home.org"));
    EXPECT_TRUE(addresses().empty());
    const auto link = link_to("anna@home.org");
    EXPECT_EQ(said(contacts_.confirm_link(link, where_)), "ok");
    EXPECT_EQ(said(contacts_.confirm_link(link, where_)), "over");
    EXPECT_EQ(addresses(), std::vector<std::string>{"anna@home.org"});
    wait(600);
    ASSERT_TRUE(recovery.ask({.name = "anna@school.org", .birth_date = {}}, where_));
    EXPECT_TRUE(mails_to("anna@home.org").empty()) << "too new";
    wait(48 * 3600);
    ASSERT_TRUE(recovery.ask({.name = "anna@school.org", .birth_date = {}}, where_));
    EXPECT_EQ(mails_to("anna@home.org").size(), 1U);
}

TEST_P(RecoveryContactsTest, TellsEveryOldAddressAndLetsItTakeTheChangeBack) {
    add_contact(anna_, ContactKind::mail, 1, "anna@home.org");
    add_contact(anna_, ContactKind::mail, 2, "anna@work.org");
    ASSERT_TRUE(logs_in("anna@school.org", "secret"));
    take(1, "thief@evil.org");
    EXPECT_EQ(addresses(), (std::vector<std::string>{"thief@evil.org", "anna@work.org"}));
    const auto home = link_to("anna@home.org");
    const auto work = link_to("anna@work.org");
    EXPECT_EQ(said(contacts_.undo(work, where_)), "ok");
    EXPECT_EQ(addresses(), (std::vector<std::string>{"anna@home.org", "anna@work.org"}));
    EXPECT_EQ(contacts_.list(anna_)->at(0).usable_from, now()) << "usable at once";
    EXPECT_EQ(mails_to("anna@work.org").size(), 1U);
    const auto told = mails_to("thief@evil.org");
    ASSERT_EQ(told.size(), 1U) << "whoever it is, he is told that his address serves no more";
    EXPECT_TRUE(told[0].text.contains("annulée")) << told[0].text;
    EXPECT_EQ(said(contacts_.undo(work, where_)), "over");
    EXPECT_EQ(said(contacts_.undo(home, where_)), "ok") << "each has a way back of his own";
    EXPECT_EQ(mails_to("anna@work.org").size(), 1U) << "told of that as well";
    wait(15 * 86'400);
    take(2, "new@home.org");
    const auto late = link_to("anna@work.org");
    wait(14 * 86'400);
    EXPECT_EQ(said(contacts_.undo(late, where_)), "over") << "after two weeks";
}

TEST_P(RecoveryContactsTest, ProvesATelephoneByACode) {
    const auto handle = propose(ContactKind::sms, 1, "06 12.34-56 78");
    ASSERT_TRUE(handle);
    send();
    ASSERT_EQ(delivery_.messages.size(), 1U);
    EXPECT_EQ(delivery_.messages[0].number, "+33612345678");
    EXPECT_EQ(said(contacts_.confirm_code(*handle, base::Secret("00000000"), where_)), "invalid");
    const base::Secret code(delivery_.messages[0].text.substr(0, 8));
    EXPECT_EQ(said(contacts_.confirm_code(*handle, code, where_)), "ok");
    EXPECT_EQ(addresses(), std::vector<std::string>{"+33612345678"});
    for (const std::string number :
         {"", "12", "061234", "abc", "+0612345678", "06123456789012345", "06 12 34 56 78 ext"})
        EXPECT_EQ(said(propose(ContactKind::sms, 2, number)), "malformed address") << number;
}

TEST_P(RecoveryContactsTest, RefusesWhatRecoversNothing) {
    EXPECT_EQ(said(propose(ContactKind::mail, 1, "anna@school.org")), "refused own_address");
    EXPECT_EQ(said(propose(ContactKind::mail, 3, "anna@home.org")), "malformed rank");
    EXPECT_EQ(said(propose(ContactKind::mail, 1, "x")), "malformed address");
    EXPECT_EQ(said(contacts_.remove(anna_, {}, where_)), "over");
    ASSERT_TRUE(propose(ContactKind::mail, 1, "anna@home.org"));
    EXPECT_EQ(said(propose(ContactKind::mail, 2, "anna@home.org")), "throttled");
}

TEST_P(RecoveryContactsTest, NobodyLetsItWriteToWhomeverHeLikes) {
    int sent = 0;
    for (int i = 0; i < 100; ++i)
        sent += propose(ContactKind::mail, 1, "victim" + std::to_string(i) + "@home.org") ? 1 : 0;
    EXPECT_EQ(sent, 10);
}

TEST_P(RecoveryContactsTest, RemovesAnAddressAndTellsIt) {
    add_contact(anna_, ContactKind::mail, 1, "anna@home.org");
    EXPECT_EQ(said(contacts_.remove(anna_, {}, where_)), "ok");
    EXPECT_TRUE(addresses().empty());
    EXPECT_EQ(said(contacts_.undo(link_to("anna@home.org"), where_)), "ok");
    EXPECT_EQ(addresses(), std::vector<std::string>{"anna@home.org"});
}

TEST_P(RecoveryContactsTest, ARedirectIsSetConfirmedPausedAndRemoved) {
    Redirection redirection(tools_);
    add_contact(anna_, ContactKind::mail, 1, "anna@home.org");
    EXPECT_EQ(redirection.look(anna_).value(), std::nullopt);
    EXPECT_EQ(redirection.set(anna_, "anna@home.org", true, where_).value(), RedirectState::active)
        << "known to be hers";
    EXPECT_EQ(redirection.set(anna_, "other@home.org", false, where_).value(), RedirectState::pending);
    const auto first = link_to("other@home.org");
    EXPECT_EQ(redirection.set(anna_, "third@home.org", false, where_).value(), RedirectState::pending);
    EXPECT_EQ(said(redirection.confirm(first, where_)), "over") << "the address is another one by now";
    EXPECT_EQ(said(redirection.confirm(link_to("third@home.org"), where_)), "ok");
    EXPECT_EQ(redirection.look(anna_).value()->target, "third@home.org");
    EXPECT_TRUE(redirection.pause(anna_, true, where_).value());
    EXPECT_FALSE(redirection.pause(anna_, true, where_).value());
    EXPECT_EQ(redirection.look(anna_).value()->state, RedirectState::paused);
    EXPECT_TRUE(redirection.pause(anna_, false, where_).value());
    EXPECT_TRUE(redirection.remove(anna_, where_).value());
    EXPECT_FALSE(redirection.remove(anna_, where_).value());
    EXPECT_EQ(said(redirection.set(anna_, "anna@school.org", true, where_)), "refused own_address");
    send();
    EXPECT_EQ(delivery_.events.size(), 5U) << "whoever sets up the mail server is told";
}

TEST_P(RecoveryContactsTest, LinksTwoAccountsForWhoProvesBoth) {
    Linking linking(tools_);
    const AccountId other = add(test::new_account("parent@school.org"), "hers too");
    add_contact(anna_, ContactKind::mail, 1, "anna@home.org");
    add_contact(other, ContactKind::mail, 1, "parent@home.org");
    put_affiliation(anna_, Profile::teacher, "u1");
    put_affiliation(other, Profile::parent, "u2");
    EXPECT_EQ(said(linking.link(anna_, {"parent@school.org", "", base::Secret("wrong")}, where_)), "invalid");
    EXPECT_EQ(said(linking.link(anna_, {"parent@school.org", "", base::Secret("hers too")}, where_)), "ok");
    for (const std::string login : {"anna@school.org", "parent@school.org"}) {
        const auto identity = authenticator_.authenticate(
            {login, "", base::Secret(login.starts_with("anna") ? "secret" : "hers too")}, where_);
        ASSERT_TRUE(identity);
        EXPECT_EQ(identity->groups, (std::vector<std::string>{"parent", "teacher"})) << login;
    }
    EXPECT_EQ(mails_to("anna@home.org").size(), 1U);
    EXPECT_EQ(mails_to("parent@home.org").size(), 1U);
    EXPECT_EQ(said(linking.unlink(other, where_)), "ok");
    EXPECT_TRUE(said(linking.unlink(other, where_)).starts_with("refused link"));
    const AccountId pupil = add(test::new_account("pupil@school.org"), "p");
    put_affiliation(pupil, Profile::pupil, "u1");
    EXPECT_TRUE(
        said(linking.link(anna_, {"pupil@school.org", "", base::Secret("p")}, where_)).starts_with("refused link"));
}

}  // namespace
}  // namespace postern::auth::procedures
