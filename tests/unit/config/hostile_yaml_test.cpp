// Files that are not YAML, or more of it than a configuration needs.
#include "config/yaml_tree.hpp"
#include "tests/unit/config/sandbox.hpp"

#include <cstdint>
#include <random>

namespace postern::config::test {
namespace {

std::string fault(std::string_view text) {
    const auto tree = parse_yaml(text);
    if (tree) return "accepted";
    const auto& [position, message] = tree.error();
    return std::to_string(position.line) + ':' + std::to_string(position.column) + ": " + message;
}

std::string repeated(std::string_view text, std::size_t count) {
    std::string result;
    for (std::size_t i = 0; i < count; ++i) result += text;
    return result;
}

struct FaultCase {
    std::string name;
    std::string text;
    std::string want;
};
class YamlFaults : public testing::TestWithParam<FaultCase> {};

TEST_P(YamlFaults, GiveOneErrorWithItsPlace) {
    EXPECT_EQ(fault(GetParam().text), GetParam().want);
}

const auto case_name = [](const auto& test) { return test.param.name; };

INSTANTIATE_TEST_SUITE_P(
    Syntax,
    YamlFaults,
    testing::ValuesIn(std::vector<FaultCase>{
        {"SecondColon", "a: 1\nb: c: d\n",
         "2:5: not valid YAML: a colon that ends no key here (text with a colon in it must be quoted)"},
        {"BracketThatIsNotClosed", "a: [1, 2\n", "2:1: not valid YAML: expected , or ] before this"},
        {"BracketThatWasNotOpened", "a: 1\n]\n", "2:1: not valid YAML: nothing was opened that this closes"},
        {"BraceThatIsNotClosed", "a: {b: 1\nc: 2\n", "2:2: not valid YAML: expected , or } before this"},
        {"DoubleQuoteThatIsNotClosed", "a: 1\nb: \"x\nc: 2\n", "2:4: this quotation is never closed"},
        {"DoubleQuoteClosedByAnEscapeOnly", "b: \"x\\\"\n", "1:4: this quotation is never closed"},
        {"SingleQuoteThatIsNotClosed", "a: 1\nb: 'it''s\n", "2:4: this quotation is never closed"},
        {"QuoteBehindAnAccent", "é: {é: 'x\n", "1:8: this quotation is never closed"},
        {"TextBehindAQuotation", "a: \"x\" y\n",
         "1:8: not valid YAML: expected the next key or the end of the section (a quotation may have ended too early)"},
        {"UnknownEscape", "a: \"\\q\"\n", "1:7: not valid YAML: unknown escape character: q"},
        {"UnknownEscapeOfAnAccent", "a: \"\\é\"\n", "1:7: not valid YAML: unknown escape character: \\xC3"},
        {"ReservedCharacter", "a: @x\n", "1:4: not valid YAML: text that starts with this character must be quoted"},
        {"TabAsIndentation", "a:\n\tb: 1\n", "2:3: not valid YAML: indented with a tab, which must be spaces"},
        {"LessIndentation", "  a: 1\nb: 2\n",
         "2:1: a second document starts here (---, or a line indented less than the first one); the file must be one "
         "document"},
        {"UnquotedColons", "a: ::\n",
         "1:5: not valid YAML: a colon that ends no key here (text with a colon in it must be quoted)"},
    }),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Refused,
    YamlFaults,
    testing::ValuesIn(std::vector<FaultCase>{
        {"Anchor", "a: 1\nb: &x 1\n",
         "2:4: anchors and aliases (& and *) are not accepted: write the value out, or quote it if it is text"},
        {"AnchorOnAMapping", "b: &x {c: 1}\n",
         "1:4: anchors and aliases (& and *) are not accepted: write the value out, or quote it if it is text"},
        {"AnchorOnNothing", "b: &x\n",
         "1:4: anchors and aliases (& and *) are not accepted: write the value out, or quote it if it is text"},
        {"AnchorOnAKey", "&x b: 1\n",
         "1:1: anchors and aliases (& and *) are not accepted: write the value out, or quote it if it is text"},
        {"Alias", "a: *x\n",
         "1:4: anchors and aliases (& and *) are not accepted: write the value out, or quote it if it is text"},
        {"AliasBomb", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
         "1:4: anchors and aliases (& and *) are not accepted: write the value out, or quote it if it is text"},
        {"Tag", "a: !!str 1\n", "1:4: tags (!) are not accepted: leave it out, or quote the value if it is text"},
        {"TagOnAList", "a: !x [1]\n", "1:4: tags (!) are not accepted: leave it out, or quote the value if it is text"},
        {"MergeKey", "a: {<<: {b: 1}}\n", "1:5: merge keys (<<) are not accepted: write the keys out"},
        {"SecondDocument", "a: 1\n---\nb: 2\n",
         "2:1: a second document starts here (---, or a line indented less than the first one); the file must be one "
         "document"},
        {"SecondDocumentBehindAnEnd", "a: 1\n...\nb: 2\n",
         "3:1: a second document starts here (---, or a line indented less than the first one); the file must be one "
         "document"},
        {"ListAsKey", "? [a]\n: 1\n", "1:3: a key must be text"},
        {"MappingAsKey", "{{a: 1}: 1}\n", "1:2: a key must be text"},
        {"NothingAsKey", "a: 1\n: x\n", "2:1: a key must be text"},
        {"NullAsKey", "~: x\n", "1:1: a key must be text"},
        {"TwoCommas", "{a: 1,, b: 2}\n", "1:7: a key must be text"},
    }),
    case_name);

INSTANTIATE_TEST_SUITE_P(Bytes,
                         YamlFaults,
                         testing::ValuesIn(std::vector<FaultCase>{
                             {"Nul", std::string("a: 1\nb: \0\n", 10), "2:4: a control character (\\x00)"},
                             {"Escape", "a: \x1B[31m\n", "1:4: a control character (\\x1B)"},
                             {"C1Control",
                              "a: \xC2\x9B"
                              "31m\n",
                              "1:4: a control character (\\xC2\\x9B)"},
                             {"LoneCarriageReturn", "a: 1\rb: 2\n", "1:5: a control character (\\x0D)"},
                             {"NotUtf8", "a: \xE9t\xE9\n", "1:4: not UTF-8 text"},
                             {"OverlongUtf8", "a: \xC0\xAF\n", "1:4: not UTF-8 text"},
                             {"Surrogate", "a: \xED\xA0\x80\n", "1:4: not UTF-8 text"},
                             {"CutUtf8", "a: \xE2\x82", "1:4: not UTF-8 text"},
                             {"Utf16",
                              std::string("\xFF\xFE"
                                          "a\0:\0",
                                          6),
                              "1:1: not UTF-8 text"},
                             {"Utf16WithoutMark", std::string("a\0:\0 \0b\0", 8), "1:2: a control character (\\x00)"},
                             {"Elf",
                              std::string("\x7F"
                                          "ELF\2\1\1\0",
                                          8),
                              "1:1: a control character (\\x7F)"},
                         }),
                         case_name);

INSTANTIATE_TEST_SUITE_P(Depth,
                         YamlFaults,
                         testing::ValuesIn(std::vector<FaultCase>{
                             {"Brackets", repeated("[", 10'000), "1:1: a key must be text"},
                             {"Braces", repeated("{", 10'000), "1:1: a key must be text"},
                             {"BracesAndKeys", repeated("{a: ", 10'000), "1:1: a key must be text"},
                             {"Dashes", repeated("- ", 10'000), "1:65: nested too deeply (more than 32 levels)"},
                             {"Questions", repeated("? ", 10'000), "1:3: a key must be text"},
                             {"BracketsOfAFullFile", repeated("[", 1'000'000), "1:1: a key must be text"},
                             {"ThirtyTwoLevelsAreAccepted", repeated("[", 32) + repeated("]", 32), "accepted"},
                             {"ThirtyThreeLevelsAreNot", repeated("[", 33) + repeated("]", 33),
                              "1:33: nested too deeply (more than 32 levels)"},
                         }),
                         case_name);

TEST(YamlTree, HasLongListsAndMappingsOnOneLine) {
    EXPECT_EQ(fault("groups: [" + repeated("aaa, ", 1000) + "]\n"), "accepted");
    EXPECT_EQ(fault("a: {" + repeated("aaa: 1, ", 1000) + "}\n"), "accepted");
    EXPECT_EQ(fault("a: {b: [\n1,\n2],\n c: 3}\n"), "accepted");
}

TEST(YamlTree, AcceptsADoubledQuoteAndAnEscapedOne) {
    const auto tree = parse_yaml("a: 'it''s'\nb: \"say \\\"x\\\"\"\nc: ''\n");
    ASSERT_TRUE(tree);
    EXPECT_EQ(tree->entries.at(0).value.scalar, "it's");
    EXPECT_EQ(tree->entries.at(1).value.scalar, "say \"x\"");
    EXPECT_EQ(tree->entries.at(2).value.scalar, "");
}

TEST(HostileFile, LargerThanTheLimitIsRefusedUnread) {
    const Sandbox sandbox;
    const std::string text = "#" + repeated("x", 1024 * 1024);
    sandbox.write("postern.yaml", text);
    const auto loaded = load(sandbox.path("postern.yaml"), [](const std::string&) { return std::nullopt; });
    ASSERT_FALSE(loaded);
    const std::string want = ": the configuration cannot be read: it is larger than 1024 KiB";
    EXPECT_EQ(loaded.error().at(0).text(), sandbox.path("postern.yaml") + want);
    EXPECT_EQ(sandbox.load_text(text).error().at(0).text(), sandbox.path("postern.yaml") + want);
}

TEST(HostileFile, WithAHugeScalarIsToldInShort) {
    const std::string mistakes = Sandbox().mistakes("server: {hostname: " + repeated("x", 1'000'000) + "}\n");
    EXPECT_LT(mistakes.size(), 2000U);
    EXPECT_THAT(mistakes, testing::HasSubstr("1:20: server.hostname: expected a fully qualified host name"));
}

TEST(HostileFile, WithAHugeKeyIsToldInShort) {
    EXPECT_LT(Sandbox().mistakes("? " + repeated("x", 900'000) + "\n: 1\n").size(), 2000U);
}

TEST(HostileFile, WithoutSettingsIsNoMapping) {
    EXPECT_EQ(Sandbox().mistakes(""), "1:1: expected a mapping, found nothing\n");
    EXPECT_EQ(Sandbox().mistakes("# only a comment\n"), "1:1: expected a mapping, found nothing\n");
    EXPECT_EQ(Sandbox().mistakes("postern\n"), "1:1: expected a mapping, found a single value\n");
    EXPECT_EQ(Sandbox().mistakes("\n- a\n"), "2:1: expected a mapping, found a list\n");
}

struct FullFileCase {
    std::string name;
    std::string piece;
};
class FullFiles : public testing::TestWithParam<FullFileCase> {};

/// The test program's time limit is what holds them to less than quadratic time.
TEST_P(FullFiles, AreRefusedInTime) {
    const std::string& piece = GetParam().piece;
    EXPECT_NE(Sandbox().mistakes(repeated(piece, 256 * 1024 / piece.size())), "");
    EXPECT_NE(Sandbox().mistakes("groups:\n" + repeated(piece, 256 * 1000 / piece.size())), "");
}

INSTANTIATE_TEST_SUITE_P(Pieces,
                         FullFiles,
                         testing::ValuesIn(std::vector<FullFileCase>{
                             {"SameKey", "a: 1\n"},
                             {"Elements", "- a\n"},
                             {"EmptyElements", "-\n"},
                             {"Listeners", "- {}\n"},
                             {"LongLine", "a "},
                             {"Quotes", "\"a\" "},
                             {"Colons", "a:"},
                             {"Commas", "[],"},
                             {"Comments", "#\n"},
                             {"Blanks", "\n"},
                             {"Documents", "---\n"},
                             {"Anchors", "&a "},
                             {"BlockScalars", "- |\n x\n"},
                             {"Directives", "%a b\n"},
                             {"ExclamationMarks", "!"},
                         }),
                         case_name);

TEST(HostileFile, WithManyDifferentKeysIsReadInTime) {
    std::string text = "backends:\n";
    for (int i = 0; i < 50'000; ++i) text += "  k" + std::to_string(i) + ": {}\n";
    EXPECT_NE(Sandbox().mistakes(text), "");
}

/// Every file a few bytes away from a good one gives settings or errors with positions inside it.
TEST(HostileFile, NearAGoodOneGivesSettingsOrErrorsInsideIt) {
    const Sandbox sandbox;
    const std::string good = edited({});
    const std::string_view spoilers = "{}[]&*!|>'\"%@`:-?,#~<\\ \t\n\r\x80\xC3\x01";
    std::mt19937 random(20'240'117);  // NOLINT(cert-msc*): the same files every time
    const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random()) % bound; };
    for (int round = 0; round < 1000; ++round) {
        std::string text = good;
        for (std::size_t edits = 1 + below(3); edits > 0; --edits)
            text.at(below(text.size())) = spoilers[below(spoilers.size())];
        const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
        const auto loaded = sandbox.load_text(text);
        if (loaded) continue;
        ASSERT_FALSE(loaded.error().empty());
        for (const SettingsError& error : loaded.error()) {
            EXPECT_GE(error.line, 1U) << text;
            EXPECT_LE(error.line, lines + 1) << text;
            EXPECT_GE(error.column, 1U) << text;
        }
    }
}

}  // namespace
}  // namespace postern::config::test
