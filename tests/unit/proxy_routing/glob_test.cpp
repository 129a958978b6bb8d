#include "proxy/routing/glob.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace postern::proxy::routing {
namespace {

struct GlobCase {
    std::string name;
    std::string pattern;
    std::string text;
    bool want;
};
class Glob : public testing::TestWithParam<GlobCase> {};

TEST_P(Glob, MatchesAsTheCaseSays) {
    EXPECT_EQ(glob_matches(GetParam().pattern, GetParam().text), GetParam().want)
        << GetParam().pattern << " on " << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(Patterns,
                         Glob,
                         testing::ValuesIn(std::vector<GlobCase>{
                             {"TheSameText", "alice@example.org", "alice@example.org", true},
                             {"LettersInEitherCase", "ALICE@example.org", "alice@Example.ORG", true},
                             {"TheWholeTextNotAPart", "alice", "alice@example.org", false},
                             {"NotASuffixEither", "example.org", "alice@example.org", false},
                             {"EmptyMatchesEmpty", "", "", true},
                             {"EmptyMatchesNothingElse", "", "a", false},
                             {"AStarMatchesNothing", "*", "", true},
                             {"AStarMatchesEverything", "*", "alice@example.org", true},
                             {"StarAtTheEnd", "admin-*", "admin-7@example.org", true},
                             {"StarAtTheEndMayBeEmpty", "admin-*", "admin-", true},
                             {"StarAtTheStart", "*@example.org", "alice@example.org", true},
                             {"StarIsNotADotMatcher", "*@example.org", "alice@exampleXorg", false},
                             {"StarInTheMiddle", "a*e@x", "alice@x", true},
                             {"StarMustGiveBack", "*ab*ab", "ababxab", true},
                             {"StarTakesTheLastChance", "*ab", "abab", true},
                             {"TwoStarsAreOne", "a**b", "ab", true},
                             {"TwoStarsApart", "*a*b*", "xxaxxbxx", true},
                             {"TwoStarsInTheWrongOrder", "*b*a*", "aaab", false},
                             {"QuestionMarkIsOneCharacter", "?", "a", true},
                             {"QuestionMarkIsNotNone", "a?", "a", false},
                             {"QuestionMarkIsNotTwo", "?", "ab", false},
                             {"QuestionMarkIsOneUtf8Character", "caf?", "caf\xC3\xA9", true},
                             {"TwoQuestionMarksAreNotOneUtf8Character", "caf??", "caf\xC3\xA9", false},
                             {"AStrayContinuationByteIsOneCharacter", "a?b",
                              "a\x80"
                              "b",
                              true},
                             {"StarThenQuestionMark", "*?", "", false},
                             {"QuestionMarksThenStar", "??*", "abc", true},
                             {"TextLongerThanPattern", "ab", "abc", false},
                             {"PatternLongerThanText", "abc", "ab", false},
                             {"BracketsAreThemselves", "[ab]", "a", false},
                             {"BackslashIsItself", "\\*", "\\anything", true},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(GlobCost, APatternMadeToBacktrackStaysCheap) {
    std::string pattern;
    for (int i = 0; i < 30; ++i) pattern += "*a";
    pattern += "*b";
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(glob_matches(pattern, std::string(4096, 'a')));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

}  // namespace
}  // namespace postern::proxy::routing
