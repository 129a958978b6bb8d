#include "base/xtext.hpp"

#include "base/ascii.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace postern::base {
namespace {

struct XtextCase {
    std::string name;
    std::string text;
    std::string want;
};
class Xtext : public testing::TestWithParam<XtextCase> {};

TEST_P(Xtext, IsEncodedAsTheCaseSays) {
    EXPECT_EQ(xtext_encode(GetParam().text), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Rfc3461Section4,
                         Xtext,
                         testing::ValuesIn(std::vector<XtextCase>{
                             {"Nothing", "", ""},
                             {"APlainName", "alice@example.org", "alice@example.org"},
                             {"FirstAndLastPlainCharacter", "!~", "!~"},
                             {"PlusAndEquals", "a+b=c", "a+2Bb+3Dc"},
                             {"SpaceThatWouldAddAttributes", "a NAME=evil", "a+20NAME+3Devil"},
                             {"LineEndThatWouldAddCommands", "a\r\nQUIT", "a+0D+0AQUIT"},
                             {"Tab", "a\tb", "a+09b"},
                             {"Nul", std::string("a\0b", 3), "a+00b"},
                             {"Delete", "\x7F", "+7F"},
                             {"Utf8", "caf\xC3\xA9", "caf+C3+A9"},
                             {"AlreadyEncodedIsEncodedAgain", "+20", "+2B20"},
                             {"LastByteOfAll", "\xFF", "+FF"},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(Xtext, HoldsVisibleCharactersOnlyWhateverTheByte) {
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(static_cast<unsigned char>(byte));
        const std::string encoded = xtext_encode(std::string(1, c));
        EXPECT_TRUE(std::ranges::all_of(encoded, is_visible)) << byte;
        EXPECT_EQ(encoded.find('='), std::string::npos) << byte;
        EXPECT_EQ(encoded.size(), is_visible(c) && c != '+' && c != '=' ? 1U : 3U) << byte;
    }
}

}  // namespace
}  // namespace postern::base
