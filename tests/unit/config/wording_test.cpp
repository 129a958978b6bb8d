#include "config/wording.hpp"

namespace postern::config::test {
namespace {

const std::vector<std::string> keys{"hostname", "threads", "port", "public_port", "tls_name", "key"};

struct ClosestCase {
    std::string name;
    std::string word;
    std::string want;
};
class Closest : public testing::TestWithParam<ClosestCase> {};

TEST_P(Closest, IsWhatWasProbablyMeant) {
    EXPECT_EQ(closest(GetParam().word, keys).value_or("none"), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Words,
                         Closest,
                         testing::ValuesIn(std::vector<ClosestCase>{{"LetterLeftOut", "hostnme", "hostname"},
                                                                    {"LetterAdded", "threadss", "threads"},
                                                                    {"LetterExchanged", "threats", "threads"},
                                                                    {"NeighboursSwapped", "prot", "port"},
                                                                    {"Capitals", "HOSTNAME", "hostname"},
                                                                    {"TwoSteps", "publicport_", "public_port"},
                                                                    {"OtherSeparator", "tls-name", "tls_name"},
                                                                    {"ShortWordsMayDifferInOneLetter", "kex", "key"},
                                                                    {"ShortWordsMayNotDifferInTwo", "kxx", "none"},
                                                                    {"Unrelated", "certificate", "none"},
                                                                    {"Empty", "", "none"},
                                                                    {"TooLong", std::string(65, 'a'), "none"}}),
                         [](const auto& test) { return test.param.name; });

TEST(Shown, EscapesWhatATerminalWouldObey) {
    EXPECT_EQ(shown("\x1B[31m"), "\\x1B[31m");
    EXPECT_EQ(shown("\xC2\x9B"
                    "31m"),
              "\\xC2\\x9B31m");
    EXPECT_EQ(shown("a\nb\x7F"), "a\\x0Ab\\x7F");
    EXPECT_EQ(shown("\xFFx\xE2\x82"), "\\xFFx\\xE2\\x82");
}

TEST(Shown, KeepsOtherAlphabets) {
    EXPECT_EQ(shown("académie Ω 😀"), "académie Ω 😀");
}

TEST(Shown, CutsBetweenCharacters) {
    EXPECT_EQ(shown(std::string(200, 'a')), std::string(200, 'a'));
    EXPECT_EQ(shown(std::string(201, 'a')), std::string(200, 'a') + "...");
    EXPECT_EQ(shown(std::string(199, 'a') + "éé"), std::string(199, 'a') + "é...");
}

TEST(OneOfWords, ListsThemInASentence) {
    EXPECT_EQ(one_of({}), "");
    EXPECT_EQ(one_of({"a"}), "a");
    EXPECT_EQ(one_of({"a", "b"}), "a or b");
    EXPECT_EQ(one_of({"a", "b", "c"}), "a, b or c");
    EXPECT_EQ(one_of(std::vector<std::string>(17, "x")), "x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, ...");
}

}  // namespace
}  // namespace postern::config::test
