// Where a master password may come from, and that no error ever shows one.
#include "tests/unit/config/sandbox.hpp"

namespace postern::config::test {
namespace {

constexpr const char* from_file = "{file: master.secret}";

std::string revealed(const Sandbox& sandbox, const std::string& source) {
    const auto settings = sandbox.load_text(edited({{from_file, source}}));
    return settings ? std::string(settings->backends.at("dovecot").master_password.reveal()) : "not loaded";
}

struct ContentsCase {
    std::string name;
    std::string contents;
    std::string want;
};
class SecretFile : public testing::TestWithParam<ContentsCase> {};

TEST_P(SecretFile, GivesItsLineWithoutItsEnd) {
    const Sandbox sandbox;
    sandbox.write("master.secret", GetParam().contents);
    EXPECT_EQ(revealed(sandbox, from_file), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Contents,
                         SecretFile,
                         testing::ValuesIn(std::vector<ContentsCase>{
                             {"LineFeed", "open sesame\n", "open sesame"},
                             {"CrLf", "open sesame\r\n", "open sesame"},
                             {"NoLineEnd", "open sesame", "open sesame"},
                             {"SpacesBelongToIt", "  x \n", "  x "},
                             {"AnyBytes", "\xFF\xFE\x01\n", "\xFF\xFE\x01"},
                             {"FourKibibytes", std::string(4096, 'x'), std::string(4096, 'x')},
                             {"MoreThanFourKibibytes", std::string(4097, 'x'), "not loaded"},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(Secret, ComesFromTheEnvironmentAsItIs) {
    EXPECT_EQ(revealed(Sandbox(), "{env: POSTERN_SECRET}"), "from the environment");
}

class WrongSecret : public testing::TestWithParam<MistakeCase> {};

TEST_P(WrongSecret, IsToldWithoutTheSecret) {
    const Sandbox sandbox;
    sandbox.write("empty", "");
    sandbox.write("line-end", "\n");
    sandbox.write("two-lines", "hunter2\nhunter2\n");
    sandbox.write("nul", std::string("hunter2\0", 8));
    sandbox.write("large", std::string(5000, 'x'));
    const std::string mistakes = sandbox.mistakes(edited(GetParam().edits));
    EXPECT_EQ(mistakes, GetParam().want);
    EXPECT_EQ(mistakes.find("hunter2"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Sources,
    WrongSecret,
    testing::ValuesIn(std::vector<MistakeCase>{
        {"Inline",
         {{from_file, "hunter2"}},
         "20:22: backends.dovecot.master_password: a secret must not stand in this file; write `{ file: PATH }` or `{ "
         "env: NAME }`\n"},
        {"InlineQuoted",
         {{from_file, "\"hunter2\""}},
         "20:22: backends.dovecot.master_password: a secret must not stand in this file; write `{ file: PATH }` or `{ "
         "env: NAME }`\n"},
        {"InlineInBraces",
         {{from_file, "{hunter2}"}},
         "20:23: backends.dovecot.master_password: unknown key (not shown, it may be a secret); expected file or "
         "env\n"},
        {"InlineInBracesTwice",
         {{from_file, "{hunter2, hunter2}"}},
         "20:23: backends.dovecot.master_password: unknown key (not shown, it may be a secret); expected file or env\n"
         "20:32: backends.dovecot.master_password: set twice, first on line 20\n"},
        {"InlineInBrackets",
         {{from_file, "[hunter2]"}},
         "20:22: backends.dovecot.master_password: expected a mapping, found a list\n"},
        {"InlineAsAnAlias",
         {{from_file, "*hunter2"}},
         "20:22: anchors and aliases (& and *) are not accepted: write the value out, or quote it if it is text\n"},
        {"InlineAsAnAnchor",
         {{from_file, "&hunter2"}},
         "20:22: anchors and aliases (& and *) are not accepted: write the value out, or quote it if it is text\n"},
        {"InlineAsATag",
         {{from_file, "!hunter2"}},
         "20:22: tags (!) are not accepted: leave it out, or quote the value if it is text\n"},
        {"InlineWithColon",
         {{from_file, "hunter2: x"}},
         "20:29: not valid YAML: a colon that ends no key here (text with a colon in it must be quoted)\n"},
        {"InlineWithReservedCharacter",
         {{from_file, "@hunter2"}},
         "20:22: not valid YAML: text that starts with this character must be quoted\n"},
        {"Nothing", {{from_file, ""}}, "20:5: backends.dovecot.master_password: expected a mapping, found nothing\n"},
        {"Neither",
         {{from_file, "{}"}},
         "20:22: backends.dovecot.master_password: expected `{ file: PATH }` or `{ env: NAME }`, found neither\n"},
        {"Both",
         {{from_file, "{file: master.secret, env: POSTERN_SECRET}"}},
         "20:22: backends.dovecot.master_password: expected `{ file: PATH }` or `{ env: NAME }`, found both\n"},
        {"FileIsNotThere",
         {{from_file, "{file: none}"}},
         "20:29: backends.dovecot.master_password.file: `DIR/none` cannot be read: No such file or directory\n"},
        {"FileIsADirectory",
         {{from_file, "{file: .}"}},
         "20:29: backends.dovecot.master_password.file: `DIR/` cannot be read: it is not a regular file\n"},
        {"FileIsADevice",
         {{from_file, "{file: /dev/zero}"}},
         "20:29: backends.dovecot.master_password.file: `/dev/zero` cannot be read: it is not a regular file\n"},
        {"FileIsEmpty",
         {{from_file, "{file: empty}"}},
         "20:29: backends.dovecot.master_password.file: the secret is empty\n"},
        {"FileIsALineEnd",
         {{from_file, "{file: line-end}"}},
         "20:29: backends.dovecot.master_password.file: the secret is empty\n"},
        {"FileHasTwoLines",
         {{from_file, "{file: two-lines}"}},
         "20:29: backends.dovecot.master_password.file: the secret must be a single line of text\n"},
        {"FileHasNul",
         {{from_file, "{file: nul}"}},
         "20:29: backends.dovecot.master_password.file: the secret must be a single line of text\n"},
        {"FileIsLarge",
         {{from_file, "{file: large}"}},
         "20:29: backends.dovecot.master_password.file: `DIR/large` cannot be read: it is larger than 4 KiB\n"},
        {"VariableIsNotSet",
         {{from_file, "{env: POSTERN_OTHER}"}},
         "20:28: backends.dovecot.master_password.env: the environment variable POSTERN_OTHER is not set\n"},
        {"VariableIsEmpty",
         {{from_file, "{env: POSTERN_EMPTY}"}},
         "20:28: backends.dovecot.master_password.env: the secret is empty\n"},
        {"VariableHasNoName",
         {{from_file, "{env: \"hunter2!\"}"}},
         "20:28: backends.dovecot.master_password.env: expected the name of an environment variable: letters, digits "
         "and _, no digit first\n"},
    }),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace postern::config::test
