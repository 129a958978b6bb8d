// What people are reached by: mail, text messages, hooks.
#include "tests/unit/config/sandbox.hpp"

namespace postern::config::test {
namespace {

constexpr std::string_view mail =
    "accounts:\n  portal: https://portail.example.org/\n  mail: {host: relay.example.org, from: "
    "no-reply@example.org}\n";

Loaded with(const Sandbox& sandbox, std::string_view section) {
    return sandbox.load_text(edited({}) + std::string(section));
}

TEST(AccountSettings, HaveDefaultsWithoutTheSection) {
    const Sandbox sandbox;
    const auto settings = with(sandbox, "");
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->accounts.time_zone, "Europe/Paris");
    EXPECT_FALSE(settings->accounts.mail);
}

TEST(AccountSettings, AreReadWhole) {
    const Sandbox sandbox;
    sandbox.write("sms.secret", "Bearer x\n");
    const auto settings =
        with(sandbox, std::string(mail) +
                          "  sms: {url: 'http://127.0.0.1:8000/send', content_type: application/json, "
                          "body: '{\"to\":\"{{number}}\",\"text\":\"{{text}}\"}', authorization: "
                          "{file: sms.secret}}\n  hook: {command: [/bin/true, x]}\n  link_time: 15m\n");
    ASSERT_TRUE(settings) << settings.error().front().text();
    EXPECT_EQ(settings->accounts.portal, "https://portail.example.org") << "without the slash at its end";
    EXPECT_EQ(settings->accounts.mail->port, 587);
    EXPECT_EQ(settings->accounts.mail->tls, MailTls::starttls);
    EXPECT_EQ(settings->accounts.sms->authorization.reveal(), "Bearer x");
    EXPECT_EQ(settings->accounts.hook->command, (std::vector<std::string>{"/bin/true", "x"}));
    EXPECT_EQ(settings->accounts.link_time, std::chrono::minutes(15));
}

struct MistakeOfAccounts {
    std::string name;
    std::string section;
    std::string want;  ///< part of the error
};
class AccountMistakes : public testing::TestWithParam<MistakeOfAccounts> {};

TEST_P(AccountMistakes, AreToldWithWhatWouldBeRight) {
    const Sandbox sandbox;
    const auto settings = with(sandbox, GetParam().section);
    ASSERT_FALSE(settings);
    ASSERT_EQ(settings.error().size(), 1U) << settings.error().back().text();
    EXPECT_TRUE(settings.error().front().text().contains(GetParam().want)) << settings.error().front().text();
}

const std::string to_relay =
    "accounts:\n  portal: https://p.example.org\n  mail: {host: relay.example.org, from: a@b.org";

INSTANTIATE_TEST_SUITE_P(
    Accounts,
    AccountMistakes,
    testing::ValuesIn(std::vector<MistakeOfAccounts>{
        {"Zone", "accounts: {time_zone: Paris}", "accounts.time_zone: expected a time zone of the IANA database"},
        {"PortalInClearText", "accounts: {portal: 'http://p.example.org'}",
         "expected an https URL, or one on this host"},
        {"PortalThatOnlyLooksLocal", "accounts: {portal: 'http://127.0.0.1.example.org'}",
         "expected an https URL, or one on this host"},
        {"PortalWithAQuery", "accounts: {portal: 'https://p.example.org/?a=b'}", "a URL without ? and #"},
        {"ShortLinks", "accounts: {link_time: 1m}", "accounts.link_time: is outside of 10m to 60m"},
        {"MailWithoutPortal", "accounts: {mail: {host: r.example.org, from: a@b.org}}", "accounts.portal: missing"},
        {"MailInClearText", to_relay + ", tls: none}", "links and codes would cross the network in clear text"},
        {"UserWithoutPassword", to_relay + ", user: x}", "give `user` and `password`, or neither"},
        {"SenderThatIsNoAddress",
         "accounts:\n  portal: https://p.example.org\n  mail: {host: r.example.org, from: \"a b@c.org\"}",
         "expected an address like no-reply@example.org"},
        {"SmsWithoutItsText",
         "accounts: {sms: {url: 'https://s.example.org', content_type: application/json, body: 'x'}}",
         "expected a text with {{number}} and {{text}}"},
        {"SmsInClearText",
         "accounts: {sms: {url: 'http://s.example.org', content_type: application/json, body: '{{number}}{{text}}'}}",
         "expected an https URL"},
        {"HookTwice", "accounts: {hook: {command: [/bin/true], url: 'https://h.example.org'}}", "not both"},
        {"HookNowhere", "accounts: {hook: {}}", "neither `command` nor `url`"},
        {"HookByName", "accounts: {hook: {command: [provision]}}", "begins with the whole path of a program"},
        {"SecretInTheFile", "accounts: {hook: {url: 'https://h.example.org', authorization: hunter2}}",
         "a secret must not stand in this file"},
    }),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace postern::config::test
