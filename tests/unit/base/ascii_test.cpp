#include "base/ascii.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

namespace postern::base {
namespace {

/// Every byte, as the char that holds it.
template <class Check>
void for_every_byte(Check check) {
    for (int byte = 0; byte < 256; ++byte) check(byte, static_cast<char>(static_cast<unsigned char>(byte)));
}

TEST(Ascii, ClassesAgreeWithTheCLocaleOnAsciiAndHoldNothingElse) {
    for_every_byte([](int byte, char c) {
        const bool ascii = byte < 128;
        EXPECT_EQ(is_digit(c), ascii && std::isdigit(byte) != 0) << byte;
        EXPECT_EQ(is_alpha(c), ascii && std::isalpha(byte) != 0) << byte;
        EXPECT_EQ(is_control(c), ascii && std::iscntrl(byte) != 0) << byte;
        EXPECT_EQ(is_visible(c), ascii && std::isgraph(byte) != 0) << byte;
    });
}

TEST(Ascii, CaseIsChangedForLettersOnly) {
    for_every_byte([](int byte, char c) {
        const bool ascii = byte < 128;
        EXPECT_EQ(to_lower(c), ascii ? static_cast<char>(std::tolower(byte)) : c) << byte;
        EXPECT_EQ(to_upper(c), ascii ? static_cast<char>(std::toupper(byte)) : c) << byte;
    });
    EXPECT_EQ(to_lower(std::string_view("Ab@[`{ \xC3\x89\0Z", 11)), std::string("ab@[`{ \xC3\x89\0z", 11));
    EXPECT_EQ(to_upper(std::string_view("aZ@[`{ \xC3\xA9")), "AZ@[`{ \xC3\xA9");
    EXPECT_EQ(to_lower(std::string_view()), "");
}

struct PairCase {
    std::string name;
    std::string a;
    std::string b;
    bool want;
};
class CaseInsensitive : public testing::TestWithParam<PairCase> {};

TEST_P(CaseInsensitive, ComparesBothWays) {
    EXPECT_EQ(iequals(GetParam().a, GetParam().b), GetParam().want);
    EXPECT_EQ(iequals(GetParam().b, GetParam().a), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Equality,
                         CaseInsensitive,
                         testing::ValuesIn(std::vector<PairCase>{
                             {"Empty", "", "", true},
                             {"EmptyAndNot", "", "a", false},
                             {"OtherCase", "eHlO", "EhLo", true},
                             {"Prefix", "EHLO", "EHL", false},
                             {"OtherText", "EHLO", "HELO", false},
                             {"NotOnlyOneBitApart", "@", "`", false},
                             {"NorBrackets", "[", "{", false},
                             {"BytesOutsideAsciiHaveNoCase", "\xC3\x89", "\xC3\xA9", false},
                             {"NulIsAByte", std::string("a\0b", 3), std::string("a\0c", 3), false},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(Ascii, TrimTakesSpacesAndTabsAtBothEndsOnly) {
    EXPECT_EQ(trim(""), "");
    EXPECT_EQ(trim(" \t "), "");
    EXPECT_EQ(trim("a"), "a");
    EXPECT_EQ(trim(" \ta b\t "), "a b");
    EXPECT_EQ(trim("\r\na\v"), "\r\na\v");
}

}  // namespace
}  // namespace postern::base
