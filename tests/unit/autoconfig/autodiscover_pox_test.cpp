#include "autoconfig/autodiscover_pox.hpp"

#include "example.hpp"

#include <pugixml.hpp>

namespace postern::autoconfig {
namespace {

// What became of a request, in one word: "600", "601", "no address", or the address.
std::string reading(std::string_view body) {
    const auto request = read_autodiscover_request(body);
    if (!request) return std::to_string(static_cast<unsigned>(request.error()));
    return request->address ? request->address->text : "no address";
}

constexpr std::string_view outlook = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

std::string request(std::string_view elements) {
    return "<Autodiscover><Request>" + std::string(elements) + "</Request></Autodiscover>";
}

std::string schema(std::string_view name = outlook) {
    return "<AcceptableResponseSchema>" + std::string(name) + "</AcceptableResponseSchema>";
}

struct ReadingCase {
    std::string name;
    std::string body;
    std::string want;
};

class Reading : public testing::TestWithParam<ReadingCase> {};

TEST_P(Reading, GivesAnAddressOrNoneOrAnError) {
    EXPECT_EQ(reading(GetParam().body), GetParam().want);
}

const std::string address = "<EMailAddress>a@b.fr</EMailAddress>";

INSTANTIATE_TEST_SUITE_P(
    Pox,
    Reading,
    testing::ValuesIn(std::vector<ReadingCase>{
        {"Usual", example::pox_request("prenom.nom@ac-amiens.fr"), "prenom.nom@ac-amiens.fr"},
        {"ElementsInTheOtherOrder", request(schema() + address), "a@b.fr"},
        {"WithoutDeclaration", request(address + schema()), "a@b.fr"},
        {"ByteOrderMarkOfUtf8", "\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>" + request(address + schema()),
         "a@b.fr"},
        {"EncodingInAnyCase", "<?xml version='1.0' encoding='Utf-8'?>" + request(address + schema()), "a@b.fr"},
        {"WhiteSpaceAroundValues",
         request("<EMailAddress>\r\n\t a@b.fr </EMailAddress>" + schema("\n" + std::string(outlook) + "\n")), "a@b.fr"},
        {"NamespacePrefixes",
         "<x:Autodiscover xmlns:x='y'><x:Request><x:EMailAddress>a@b.fr</x:EMailAddress><z:AcceptableResponseSchema>" +
             std::string(outlook) + "</z:AcceptableResponseSchema></x:Request></x:Autodiscover>",
         "a@b.fr"},
        {"CommentsAndUnknownElements",
         "<!-- c -->" + request("<LegacyDN>/o=x</LegacyDN><!-- d -->" + address + schema()), "a@b.fr"},
        {"EscapedCharacters", request("<EMailAddress>a&amp;b&#x40;b.fr</EMailAddress>" + schema()), "a&b@b.fr"},
        {"Cdata", request("<EMailAddress><![CDATA[a@b.fr]]></EMailAddress>" + schema()), "a@b.fr"},
        {"TheFirstOfTwoAddressesCounts", request(address + "<EMailAddress>c@d.fr</EMailAddress>" + schema()), "a@b.fr"},
        {"NoAddress", request(schema()), "no address"},
        {"EmptyAddress", request("<EMailAddress/>" + schema()), "no address"},
        {"UnusableAddress", request("<EMailAddress>a b@c.fr</EMailAddress>" + schema()), "no address"},
        {"AddressElsewhere", "<Autodiscover>" + address + "<Request>" + schema() + "</Request></Autodiscover>",
         "no address"},
        {"AddressOfAnotherCase", request("<EmailAddress>a@b.fr</EmailAddress>" + schema()), "no address"},
        {"MobileSyncSchema",
         example::data("requests/derived/activesync-pox.http")
             .substr(example::data("requests/derived/activesync-pox.http").find("<?xml")),
         "601"},
        {"UnknownSchema", request(address + schema("x")), "601"},
        {"EmptySchema", request(address + schema("")), "601"},
        {"NoSchema", request(address), "600"},
        {"NoRequest", "<Autodiscover/>", "600"},
        {"OtherRoot", "<Other><Request>" + address + schema() + "</Request></Other>", "600"},
        {"Empty", "", "600"},
        {"Text", "hello", "600"},
        {"Unclosed", "<Autodiscover><Request>" + address + schema(), "600"},
        {"WrongNesting", "<Autodiscover><Request></Autodiscover></Request>", "600"},
        {"Doctype", "<!DOCTYPE a>" + request(address + schema()), "600"},
        {"DoctypeInLowerCase", "<!doctype a>" + request(address + schema()), "600"},
        {"Entity", request(address + schema()) + "<!ENTITY a 'b'>", "600"},
        {"Nul", request("<EMailAddress>a@b.fr" + std::string(1, '\0') + "</EMailAddress>" + schema()), "600"},
        {"ControlCharacter", request("<EMailAddress>a@b.fr\x01</EMailAddress>" + schema()), "600"},
        {"NotUtf8", request("<EMailAddress>\xe9@b.fr</EMailAddress>" + schema()), "600"},
        {"OtherEncodingDeclared", "<?xml version='1.0' encoding='iso-8859-1'?>" + request(address + schema()), "600"},
        {"Utf16ByteOrderMark", "\xff\xfe<\0a\0", "600"},
    }),
    [](const auto& test) { return test.param.name; });

std::string padded(std::size_t size) {
    std::string body = example::pox_request("a@b.fr");
    return body.append(size - body.size(), ' ');
}

TEST(ReadingBounds, EightKibibytesAreReadAndOneByteMoreIsNot) {
    EXPECT_EQ(reading(padded(8192)), "a@b.fr");
    EXPECT_EQ(reading(padded(8193)), "600");
}

std::string nested(int levels) {
    std::string inner;
    for (int i = 0; i < levels; ++i) inner = "<x>" + inner + "</x>";
    return request(address + schema() + inner);
}

TEST(ReadingBounds, SixteenLevelsAreReadAndOneMoreIsNot) {
    EXPECT_EQ(reading(nested(14)), "a@b.fr") << "Autodiscover, Request and 14 more";
    EXPECT_EQ(reading(nested(15)), "600");
}

TEST(ReadingBounds, MarkupIsLimitedBeforeItIsParsed) {
    const auto with_elements = [](std::size_t count) {
        std::string many;
        for (std::size_t i = 0; i < count; ++i) many += "<x/>";
        return reading(request(address + schema() + many));
    };
    EXPECT_EQ(with_elements(200), "a@b.fr");
    EXPECT_EQ(with_elements(300), "600");
}

TEST(Answers, AreTheExpectedDocuments) {
    const MailServices services = example::services();
    EXPECT_EQ(autodiscover_settings(services, MailAddress::parse("prenom.nom@ac-amiens.fr")),
              example::data("autodiscover-response.xml"));
    EXPECT_EQ(autodiscover_settings(services, std::nullopt), example::data("autodiscover-response-get.xml"));
    EXPECT_EQ(autodiscover_error(AutodiscoverError::invalid_request), example::data("autodiscover-error-600.xml"));
    EXPECT_EQ(autodiscover_error(AutodiscoverError::provider_is_not_available),
              example::data("autodiscover-error-601.xml"));
}

TEST(Answers, EscapeTheLoginName) {
    const std::string answer = autodiscover_settings(example::services(), MailAddress::parse("a&b@ac-amiens.fr"));
    EXPECT_THAT(answer, testing::HasSubstr("<LoginName>a&amp;b@ac-amiens.fr</LoginName>"));
}

TEST(Answers, CallStarttlsTlsAsOutlookDoes) {
    MailServices services = example::services();
    services.submission = {.hostname = "smtp.ac-amiens.fr", .port = 587, .security = SocketSecurity::starttls};
    const std::string answer = autodiscover_settings(services, std::nullopt);
    pugi::xml_document document;
    ASSERT_TRUE(document.load_buffer(answer.data(), answer.size()));
    EXPECT_STREQ(document.select_node("//Protocol[Type='SMTP']/Encryption").node().text().get(), "TLS");
    EXPECT_STREQ(document.select_node("//Protocol[Type='SMTP']/Port").node().text().get(), "587");
    EXPECT_STREQ(document.select_node("//Protocol[Type='SMTP']/SSL").node().text().get(), "on");
    EXPECT_STREQ(document.select_node("//Protocol[Type='IMAP']/Encryption").node().text().get(), "SSL");
}

}  // namespace
}  // namespace postern::autoconfig
