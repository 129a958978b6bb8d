#include "autoconfig/names.hpp"

namespace postern::autoconfig {
namespace {

struct NameCase {
    std::string name;
    std::string text;
    bool accepted;
};

std::string title(const testing::TestParamInfo<NameCase>& test) {
    return test.param.name;
}

class HostName : public testing::TestWithParam<NameCase> {};

TEST_P(HostName, IsLabelsOfLettersDigitsAndInnerHyphens) {
    EXPECT_EQ(is_host_name(GetParam().text), GetParam().accepted);
}

INSTANTIATE_TEST_SUITE_P(
    Rfc1123,
    HostName,
    testing::ValuesIn(std::vector<NameCase>{
        {"Usual", "imap.ac-amiens.fr", true},
        {"UpperCase", "IMAP.Example.ORG", true},
        {"OneLabel", "localhost", true},
        {"LeadingDigit", "3com.example", true},
        {"LabelOf63", std::string(63, 'a') + ".fr", true},
        {"LabelOf64", std::string(64, 'a') + ".fr", false},
        {"NameOf254",
         std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(62, 'd'),
         false},
        {"NameOf253",
         std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(61, 'd'),
         true},
        {"Empty", "", false},
        {"EmptyLabel", "a..fr", false},
        {"FinalDot", "a.fr.", false},
        {"LeadingHyphen", "-a.fr", false},
        {"TrailingHyphen", "a-.fr", false},
        {"Underscore", "_imaps.a.fr", false},
        {"Space", "a b.fr", false},
        {"OutsideAscii", "acad\xc3\xa9mie.fr", false},
        {"Port", "a.fr:993", false},
        {"Placeholder", "imap.%EMAILDOMAIN%", false},
    }),
    title);

class Address : public testing::TestWithParam<NameCase> {};

TEST_P(Address, IsADotAtomAtAHostName) {
    const auto address = MailAddress::parse(GetParam().text);
    ASSERT_EQ(address.has_value(), GetParam().accepted);
    if (address) EXPECT_EQ(address->text, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(Rfc5322,
                         Address,
                         testing::ValuesIn(std::vector<NameCase>{
                             {"Usual", "prenom.nom@ac-amiens.fr", true},
                             {"EveryAtomCharacter", "aZ0!#$%&'*+-/=?^_`{|}~@ac-amiens.fr", true},
                             {"LocalPartOf64", std::string(64, 'a') + "@a.fr", true},
                             {"LocalPartOf65", std::string(65, 'a') + "@a.fr", false},
                             {"AddressOf255",
                              "a@" + std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') +
                                  "." + std::string(61, 'd'),
                              false},
                             {"NoAtSign", "prenom.nom", false},
                             {"NoLocalPart", "@ac-amiens.fr", false},
                             {"NoDomain", "a@", false},
                             {"TwoAtSigns", "a@b@ac-amiens.fr", false},
                             {"LeadingDot", ".a@ac-amiens.fr", false},
                             {"TrailingDot", "a.@ac-amiens.fr", false},
                             {"TwoDots", "a..b@ac-amiens.fr", false},
                             {"Quoted", "\"a b\"@ac-amiens.fr", false},
                             {"Comment", "a(b)@ac-amiens.fr", false},
                             {"AddressLiteral", "a@[10.0.0.1]", false},
                             {"Markup", "<a>@ac-amiens.fr", false},
                             {"Space", "a b@ac-amiens.fr", false},
                             {"LineFeed", "a\nb@ac-amiens.fr", false},
                             {"OutsideAscii", "pr\xc3\xa9nom@ac-amiens.fr", false},
                             {"Empty", "", false},
                         }),
                         title);

TEST(Address, GivesItsDomainInLowerCase) {
    EXPECT_EQ(MailAddress::parse("A.B@AC-Amiens.FR")->domain, "ac-amiens.fr");
}

}  // namespace
}  // namespace postern::autoconfig
