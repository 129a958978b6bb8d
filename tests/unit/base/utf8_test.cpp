#include "base/utf8.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::base {
namespace {

struct Utf8Case {
    std::string name;
    std::string text;
    std::size_t want;  // length of the first character; 0: none
};
class Utf8Character : public testing::TestWithParam<Utf8Case> {};

TEST_P(Utf8Character, IsAsLongAsTheCaseSays) {
    EXPECT_EQ(utf8_character_length(GetParam().text), GetParam().want);
    EXPECT_EQ(utf8_character_length(GetParam().text + "x"), GetParam().want) << "with more behind it";
    EXPECT_EQ(is_utf8(GetParam().text), GetParam().want == GetParam().text.size());
    EXPECT_EQ(is_utf8("a" + GetParam().text + "b"), GetParam().want == GetParam().text.size());
}

INSTANTIATE_TEST_SUITE_P(Rfc3629Section4,
                         Utf8Character,
                         testing::ValuesIn(std::vector<Utf8Case>{
                             {"Nul", std::string(1, '\0'), 1},
                             {"LastOfOneByte", "\x7F", 1},
                             {"FirstOfTwoBytes", "\xC2\x80", 2},
                             {"LastOfTwoBytes", "\xDF\xBF", 2},
                             {"FirstOfThreeBytes", "\xE0\xA0\x80", 3},
                             {"BeforeTheSurrogates", "\xED\x9F\xBF", 3},
                             {"BehindTheSurrogates", "\xEE\x80\x80", 3},
                             {"LastOfThreeBytes", "\xEF\xBF\xBF", 3},
                             {"FirstOfFourBytes", "\xF0\x90\x80\x80", 4},
                             {"LastOfAll", "\xF4\x8F\xBF\xBF", 4},
                             {"StrayContinuation", "\x80", 0},
                             {"LastStrayContinuation", "\xBF", 0},
                             {"OverlongNul", "\xC0\x80", 0},
                             {"OverlongSlash", "\xC1\xAF", 0},
                             {"OverlongOfThreeBytes", "\xE0\x9F\xBF", 0},
                             {"OverlongOfFourBytes", "\xF0\x8F\xBF\xBF", 0},
                             {"FirstSurrogate", "\xED\xA0\x80", 0},
                             {"LastSurrogate", "\xED\xBF\xBF", 0},
                             {"BehindTheLastOfAll", "\xF4\x90\x80\x80", 0},
                             {"LeadOfFiveBytes", "\xF8\x88\x80\x80\x80", 0},
                             {"NeverALead", "\xFF", 0},
                             {"TwoBytesCutShort", "\xC3", 0},
                             {"ThreeBytesCutShort", "\xE2\x82", 0},
                             {"FourBytesCutShort", "\xF0\x9F\x98", 0},
                             {"AnotherLeadInstead", "\xC3\xC3", 0},
                             {"LaterByteTooHigh", "\xE2\x82\xC0", 0},
                             {"LastByteTooLow", "\xF0\x9F\x98\x7F", 0},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(Utf8, OfNothingIsValid) {
    EXPECT_TRUE(is_utf8(""));
}

TEST(Utf8, EveryCodePointButSurrogatesIsValidAndAsLongAsItIs) {
    for (unsigned code = 0; code <= 0x10FFFF; ++code) {
        std::string text;
        const auto put = [&](unsigned bits) { text += static_cast<char>(static_cast<unsigned char>(bits)); };
        if (code < 0x80) {
            put(code);
        } else if (code < 0x800) {
            put(0xC0U | code >> 6U);
            put(0x80U | (code & 63U));
        } else if (code < 0x10000) {
            put(0xE0U | code >> 12U);
            put(0x80U | (code >> 6U & 63U));
            put(0x80U | (code & 63U));
        } else {
            put(0xF0U | code >> 18U);
            put(0x80U | (code >> 12U & 63U));
            put(0x80U | (code >> 6U & 63U));
            put(0x80U | (code & 63U));
        }
        const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
        ASSERT_EQ(utf8_character_length(text), surrogate ? 0U : text.size()) << code;
    }
}

TEST(Utf8, TakesOneCodePointAfterTheOther) {
    std::string_view text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x93\xAC";
    EXPECT_EQ(take_code_point(text), U'a');
    EXPECT_EQ(take_code_point(text), U'\u00E9');
    EXPECT_EQ(take_code_point(text), U'\u20AC');
    EXPECT_EQ(take_code_point(text), U'\U0001F4EC');
    EXPECT_TRUE(text.empty());
    EXPECT_EQ(take_code_point(text), std::nullopt);
}

TEST(Utf8, LeavesWhatItCannotReadWhereItIs) {
    std::string_view text = "\xC3(";
    EXPECT_EQ(take_code_point(text), std::nullopt);
    EXPECT_EQ(text.size(), 2U);
    EXPECT_FALSE(is_utf8(text));
}

}  // namespace
}  // namespace postern::base
