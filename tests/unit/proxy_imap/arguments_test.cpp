#include "proxy/imap/arguments.hpp"

#include "proxy/imap/grammar.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace postern::proxy::imap {
namespace {

struct AstringCase {
    std::string name;
    std::string text;
    std::string want;  ///< the string, "|" and what is left; "refused" when it is none
};
class Astring : public testing::TestWithParam<AstringCase> {};

TEST_P(Astring, IsReadToItsEndAndNoFurther) {
    ArgumentReader reader(GetParam().text);
    const auto string = reader.astring();
    EXPECT_EQ(string ? std::string(base::view(*string)) + "|" + std::string(reader.rest()) : "refused",
              GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Rfc9051,
                         Astring,
                         testing::ValuesIn(std::vector<AstringCase>{
                             {"Atom", "alice secret", "alice| secret"},
                             {"AtomWithBracket", "a]b c", "a]b| c"},
                             {"AtomWithPlusAndAt", "alice+x@example.org", "alice+x@example.org|"},
                             {"Quoted", "\"al ice\" x", "al ice| x"},
                             {"QuotedEmpty", "\"\" x", "| x"},
                             {"QuotedWithEscapes", R"("a\"b\\c" x)", R"(a"b\c| x)"},
                             {"QuotedWithUtf8", "\"\xC3\xA9\"", "\xC3\xA9|"},
                             {"QuotedWithBraces", "\"x{5}\" y", "x{5}| y"},
                             {"Literal", "{3}\r\nbob x", "bob| x"},
                             {"LiteralNotSynchronising", "{3+}\r\nbob x", "bob| x"},
                             {"LiteralEmpty", "{0} x", "refused"},
                             {"LiteralOfNothing", "{0}\r\n x", "| x"},
                             {"LiteralWithLineEnds", "{4}\r\na\r\nb x", "a\r\nb| x"},
                             {"LiteralWithBackslash", "{3}\r\na\\b", "a\\b|"},
                             {"LiteralThatLooksLikeOne", "{5}\r\n{3}\r\nx", "{3}\r\n|x"},
                             {"Nothing", "", "refused"},
                             {"Space", " alice", "refused"},
                             {"Parenthesis", "(alice)", "refused"},
                             {"Wildcard", "*", "refused"},
                             {"AtomEndsBeforeAWildcard", "al*ce", "al|*ce"},
                             {"QuotedWithoutEnd", "\"alice", "refused"},
                             {"QuotedThatEndsInABackslash", "\"alice\\", "refused"},
                             {"QuotedWithAnUnknownEscape", R"("DOM\alice")", "refused"},
                             {"QuotedOverTwoLines", "\"a\r\nb\"", "refused"},
                             {"LiteralShorterThanAnnounced", "{9}\r\nbob", "refused"},
                             {"LiteralWithoutNumber", "{}\r\nbob", "refused"},
                             {"LiteralWithSign", "{-3}\r\nbob", "refused"},
                             {"LiteralWithSpace", "{3 }\r\nbob", "refused"},
                             {"LiteralBehindText", "{x{3}\r\nbob", "refused"},
                             {"LiteralHuge", "{99999999999999999999}\r\nbob", "refused"},
                             {"EightBitAtom", "\xC3\xA9", "refused"},
                         }),
                         [](const auto& test) { return test.param.name; });

struct IdCase {
    std::string name;
    std::string text;
    bool want;
};
class IdArgument : public testing::TestWithParam<IdCase> {};

TEST_P(IdArgument, IsJudgedByRfc2971) {
    EXPECT_EQ(is_id_argument(GetParam().text), GetParam().want);
}

std::string id_pairs(int count) {
    std::string text = "(";
    for (int i = 0; i < count; ++i) text += std::string(i > 0 ? " " : "") + "\"n\" NIL";
    return text + ")";
}

INSTANTIATE_TEST_SUITE_P(Rfc2971,
                         IdArgument,
                         testing::ValuesIn(std::vector<IdCase>{
                             {"Nil", "NIL", true},
                             {"NilInAnyCase", "nil", true},
                             {"EmptyList", "()", true},
                             {"OnePair", R"(("name" "Thunderbird"))", true},
                             {"TwoPairs", R"(("name" "K-9" "version" NIL))", true},
                             {"Literals", "({4}\r\nname {3+}\r\nK-9)", true},
                             {"ThirtyPairs", id_pairs(30), true},
                             {"ThirtyOnePairs", id_pairs(31), false},
                             {"LongName", "(\"" + std::string(31, 'n') + "\" NIL)", false},
                             {"LongValue", "(\"n\" \"" + std::string(1025, 'v') + "\")", false},
                             {"LongestValue", "(\"n\" \"" + std::string(1024, 'v') + "\")", true},
                             {"Nothing", "", false},
                             {"NameWithoutValue", "(\"name\")", false},
                             {"ThreeStrings", R"(("a" "b" "c"))", false},
                             {"Unclosed", R"(("name" "x")", false},
                             {"TextBehindTheList", R"(("name" "x") y)", false},
                             {"TextBehindNil", "NIL x", false},
                             {"AtomAsValue", "(\"name\" x)", false},
                             {"AtomAsName", "(name \"x\")", false},
                             {"NilAsName", "(NIL \"x\")", false},
                             {"NestedList", R"((("a" "b")))", false},
                             {"Flood", std::string(8000, '('), false},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(EnableArgument, IsOneOrMoreAtoms) {
    EXPECT_TRUE(is_enable_argument("UTF8=ACCEPT"));
    EXPECT_TRUE(is_enable_argument("CONDSTORE QRESYNC"));
    EXPECT_FALSE(is_enable_argument(""));
    EXPECT_FALSE(is_enable_argument("CONDSTORE "));
    EXPECT_FALSE(is_enable_argument("\"CONDSTORE\""));
}

TEST(LiteralHead, TakesAnyNumberOfDigits) {
    EXPECT_EQ(literal_announced_by("x {007}")->bytes, 7U);
    EXPECT_EQ(literal_announced_by("{" + std::string(400, '9') + "}")->bytes, std::numeric_limits<std::size_t>::max());
    EXPECT_EQ(literal_announced_by("{18446744073709551616}")->bytes, std::numeric_limits<std::size_t>::max());
    EXPECT_FALSE(literal_announced_by("x {7"));
    EXPECT_FALSE(literal_announced_by("x {7} "));
    EXPECT_FALSE(literal_announced_by("x }"));
    EXPECT_FALSE(literal_announced_by("}{"));
    EXPECT_FALSE(literal_announced_by("x {+}"));
    EXPECT_FALSE(literal_announced_by("x {1++}"));
    EXPECT_FALSE(literal_announced_by("x {0x1}"));
}

}  // namespace
}  // namespace postern::proxy::imap
