#include "auth/identifier.hpp"

#include <gtest/gtest.h>

namespace postern::auth {
namespace {

/// The normal form, or why there is none.
std::string parsed(std::string_view text) {
    const auto name = Identifier::parse(text);
    return name ? name->text() : "! " + std::string(describe(name.error()));
}

struct AcceptedCase {
    std::string name;
    std::string input;
    std::string want;
};
class Accepted : public testing::TestWithParam<AcceptedCase> {};

TEST_P(Accepted, HasOneNormalForm) {
    EXPECT_EQ(parsed(GetParam().input), GetParam().want);
    EXPECT_EQ(parsed(GetParam().want), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Identifier,
                         Accepted,
                         testing::ValuesIn(std::vector<AcceptedCase>{
                             {"BareName", "anna", "anna"},
                             {"Address", "anna@example.org", "anna@example.org"},
                             {"LettersAreLowered", "Anna.LEE@EXAMPLE.Org", "anna.lee@example.org"},
                             {"OneCharacter", "a", "a"},
                             {"EverySignAllowed", "a!#$&+-=?^_~z", "a!#$&+-=?^_~z"},
                             {"SubAddress", "anna+lists@example.org", "anna+lists@example.org"},
                             {"DomainOfOneLabel", "anna@localhost", "anna@localhost"},
                             {"DigitsOnly", "20231234", "20231234"},
                             {"PunycodeDomain", "anna@xn--bcher-kva.example", "anna@xn--bcher-kva.example"},
                             {"ExactlyTheLongest", std::string(254, 'a'), std::string(254, 'a')},
                             {"LabelOf63", "a@" + std::string(63, 'b'), "a@" + std::string(63, 'b')},
                         }),
                         [](const auto& test) { return test.param.name; });

struct RefusedCase {
    std::string name;
    std::string input;
    IdentifierFault want;
};
class Refused : public testing::TestWithParam<RefusedCase> {};

TEST_P(Refused, SaysWhy) {
    const auto result = Identifier::parse(GetParam().input);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), GetParam().want) << describe(result.error());
}

INSTANTIATE_TEST_SUITE_P(Identifier,
                         Refused,
                         testing::ValuesIn(std::vector<RefusedCase>{
                             {"Empty", "", IdentifierFault::empty},
                             {"OneByteTooLong", std::string(255, 'a'), IdentifierFault::too_long},
                             {"AMillionBytes", std::string(1'000'000, '@'), IdentifierFault::too_long},
                             {"Utf8", "ren\xC3\xA9@example.org", IdentifierFault::not_ascii},
                             {"Latin1", "ren\xE9", IdentifierFault::not_ascii},
                             {"NotUtf8AtAll", "\xFF\xFE", IdentifierFault::not_ascii},
                             {"Nul", std::string("anna\0admin", 10), IdentifierFault::forbidden_character},
                             {"LineFeed", "anna\nadmin", IdentifierFault::forbidden_character},
                             {"CarriageReturn", "anna\r", IdentifierFault::forbidden_character},
                             {"Delete", "anna\x7f", IdentifierFault::forbidden_character},
                             {"SpaceInside", "anna lee", IdentifierFault::forbidden_character},
                             {"SpaceBehind", "anna ", IdentifierFault::forbidden_character},
                             {"SpaceBehindTheDomain", "anna@example.org ", IdentifierFault::bad_domain},
                             {"DoubleQuote", "\"anna\"", IdentifierFault::forbidden_character},
                             {"SingleQuote", "a' OR '1'='1", IdentifierFault::forbidden_character},
                             {"Backslash", "an\\na", IdentifierFault::forbidden_character},
                             {"MasterUserSeparator", "anna*master", IdentifierFault::forbidden_character},
                             {"VariableOfABackend", "%u", IdentifierFault::forbidden_character},
                             {"PathOfABackend", "../../etc/passwd", IdentifierFault::forbidden_character},
                             {"AngleBrackets", "<anna@example.org>", IdentifierFault::forbidden_character},
                             {"Comma", "anna,bob", IdentifierFault::forbidden_character},
                             {"Colon", "anna:bob", IdentifierFault::forbidden_character},
                             {"Braces", "{12}", IdentifierFault::forbidden_character},
                             {"OnlyADot", ".", IdentifierFault::misplaced_dot},
                             {"TwoDots", "..", IdentifierFault::misplaced_dot},
                             {"DotInFront", ".anna@example.org", IdentifierFault::misplaced_dot},
                             {"DotBehind", "anna.@example.org", IdentifierFault::misplaced_dot},
                             {"DotsInARow", "an..na", IdentifierFault::misplaced_dot},
                             {"TwoAts", "anna@b@example.org", IdentifierFault::more_than_one_at},
                             {"NothingInFrontOfTheAt", "@example.org", IdentifierFault::empty_local_part},
                             {"OnlyAnAt", "@", IdentifierFault::empty_local_part},
                             {"NothingBehindTheAt", "anna@", IdentifierFault::bad_domain},
                             {"DomainEndsInADot", "anna@example.org.", IdentifierFault::bad_domain},
                             {"DomainBeginsWithADot", "anna@.example.org", IdentifierFault::bad_domain},
                             {"EmptyLabel", "anna@example..org", IdentifierFault::bad_domain},
                             {"LabelBeginsWithAHyphen", "anna@-example.org", IdentifierFault::bad_domain},
                             {"LabelEndsInAHyphen", "anna@example-.org", IdentifierFault::bad_domain},
                             {"LabelOf64", "a@" + std::string(64, 'b'), IdentifierFault::bad_domain},
                             {"UnderscoreInTheDomain", "anna@ex_ample.org", IdentifierFault::bad_domain},
                             {"AddressLiteral", "anna@[192.0.2.1]", IdentifierFault::bad_domain},
                             {"PercentInTheDomain", "anna@%d", IdentifierFault::bad_domain},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(IdentifierAlphabet, IsExactlyThatOfTheHeader) {
    const std::string allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&+-.=?^_~";
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        if (c == '@') continue;
        const bool want = allowed.contains(c);
        EXPECT_EQ(Identifier::parse(std::string("a") + c + "z").has_value(), want) << "byte " << byte;
    }
}

struct CompletionCase {
    std::string name;
    std::string input;
    std::string domain;
    std::string want;
};
class Completion : public testing::TestWithParam<CompletionCase> {};

TEST_P(Completion, AddsADomainOnlyWhereNoneIs) {
    const auto completed = Identifier::parse(GetParam().input)->completed(GetParam().domain);
    EXPECT_EQ(completed ? completed->text() : "! " + std::string(describe(completed.error())), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Identifier,
                         Completion,
                         testing::ValuesIn(std::vector<CompletionCase>{
                             {"BareName", "anna", "example.org", "anna@example.org"},
                             {"DomainIsLowered", "anna", "Example.ORG", "anna@example.org"},
                             {"AddressStays", "anna@example.net", "example.org", "anna@example.net"},
                             {"EmptyDomain", "anna", "", "! has no valid domain after the @"},
                             {"BadDomain", "anna", "example org", "! has no valid domain after the @"},
                             {"DomainWithAnAt", "anna", "b@example.org", "! contains more than one @"},
                             {"TogetherTooLong", std::string(250, 'a'), "example.org", "! is longer than 254 bytes"},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(Identifier, IsTheSameNameWhateverWidthItWasTypedIn) {
    EXPECT_EQ(Identifier::parse("\xEF\xBD\x81nna@example.org").value().text(), "anna@example.org") << "full-width a";
    EXPECT_EQ(Identifier::parse("\xEF\xBC\xA1nna\xEF\xBC\xA0"
                                "example.org")
                  .value()
                  .text(),
              "anna@example.org");
    EXPECT_EQ(Identifier::parse("an\xC2\xADna").value().text(), "anna") << "a soft hyphen is nothing";
    for (const std::string text : {"an\xE2\x80\xAEna", "\xC4\xB0stanbul",
                                   "stra\xC3\x9F"
                                   "e",
                                   "a\xCC\x81nna", "anna\xE2\x80\xA8"})
        EXPECT_FALSE(Identifier::parse(text)) << text;
}

}  // namespace
}  // namespace postern::auth
