#include "config/forms.hpp"

namespace postern::config::test {
namespace {

using namespace std::chrono_literals;

/// The value as text, or "-" when there is none.
template <class T>
std::string outcome(const Formed<T>& formed) {
    if (!formed) return "-";
    if constexpr (std::is_same_v<T, std::string>)
        return *formed;
    else if constexpr (std::is_same_v<T, std::chrono::milliseconds>)
        return std::to_string(formed->count());
    else
        return std::to_string(*formed);
}

struct FormCase {
    std::string name;
    std::string text;
    std::string want;
};
class Durations : public testing::TestWithParam<FormCase> {};
class MessageSizes : public testing::TestWithParam<FormCase> {};
class Hostnames : public testing::TestWithParam<FormCase> {};
class Urls : public testing::TestWithParam<FormCase> {};
class Languages : public testing::TestWithParam<FormCase> {};

TEST_P(Durations, AreMilliseconds) {
    EXPECT_EQ(outcome(duration(GetParam().text)), GetParam().want);
}
TEST_P(MessageSizes, AreBytes) {
    EXPECT_EQ(outcome(message_size(GetParam().text)), GetParam().want);
}
TEST_P(Hostnames, AreThoseOfRfc1123) {
    EXPECT_EQ(outcome(hostname(GetParam().text)), GetParam().want);
}
TEST_P(Urls, AreAbsoluteAndOfTheWeb) {
    EXPECT_EQ(outcome(web_url(GetParam().text)), GetParam().want);
}
TEST_P(Languages, AreTagsOfBcp47) {
    EXPECT_EQ(outcome(language_tag(GetParam().text)), GetParam().want);
}

const auto case_name = [](const auto& test) { return test.param.name; };

INSTANTIATE_TEST_SUITE_P(Forms,
                         Durations,
                         testing::ValuesIn(std::vector<FormCase>{{"Milliseconds", "500ms", "500"},
                                                                 {"Seconds", "15s", "15000"},
                                                                 {"Minutes", "10m", "600000"},
                                                                 {"Hours", "2h", "7200000"},
                                                                 {"Shortest", "1ms", "1"},
                                                                 {"Longest", "24h", "86400000"},
                                                                 {"TooLong", "86400001ms", "-"},
                                                                 {"Zero", "0h", "-"},
                                                                 {"LeadingZero", "015s", "-"},
                                                                 {"NoUnit", "15", "-"},
                                                                 {"NoNumber", "s", "-"},
                                                                 {"Empty", "", "-"},
                                                                 {"Space", "15 s", "-"},
                                                                 {"Sign", "+15s", "-"},
                                                                 {"Fraction", "1.5s", "-"},
                                                                 {"TwoUnits", "1h30m", "-"},
                                                                 {"Capital", "15S", "-"},
                                                                 {"Overflow", "18446744073709551615h", "-"},
                                                                 {"Wrapped", "5124095576030431h", "-"}}),
                         case_name);

INSTANTIATE_TEST_SUITE_P(Forms,
                         MessageSizes,
                         testing::ValuesIn(std::vector<FormCase>{{"Bytes", "65536", "65536"},
                                                                 {"TooSmall", "65535", "-"},
                                                                 {"Kibibytes", "64KiB", "65536"},
                                                                 {"Mebibytes", "50MiB", "52428800"},
                                                                 {"Gibibytes", "1GiB", "1073741824"},
                                                                 {"Largest", "1024GiB", "1099511627776"},
                                                                 {"TooLarge", "1025GiB", "-"},
                                                                 {"Wrapped", "17179869184GiB", "-"},
                                                                 {"Kilobytes", "100kB", "-"},
                                                                 {"Zero", "0", "-"}}),
                         case_name);

INSTANTIATE_TEST_SUITE_P(
    Forms,
    Hostnames,
    testing::ValuesIn(std::vector<FormCase>{
        {"OneLabel", "localhost", "localhost"},
        {"Capitals", "IMAP.Example.org", "imap.example.org"},
        {"DigitFirst", "3com.example", "3com.example"},
        {"Punycode", "xn--acadmie-cya.fr", "xn--acadmie-cya.fr"},
        {"LongestLabel", std::string(63, 'a') + ".fr", std::string(63, 'a') + ".fr"},
        {"LabelTooLong", std::string(64, 'a') + ".fr", "-"},
        {"TooLong", std::string(126, 'a').replace(63, 1, ".") + "." + std::string(126, 'a').replace(63, 1, ".") + ".fr",
         "-"},
        {"HyphenFirst", "-a.fr", "-"},
        {"HyphenLast", "a-.fr", "-"},
        {"Underscore", "a_b.fr", "-"},
        {"EmptyLabel", "a..fr", "-"},
        {"DotFirst", ".a.fr", "-"},
        {"DotLast", "a.fr.", "-"},
        {"Ipv4", "10.0.0.1", "-"},
        {"Ipv6", "::1", "-"},
        {"Port", "a.fr:25", "-"},
        {"Space", "a fr", "-"},
        {"Empty", "", "-"}}),
    case_name);

INSTANTIATE_TEST_SUITE_P(Forms,
                         Urls,
                         testing::ValuesIn(std::vector<FormCase>{
                             {"Https", "https://www.example.org/a?b=c#d", "https://www.example.org/a?b=c#d"},
                             {"Http", "http://example.org", "http://example.org"},
                             {"Port", "https://example.org:8443/", "https://example.org:8443/"},
                             {"Ipv4", "https://192.0.2.1/", "https://192.0.2.1/"},
                             {"Ipv6", "https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443/"},
                             {"QueryWithoutPath", "https://example.org?x", "https://example.org?x"},
                             {"WrongPort", "https://example.org:99999/", "-"},
                             {"WrongIpv6Port", "https://[2001:db8::1]8443/", "-"},
                             {"OpenBracket", "https://[2001:db8::1/", "-"},
                             {"NoHost", "https:///a", "-"},
                             {"User", "https://user@example.org/", "-"},
                             {"OtherScheme", "javascript:alert(1)", "-"},
                             {"Relative", "/help", "-"},
                             {"Space", "https://example.org/a b", "-"},
                             {"Quote", "https://example.org/\"", "-"},
                             {"NotAscii", "https://example.org/é", "-"},
                             {"TooLong", "https://example.org/" + std::string(2000, 'a'), "-"},
                             {"Empty", "", "-"}}),
                         case_name);

INSTANTIATE_TEST_SUITE_P(Forms,
                         Languages,
                         testing::ValuesIn(std::vector<FormCase>{{"Language", "fr", "fr"},
                                                                 {"ThreeLetters", "gsw", "gsw"},
                                                                 {"Region", "de-CH", "de-CH"},
                                                                 {"ScriptAndRegion", "sr-Latn-RS", "sr-Latn-RS"},
                                                                 {"NumericRegion", "es-419", "es-419"},
                                                                 {"Underscore", "de_CH", "-"},
                                                                 {"Name", "french", "-"},
                                                                 {"HyphenLast", "fr-", "-"},
                                                                 {"Digits", "f1", "-"},
                                                                 {"Empty", "", "-"}}),
                         case_name);

}  // namespace
}  // namespace postern::config::test
