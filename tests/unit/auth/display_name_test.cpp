#include "auth/display_name.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace postern::auth {
namespace {

struct DisplayNameCase {
    std::string name;
    std::string input;
    std::optional<DisplayNameFault> want;
};
class DisplayName : public testing::TestWithParam<DisplayNameCase> {};

TEST_P(DisplayName, IsAcceptedOrRefusedWithItsReason) {
    const auto result = check_display_name(GetParam().input);
    EXPECT_EQ(result ? std::nullopt : std::optional(result.error()), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Text,
                         DisplayName,
                         testing::ValuesIn(std::vector<DisplayNameCase>{
                             {"Empty", "", std::nullopt},
                             {"Ascii", "Anna Lee", std::nullopt},
                             {"Accents", "\xC3\x89lodie L'\xC5\x92uvre", std::nullopt},
                             {"FourByteCharacter", "\xF0\x9F\x93\xAC", std::nullopt},
                             {"RightToLeftLetters", "\xD7\x93\xD7\x9F", std::nullopt},
                             {"ExactlyTheLongest", std::string(256, 'a'), std::nullopt},
                             {"OneByteTooLong", std::string(257, 'a'), DisplayNameFault::too_long},
                             {"LoneContinuation", "\x80", DisplayNameFault::not_utf8},
                             {"CutShort", "Ren\xC3", DisplayNameFault::not_utf8},
                             {"Latin1", "Ren\xE9 X", DisplayNameFault::not_utf8},
                             {"OverlongSlash", "\xC0\xAF", DisplayNameFault::not_utf8},
                             {"OverlongOfThree", "\xE0\x80\xAF", DisplayNameFault::not_utf8},
                             {"OverlongOfFour", "\xF0\x80\x80\xAF", DisplayNameFault::not_utf8},
                             {"Surrogate", "\xED\xA0\x80", DisplayNameFault::not_utf8},
                             {"AboveUnicode", "\xF4\x90\x80\x80", DisplayNameFault::not_utf8},
                             {"FiveByteForm", "\xF8\x88\x80\x80\x80", DisplayNameFault::not_utf8},
                             {"Nul", std::string("a\0b", 3), DisplayNameFault::control_character},
                             {"LineFeed", "a\nb", DisplayNameFault::control_character},
                             {"EscapeOfTerminals", "\x1B[2J", DisplayNameFault::control_character},
                             {"C1Control", "\xC2\x9B", DisplayNameFault::control_character},
                             {"LineSeparator", "a\xE2\x80\xA8z", DisplayNameFault::control_character},
                             {"RightToLeftOverride", "a\xE2\x80\xAEz", DisplayNameFault::control_character},
                             {"Isolate", "a\xE2\x81\xA6z", DisplayNameFault::control_character},
                         }),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace postern::auth
