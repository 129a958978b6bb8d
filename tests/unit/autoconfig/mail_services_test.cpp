#include "autoconfig/mail_services.hpp"

#include "example.hpp"

#include <functional>

namespace postern::autoconfig {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(MailServicesOf, TakesHostsFromTheDomainAndPortsFromItsListeners) {
    const MailServices services = example::services();
    EXPECT_EQ(services.domain, "ac-amiens.fr");
    EXPECT_EQ(services.imap.hostname, "imap.ac-amiens.fr");
    EXPECT_EQ(services.imap.port, 993);
    EXPECT_EQ(services.submission.hostname, "smtp.ac-amiens.fr");
    EXPECT_EQ(services.submission.port, 465);
    EXPECT_EQ(services.imap.security, SocketSecurity::implicit_tls);
    EXPECT_EQ(services.submission.security, SocketSecurity::implicit_tls);
    EXPECT_EQ(services.documentation->title.size(), 2U);
}

TEST(MailServicesOf, AnnouncesThePortThatClientsSee) {
    config::Settings settings = example::settings();
    settings.listeners[0].port = 10993;
    EXPECT_EQ(mail_services_of(settings, settings.domains[0])->imap.port, 993);
    settings.listeners[0].public_port = 0;
    EXPECT_EQ(mail_services_of(settings, settings.domains[0])->imap.port, 10993) << "without public_port";
}

TEST(MailServicesOf, AnnouncesHowTheListenerStartsTls) {
    config::Settings settings = example::settings();
    EXPECT_EQ(mail_services_of(settings, settings.domains[0])->imap.security, SocketSecurity::implicit_tls);
    for (config::ListenerSettings& listener : settings.listeners) listener.tls = config::ListenerTls::starttls;
    const auto services = mail_services_of(settings, settings.domains[0]);
    EXPECT_EQ(services->imap.security, SocketSecurity::starttls);
    EXPECT_EQ(services->submission.security, SocketSecurity::starttls);
}

TEST(MailServicesOf, LowersTheCaseOfNames) {
    config::Settings settings = example::settings();
    settings.domains[0].name = "AC-Amiens.fr";
    settings.domains[0].imap.hostname = "IMAP.ac-amiens.fr";
    settings.domains[0].web_hosts = {"WWW.ac-amiens.fr", "autoconfig.ac-amiens.FR"};
    const auto services = mail_services_of(settings, settings.domains[0]);
    EXPECT_EQ(services->domain, "ac-amiens.fr");
    EXPECT_EQ(services->imap.hostname, "imap.ac-amiens.fr");
    EXPECT_THAT(services->hosts, ElementsAre("ac-amiens.fr", "autoconfig.ac-amiens.fr", "autodiscover.ac-amiens.fr",
                                             "www.ac-amiens.fr"));
}

TEST(MailServicesOf, UsesTheDisplayNameWhereThereIsNoShortOne) {
    config::Settings settings = example::settings();
    settings.domains[0].display_short_name.clear();
    EXPECT_EQ(mail_services_of(settings, settings.domains[0])->display_short_name, "Académie d'Amiens");
}

TEST(AnnouncedServices, FollowTheOrderOfTheSettings) {
    const auto all = example::all_services(example::settings_of_two_domains());
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].domain, "ac-amiens.fr");
    EXPECT_EQ(all[1].domain, "ac-lille.fr");
}

struct RefusedCase {
    std::string name;
    std::function<void(config::Settings&)> spoil;
    std::string complaint;
};

class RefusedSettings : public testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedSettings, AreNamedWithTheReason) {
    config::Settings settings = example::settings_of_two_domains();
    ASSERT_TRUE(announced_services(settings));
    GetParam().spoil(settings);
    const auto all = announced_services(settings);
    ASSERT_FALSE(all);
    EXPECT_THAT(all.error(), HasSubstr(GetParam().complaint));
}

config::DomainSettings& first(config::Settings& settings) {
    return settings.domains[0];
}

INSTANTIATE_TEST_SUITE_P(
    WritingRules,
    RefusedSettings,
    testing::ValuesIn(std::vector<RefusedCase>{
        {"DomainThatIsNoHostName", [](auto& s) { first(s).name = "ac_amiens.fr"; },
         "domain ac_amiens.fr: name: must be a host name"},
        {"NoDisplayName", [](auto& s) { first(s).display_name.clear(); },
         "domain ac-amiens.fr: display_name: must not be empty"},
        {"DisplayNameWithSpaceInFront", [](auto& s) { first(s).display_name = " A"; },
         "display_name: must not start or end"},
        {"DisplayNameWithSpaceBehind", [](auto& s) { first(s).display_name = "A "; },
         "display_name: must not start or end"},
        {"DisplayNameOfTwoLines", [](auto& s) { first(s).display_name = "A\nB"; }, "display_name: must be one line"},
        {"DisplayNameInLatin1", [](auto& s) { first(s).display_name = "Acad\xe9mie"; },
         "display_name: must be one line of UTF-8"},
        {"DisplayNameWithPlaceholder", [](auto& s) { first(s).display_name = "Mail of %EMAILDOMAIN%"; },
         "must not contain %EMAILDOMAIN%"},
        {"ShortNameOfTwoLines", [](auto& s) { first(s).display_short_name = "A\tB"; },
         "display_short_name: must be one line"},
        {"PlaceholderAsHostName", [](auto& s) { first(s).imap.hostname = "imap.%EMAILDOMAIN%"; },
         "imap: hostname: must be a host name"},
        {"NoHostName", [](auto& s) { first(s).submission.hostname.clear(); },
         "submission: hostname: must be a host name"},
        {"UnknownListener", [](auto& s) { first(s).imap.listener = "pop"; },
         "imap: listener: there is none called \"pop\""},
        {"ListenerOfAnotherProtocol", [](auto& s) { first(s).submission.listener = "imaps"; },
         "submission: listener: \"imaps\" speaks another"},
        {"DocumentationByScript", [](auto& s) { first(s).documentation->url = "javascript:alert(1)"; },
         "documentation: url: must start"},
        {"DocumentationWithSpace", [](auto& s) { first(s).documentation->url += " x"; },
         "documentation: url: must be visible ASCII"},
        {"TitleInNoLanguage", [](auto& s) { first(s).documentation->title[""] = "x"; },
         "documentation: title: \"\" is no language"},
        {"EmptyTitle", [](auto& s) { first(s).documentation->title["de"] = ""; },
         "documentation: title: de: must not be empty"},
        {"WebHostWithPort", [](auto& s) { first(s).web_hosts = {"a.fr:443"}; },
         "web_hosts: \"a.fr:443\" is no host name"},
        {"HostOfTwoDomains", [](auto& s) { first(s).web_hosts = {"Courriel.ac-lille.fr"}; },
         "domain ac-lille.fr: the host courriel.ac-lille.fr already serves the documents of ac-amiens.fr"},
    }),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace postern::autoconfig
