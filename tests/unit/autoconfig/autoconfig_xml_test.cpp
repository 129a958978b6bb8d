#include "autoconfig/autoconfig_xml.hpp"

#include "autoconfig/names.hpp"
#include "example.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <functional>
#include <set>
#include <stdexcept>

namespace postern::autoconfig {
namespace {

pugi::xml_document parsed(const std::string& bytes) {
    pugi::xml_document document;
    const unsigned options = pugi::parse_default | pugi::parse_ws_pcdata;
    if (!document.load_buffer(bytes.data(), bytes.size(), options)) throw std::runtime_error("not XML: " + bytes);
    return document;
}

std::size_t count(const pugi::xml_node& document, const char* xpath) {
    return document.select_nodes(xpath).size();
}

// Whether every node that the expression finds, and at least one, has a text that pleases.
bool all_texts(const pugi::xml_node& document,
               const char* xpath,
               const std::function<bool(std::string_view)>& pleases) {
    const auto found = document.select_nodes(xpath);
    return !found.empty() &&
           std::all_of(found.begin(), found.end(), [&](const auto& node) { return pleases(node.node().text().get()); });
}

bool is_first(const pugi::xml_node& document, const char* element, std::string_view type) {
    const pugi::xml_node first = document.child("clientConfig").child("emailProvider").child(element);
    return first.attribute("type").value() == type;
}

/// What one family of clients needs, who breaks without it, and how to break it.
struct WritingRule {
    std::string name;
    std::string who_breaks;
    std::function<bool(const pugi::xml_document&)> holds;
    std::string instead_of;  ///< to break it, in the document of the example
    std::string put;
};

void PrintTo(const WritingRule& rule, std::ostream* out) {
    *out << rule.name;
}

const std::vector<WritingRule>& writing_rules() {
    static const std::vector<WritingRule> rules{
        {"ImapIsTheFirstIncomingServer", "Geary", [](const auto& d) { return is_first(d, "incomingServer", "imap"); },
         R"(type="imap")", R"(type="pop3")"},
        {"SmtpIsTheFirstOutgoingServer", "Geary", [](const auto& d) { return is_first(d, "outgoingServer", "smtp"); },
         R"(type="smtp")", R"(type="ews")"},
        {"ThereIsOneOutgoingServer", "Evolution takes the last, Thunderbird leaves placeholders in the second",
         [](const auto& d) { return count(d, "//outgoingServer") == 1; }, "</outgoingServer>",
         R"(</outgoingServer><outgoingServer type="smtp"/>)"},
        {"AuthenticationHasNoAttribute", "Thunderbird 153",
         [](const auto& d) { return count(d, "//authentication") >= 2 && count(d, "//authentication/@*") == 0; },
         "<authentication>", R"(<authentication system="sasl">)"},
        {"TextElementsHaveNoAttribute", "Thunderbird 153",
         [](const auto& d) {
             return count(d, "//hostname/@*|//username/@*|//displayName/@*|//port/@*|//socketType/@*") == 0;
         },
         "<username>", R"(<username x="">)"},
        {"NoWhiteSpaceIsAroundValues", "Thunderbird, K-9",
         [](const auto& d) {
             return all_texts(d, "//hostname|//port|//socketType|//authentication|//username|//domain",
                              [](std::string_view text) {
                                  return !text.empty() && text.find_first_of(" \t\r\n") == std::string_view::npos;
                              });
         },
         "<socketType>SSL", "<socketType> SSL"},
        {"SocketTypeIsSslOrStarttls", "Thunderbird, K-9",
         [](const auto& d) {
             return all_texts(d, "//socketType",
                              [](std::string_view text) { return text == "SSL" || text == "STARTTLS"; });
         },
         "<socketType>SSL", "<socketType>TLS"},
        {"EveryServerHasAUserName", "Thunderbird, K-9",
         [](const auto& d) {
             return count(d, "//incomingServer[username]|//outgoingServer[username]") ==
                    count(d, "//incomingServer|//outgoingServer");
         },
         "<username>%EMAILADDRESS%</username>", ""},
        {"EveryServerIsComplete", "K-9",
         [](const auto& d) {
             return count(d, "//*[@type and hostname and port and socketType and authentication]") ==
                    count(d, "//*[@type]");
         },
         "<port>993</port>", ""},
        {"DisplayNameIsPresent", "Thunderbird",
         [](const auto& d) {
             return all_texts(d, "//emailProvider/displayName", [](auto text) { return !text.empty(); });
         },
         "<displayName>Académie d'Amiens</displayName>", ""},
        {"IdIsAHostName", "Thunderbird, K-9",
         [](const auto& d) {
             return is_host_name(d.child("clientConfig").child("emailProvider").attribute("id").value());
         },
         R"(id="ac-amiens.fr")", R"(id="Académie")"},
        {"DomainsAreHostNamesAndNotOfAnMx", "Thunderbird, K-9",
         [](const auto& d) { return all_texts(d, "//domain", is_host_name) && count(d, "//domain/@*") == 0; },
         "<domain>", R"(<domain purpose="mx">)"},
        {"DomainIsLiteral", "clients of the draft",
         [](const auto& d) { return all_texts(d, "//domain", [](auto text) { return !text.contains('%'); }); },
         "<domain>ac-amiens.fr", "<domain>%EMAILDOMAIN%"},
        {"ServersHaveNoAttributeButType", "Evolution",
         [](const auto& d) { return count(d, "//incomingServer/@*|//outgoingServer/@*") == count(d, "//*[@type]"); },
         R"(type="imap")", R"(type="imap" preferred="yes")"},
        {"EveryUserNameIsTheSame", "FairEmail takes the last",
         [](const auto& d) { return all_texts(d, "//username", [](auto text) { return text == "%EMAILADDRESS%"; }); },
         "<username>%EMAILADDRESS%", "<username>%EMAILLOCALPART%"},
        {"OAuth2IsNotAnnounced", "KMail",
         [](const auto& d) {
             return count(d, "//oAuth2") == 0 &&
                    all_texts(d, "//authentication", [](auto text) { return text == "password-cleartext"; });
         },
         "<authentication>password-cleartext", "<authentication>OAuth2"},
        {"ThereIsNoPassword", "Thunderbird stores it", [](const auto& d) { return count(d, "//password") == 0; },
         "<port>993", "<password>x</password><port>993"},
        {"PlaceholdersAreInUserNamesAndHostNamesOnly", "most clients",
         [](const auto& d) {
             return count(d, "//*[not(self::username) and not(self::hostname)]/text()[contains(., '%EMAIL')]") == 0 &&
                    count(d, "//@*[contains(., '%EMAIL')]") == 0;
         },
         "<displayShortName>Amiens", "<displayShortName>%EMAILDOMAIN%"},
        {"DocumentationStandsBehindTheServers", "readers that take the first match of a name",
         [](const auto& d) { return count(d, "//documentation/following-sibling::*[@type]") == 0; }, "<incomingServer",
         "<documentation/><incomingServer"},
    };
    return rules;
}

class WritingRules : public testing::TestWithParam<WritingRule> {};

TEST_P(WritingRules, HoldForTheDocumentOfEveryModel) {
    MailServices starttls = example::services();
    starttls.submission = {.hostname = "smtp.ac-amiens.fr", .port = 587, .security = SocketSecurity::starttls};
    MailServices without_documentation = example::services();
    without_documentation.documentation.reset();
    MailServices odd_texts = example::services();
    odd_texts.display_name = R"(<b>"A" & 'B'</b> ]]> <!-- --> <?php ?>)";
    odd_texts.display_short_name = "\xf0\x9f\x93\xa7 &amp;";
    odd_texts.documentation->url = R"(https://a.example/?a=1&b="'<>)";
    odd_texts.documentation->title = {{"de-AT", "</descr><password>x</password>"}};
    for (const MailServices& services : {example::services(), starttls, without_documentation, odd_texts})
        EXPECT_TRUE(GetParam().holds(parsed(autoconfig_xml(services)))) << "breaks " << GetParam().who_breaks;
}

TEST_P(WritingRules, NoticeADocumentThatBreaksThem) {
    std::string document = example::data("config-v1.1.xml");
    const std::size_t at = document.find(GetParam().instead_of);
    ASSERT_NE(at, std::string::npos);
    document.replace(at, GetParam().instead_of.size(), GetParam().put);
    EXPECT_FALSE(GetParam().holds(parsed(document))) << document;
}

INSTANTIATE_TEST_SUITE_P(AutoconfigXml, WritingRules, testing::ValuesIn(writing_rules()), [](const auto& test) {
    return test.param.name;
});

TEST(AutoconfigXml, IsTheExpectedDocument) {
    EXPECT_EQ(autoconfig_xml(example::services()), example::data("config-v1.1.xml"));
}

TEST(AutoconfigXml, HasEveryTitleWithItsLanguage) {
    const auto document = parsed(autoconfig_xml(example::services()));
    EXPECT_STREQ(document.select_node("//descr[@lang='en']").node().text().get(), "Set up your mail client");
    EXPECT_STREQ(document.select_node("//descr[@lang='fr']").node().text().get(), "Configurer votre messagerie");
    EXPECT_STREQ(document.select_node("//documentation/@url").attribute().value(),
                 "https://portail.ac-amiens.fr/aide/messagerie");
}

TEST(AutoconfigXml, CarriesEveryTextThroughAReader) {
    MailServices services = example::services();
    services.display_name = R"(<b>"A" & 'B'</b> ]]> &lt;)";
    services.documentation->url = R"(https://a.example/?a=1&b="<'>)";
    const auto document = parsed(autoconfig_xml(services));
    EXPECT_EQ(document.select_node("//displayName").node().text().get(), services.display_name);
    EXPECT_EQ(document.select_node("//documentation/@url").attribute().value(), services.documentation->url);
}

TEST(AutoconfigXml, NamesStarttlsAsClientsDo) {
    MailServices services = example::services();
    services.submission.security = SocketSecurity::starttls;
    EXPECT_STREQ(parsed(autoconfig_xml(services)).select_node("//outgoingServer/socketType").node().text().get(),
                 "STARTTLS");
}

TEST(AutoconfigXml, HasTheSameBytesEveryTime) {
    std::set<std::string> documents;
    for (int i = 0; i < 20; ++i) documents.insert(autoconfig_xml(example::services()));
    EXPECT_EQ(documents.size(), 1U);
}

TEST(AutoconfigXml, IsSmallerThanOneAndAHalfKibibytes) {
    EXPECT_LT(autoconfig_xml(example::services()).size(), 1536U);
}

}  // namespace
}  // namespace postern::autoconfig
