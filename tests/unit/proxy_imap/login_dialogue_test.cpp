#include "dialogue_driver.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::proxy::imap {
namespace {

using namespace std::string_literals;
using fakes::Driver;
using fakes::patient;
using fakes::play;
using fakes::play_split;
using fakes::Played;

const std::string refused = "NO [AUTHENTICATIONFAILED] Wrong user name or password.\r\n";
const std::string arguments_bad = "BAD Missing or malformed arguments.\r\n";
const std::string unknown = "BAD Unknown command, or not one before login.\r\n";
const std::string malformed = "BAD Malformed authentication response.\r\n";
const std::string cancelled = "BAD Authentication cancelled.\r\n";
const std::string welcome_text = "OK [CAPABILITY IMAP4rev1 IDLE] Logged in\r\n";

struct DialogueCase {
    std::string name;
    std::string input;
    std::string want_output;
    std::vector<std::string> want_asked = {};
};

void PrintTo(const DialogueCase& test, std::ostream* stream) {
    *stream << test.name;
}

std::string name_of(const testing::TestParamInfo<DialogueCase>& test) {
    return test.param.name;
}

/// After each of these the dialogue goes on, as it was before.
const std::vector<DialogueCase> continuing = {
    {"Capability", "a CAPABILITY\r\n",
     "* CAPABILITY IMAP4rev1 SASL-IR ID ENABLE LITERAL+ AUTH=PLAIN AUTH=LOGIN\r\na OK CAPABILITY completed.\r\n"},
    {"CommandsHaveNoCase", "a nOoP\r\n", "a OK NOOP completed.\r\n"},
    {"Noop", "a NOOP\r\n", "a OK NOOP completed.\r\n"},
    {"NoopWithArguments", "a NOOP x\r\n", "a " + arguments_bad},
    {"IdNil", "a ID NIL\r\n", "* ID (\"name\" \"postern\")\r\na OK ID completed.\r\n"},
    {"IdList", "a ID (\"name\" \"Thunderbird\" \"version\" NIL)\r\n",
     "* ID (\"name\" \"postern\")\r\na OK ID completed.\r\n"},
    {"IdWithLiteral", "a ID ({4}\r\nname \"x\")\r\n", "+ OK\r\n* ID (\"name\" \"postern\")\r\na OK ID completed.\r\n"},
    {"IdWithoutArgument", "a ID\r\n", "a " + arguments_bad},
    {"Enable", "a ENABLE UTF8=ACCEPT\r\n", "* ENABLED\r\na OK Nothing can be enabled before login.\r\n"},
    {"EnableNothing", "a ENABLE\r\n", "a " + arguments_bad},
    {"StartTlsWithinTls", "a STARTTLS\r\n", "a BAD TLS is in use already.\r\n"},
    {"StartTlsWithArguments", "a STARTTLS now\r\n", "a " + arguments_bad},
    {"CommandOfALaterState", "a SELECT INBOX\r\n", "a " + unknown},
    {"UnknownCommandWithLiteral", "a FOOBAR {10+}\r\ntest test \r\n", "a " + unknown},
    {"LiteralIsNoCommand", "a FOOBAR {20+}\r\nx LOGIN bob secret\r\n\r\n", "a " + unknown},
    {"LoginWithoutArguments", "a LOGIN\r\n", "a " + arguments_bad},
    {"LoginWithoutPassword", "a LOGIN alice\r\n", "a " + arguments_bad},
    {"LoginWithEmptyRest", "a LOGIN alice \r\n", "a " + arguments_bad},
    {"LoginWithThreeArguments", "a LOGIN alice secret x\r\n", "a " + arguments_bad},
    {"LoginWithList", "a LOGIN (alice) secret\r\n", "a " + arguments_bad},
    {"LoginRefused", "a LOGIN bob wrong\r\n", "a " + refused, {"bob||wrong"}},
    {"LoginQuoted",
     R"(a LOGIN "b\"o\\b" "w r o n g")"
     "\r\n",
     "a " + refused,
     {R"(b"o\b||w r o n g)"}},
    {"LoginTwoLiterals", "a LOGIN {3}\r\nbob {5}\r\nwrong\r\n", "+ OK\r\n+ OK\r\na " + refused, {"bob||wrong"}},
    {"LoginNonSyncLiterals", "a LOGIN {3+}\r\nbob {5+}\r\nwrong\r\n", "a " + refused, {"bob||wrong"}},
    {"LoginAtomAndLiteral", "a LOGIN bob {5}\r\nwrong\r\n", "+ OK\r\na " + refused, {"bob||wrong"}},
    {"LoginLiteralAndQuoted", "a LOGIN {3}\r\nbob \"wrong\"\r\n", "+ OK\r\na " + refused, {"bob||wrong"}},
    {"LoginBackslashInLiteral", "a LOGIN {4}\r\nb\\ob x\r\n", "+ OK\r\na " + refused, {"b\\ob||x"}},
    {"LoginEmptyNameByLiteral", "a LOGIN {0}\r\n {6}\r\nsecret\r\n", "+ OK\r\n+ OK\r\na " + refused},
    {"LoginEmptyPasswordByLiteral", "a LOGIN bob {0}\r\n\r\n", "+ OK\r\na " + refused},
    {"LoginEmptyQuoted", "a LOGIN \"\" \"\"\r\n", "a " + refused},
    {"LoginBusy",
     "a LOGIN busy x\r\n",
     "a NO [UNAVAILABLE] Too many logins at the moment, try again later.\r\n",
     {"busy||x"}},
    {"LoginStoreDown",
     "a LOGIN down x\r\n",
     "a NO [UNAVAILABLE] Accounts cannot be checked at the moment, try again later.\r\n",
     {"down||x"}},
    {"LoginBackendDown",
     "a LOGIN homeless x\r\n",
     "a NO [UNAVAILABLE] The mailbox cannot be reached at the moment, try again later.\r\n",
     {"homeless||x"}},
    {"LoginSuspended",
     "a LOGIN suspended x\r\n",
     "a NO [CONTACTADMIN] This account is suspended.\r\n",
     {"suspended||x"}},
    {"LoginExpired", "a LOGIN expired x\r\n", "a NO [CONTACTADMIN] This account has expired.\r\n", {"expired||x"}},
    {"LoginNotActivated",
     "a LOGIN new x\r\n",
     "a NO [CONTACTADMIN] Activate your account on the account portal first.\r\n",
     {"new||x"}},
    {"LoginMustChange",
     "a LOGIN temporary x\r\n",
     "a NO [EXPIRED] Choose a new password on the account portal first.\r\n",
     {"temporary||x"}},
    {"LoginWithoutAppPassword",
     "a LOGIN otp x\r\n",
     "a NO [AUTHENTICATIONFAILED] Use an app password here; create one on the account portal.\r\n",
     {"otp||x"}},
    {"LoginThrottled",
     "a LOGIN throttled x\r\n",
     "a NO [UNAVAILABLE] Too many failed logins, try again later.\r\n",
     {"throttled||x"}},
    {"PlainWithoutInitialResponse", "a AUTHENTICATE PLAIN\r\nAGJvYgB4\r\n", "+ \r\na " + refused, {"bob||x"}},
    {"PlainWithInitialResponse", "a AUTHENTICATE PLAIN AGJvYgB4\r\n", "a " + refused, {"bob||x"}},
    {"PlainForSomebodyElse",
     "a AUTHENTICATE PLAIN Y2FybABib2IAeA==\r\n",
     "a NO [AUTHORIZATIONFAILED] You may not act as this user.\r\n",
     {"bob|carl|x"}},
    {"PlainWithEmptyInitialResponse", "a AUTHENTICATE PLAIN =\r\n", "a " + malformed},
    {"PlainWithSpaceAndNothing", "a AUTHENTICATE PLAIN \r\n", "a " + arguments_bad},
    {"PlainCancelled", "a AUTHENTICATE PLAIN\r\n*\r\n", "+ \r\na " + cancelled},
    {"PlainNotBase64", "a AUTHENTICATE PLAIN\r\n!!!!\r\n", "+ \r\na " + malformed},
    {"PlainEmptyResponse", "a AUTHENTICATE PLAIN\r\n\r\n", "+ \r\na " + malformed},
    {"PlainResponseWithBareLineFeed", "a AUTHENTICATE PLAIN\r\nAGJvYgB4\n",
     "+ \r\na BAD Lines end in CRLF; neither CR nor LF may stand alone.\r\n"},
    {"PlainResponseIsNoCommand", "a AUTHENTICATE PLAIN\r\nb NOOP\r\n", "+ \r\na " + malformed},
    {"PlainNameWithLineEnds", "a AUTHENTICATE PLAIN AGJvYg0KeAB4\r\n", "a " + refused},
    {"MechanismLogin",
     "a AUTHENTICATE LOGIN\r\nYm9i\r\neA==\r\n",
     "+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\na " + refused,
     {"bob||x"}},
    {"MechanismLoginWithName", "a AUTHENTICATE LOGIN Ym9i\r\neA==\r\n", "+ UGFzc3dvcmQ6\r\na " + refused, {"bob||x"}},
    {"MechanismLoginCancelled", "a AUTHENTICATE LOGIN Ym9i\r\n*\r\n", "+ UGFzc3dvcmQ6\r\na " + cancelled},
    {"MechanismUnknown", "a AUTHENTICATE GSSAPI\r\n", "a NO Unsupported authentication mechanism.\r\n"},
    {"MechanismMissing", "a AUTHENTICATE\r\n", "a " + arguments_bad},
    {"MechanismQuoted", "a AUTHENTICATE \"PLAIN\"\r\n", "a " + arguments_bad},
    {"FormatStringAsTag", "%n%n%s NOOP\r\n", "* BAD Not an IMAP command.\r\n"},
    {"EmptyLine", "\r\n", "* BAD Not an IMAP command.\r\n"},
    {"LiteralTooLong", "a LOGIN {4097}\r\n", "a BAD Literal too long.\r\n"},
    {"LiteralOf400Digits", "a LOGIN {" + std::string(400, '9') + "}\r\n", "a BAD Literal too long.\r\n"},
    {"NulInName", "a LOGIN {3+}\r\nb\0b x\r\n"s, "a BAD Not an IMAP command.\r\n"},
    {"LineEndsInName", "a LOGIN {5+}\r\nb\r\nob x\r\n", "a " + refused},
    {"TabInName", "a LOGIN \"b\tob\" x\r\n", "a " + refused},
    {"NameNotUtf8", "a LOGIN {3+}\r\nb\xFFz x\r\n", "a " + refused},
    {"NameTruncatedUtf8", "a LOGIN \"bo\xC3\" x\r\n", "a " + refused},
    {"NameSurrogate", "a LOGIN \"\xED\xA0\x80\" x\r\n", "a " + refused},
    {"NameUtf8", "a LOGIN \"andr\xC3\xA9\" x\r\n", "a " + refused, {"andr\xC3\xA9||x"}},
    {"NameForSql", "a LOGIN \"' OR 1=1\" x\r\n", "a " + refused, {"' OR 1=1||x"}},
    {"PasswordNotUtf8", "a LOGIN bob \"\xE9\"\r\n", "a " + refused},
};

class Continuing : public testing::TestWithParam<DialogueCase> {};

TEST_P(Continuing, AnswersTheSameWhereverTheBytesAreCut) {
    const DialogueCase& test = GetParam();
    const auto check = [&test](const Played& played, std::size_t cut) {
        EXPECT_EQ(played.output, test.want_output) << "cut at " << cut;
        EXPECT_EQ(played.asked, test.want_asked) << "cut at " << cut;
        EXPECT_FALSE(played.closed || played.welcomed);
    };
    for (std::size_t cut = 0; cut <= test.input.size(); ++cut) check(play_split(test.input, cut), cut);
    check(play(test.input, 1), 1);
}

TEST_P(Continuing, AnswersTheSameGluedToEveryOther) {
    const DialogueCase& test = GetParam();
    for (const DialogueCase& other : continuing) {
        const Played played = play(test.input + other.input, patient());
        EXPECT_EQ(played.output, test.want_output + other.want_output) << "with " << other.name << " behind it";
        std::vector<std::string> asked = test.want_asked;
        asked.insert(asked.end(), other.want_asked.begin(), other.want_asked.end());
        EXPECT_EQ(played.asked, asked) << "with " << other.name << " behind it";
    }
}

TEST_P(Continuing, StillLetsTheUserInAfterwards) {
    const Played played = play(GetParam().input + "z LOGIN alice secret\r\nrest", patient());
    EXPECT_EQ(played.output, GetParam().want_output + "z " + welcome_text);
    EXPECT_EQ(played.asked.back(), "alice||secret");
    EXPECT_TRUE(played.welcomed);
    EXPECT_EQ(played.unread, "rest");
}

INSTANTIATE_TEST_SUITE_P(Commands, Continuing, testing::ValuesIn(continuing), name_of);

TEST(Dialogue, AnswersTriplesInOrder) {
    for (const DialogueCase& first : continuing)
        for (std::size_t i = 0; i + 1 < continuing.size(); i += 3) {
            const DialogueCase& second = continuing[i];
            const DialogueCase& third = continuing[i + 1];
            EXPECT_EQ(play(first.input + second.input + third.input, 7, patient()).output,
                      first.want_output + second.want_output + third.want_output)
                << first.name << ", " << second.name << ", " << third.name;
        }
}

/// These let alice in.
class LettingIn : public testing::TestWithParam<DialogueCase> {};

TEST_P(LettingIn, HandsOverEveryByteBehindTheLoginWhereverTheBytesAreCut) {
    const std::string pipelined = "b SELECT {5}\r\nINBOX\r\n\0\xFF\n"s;
    const std::string input = GetParam().input + pipelined;
    for (std::size_t cut = 0; cut <= input.size(); ++cut) {
        const Played played = play_split(input, cut);
        EXPECT_EQ(played.output, GetParam().want_output) << "cut at " << cut;
        EXPECT_EQ(played.asked, GetParam().want_asked) << "cut at " << cut;
        EXPECT_EQ(played.unread, pipelined) << "cut at " << cut;
        EXPECT_TRUE(played.welcomed);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Commands,
    LettingIn,
    testing::ValuesIn(std::vector<DialogueCase>{
        {"Login", "a LOGIN alice secret\r\n", "a " + welcome_text, {"alice||secret"}},
        {"LoginQuoted",
         R"(a LOGIN "alice" "pass \"word\\")"
         "\r\n",
         "a " + welcome_text,
         {R"(alice||pass "word\)"}},
        {"LoginLiterals",
         "a LOGIN {5}\r\nalice {6}\r\nsecret\r\n",
         "+ OK\r\n+ OK\r\na " + welcome_text,
         {"alice||secret"}},
        {"LoginNonSyncLiterals", "a LOGIN {5+}\r\nalice {6+}\r\nsecret\r\n", "a " + welcome_text, {"alice||secret"}},
        {"Plain", "a AUTHENTICATE PLAIN\r\nAGFsaWNlAHNlY3JldA==\r\n", "+ \r\na " + welcome_text, {"alice||secret"}},
        {"PlainAtOnce", "a authenticate plain AGFsaWNlAHNlY3JldA==\r\n", "a " + welcome_text, {"alice||secret"}},
        {"MechanismLogin",
         "a AUTHENTICATE LOGIN\r\nYWxpY2U=\r\nc2VjcmV0\r\n",
         "+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\na " + welcome_text,
         {"alice||secret"}},
        {"BadPasswordThenGood",
         "a LOGIN alice wrong\r\nb LOGIN alice secret\r\n",
         "a " + refused + "b " + welcome_text,
         {"alice||wrong", "alice||secret"}},
        {"StaleCredentialsAreNotUsedAgain",
         "a AUTHENTICATE LOGIN Ym9i\r\n*\r\nb AUTHENTICATE LOGIN YWxpY2U=\r\nc2VjcmV0\r\n",
         "+ UGFzc3dvcmQ6\r\na " + cancelled + "+ UGFzc3dvcmQ6\r\nb " + welcome_text,
         {"alice||secret"}},
        {"OddTagIsRepeatedVerbatim",
         "A]b/.$&'=; LOGIN alice secret\r\n",
         "A]b/.$&'=; " + welcome_text,
         {"alice||secret"}},
        {"LongestTag",
         std::string(64, 't') + " LOGIN alice secret\r\n",
         std::string(64, 't') + " " + welcome_text,
         {"alice||secret"}},
    }),
    name_of);

TEST(Dialogue, GreetsWithCapabilitiesAndOurName) {
    EXPECT_EQ(Driver().greeting(),
              "* OK [CAPABILITY IMAP4rev1 SASL-IR ID ENABLE LITERAL+ AUTH=PLAIN AUTH=LOGIN] "
              "mail.example.org postern ready.\r\n");
}

TEST(Dialogue, TellsOnlyOfWhatEveryServerHas) {
    Capabilities some;
    some.add(Capability::id);
    some.add(Capability::literal_minus);
    const std::string greeting = Driver({}, Transport::tls, {}, some).greeting();
    EXPECT_TRUE(greeting.starts_with("* OK [CAPABILITY IMAP4rev1 SASL-IR ID LITERAL- AUTH=PLAIN AUTH=LOGIN] "))
        << greeting;
    EXPECT_TRUE(Driver({}, Transport::tls, {}, Capabilities{})
                    .greeting()
                    .starts_with("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN] "));
    EXPECT_TRUE(Driver({}, Transport::plaintext, {}, Capabilities{})
                    .greeting()
                    .starts_with("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] "));
    EXPECT_TRUE(Driver({}, Transport::plaintext, {}, some)
                    .greeting()
                    .starts_with("* OK [CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED] "));
}

TEST(Dialogue, LogsOutAndReadsNoFurther) {
    const Played played = play("a LOGOUT\r\nb NOOP\r\n");
    EXPECT_EQ(played.output, "* BYE Logging out.\r\na OK LOGOUT completed.\r\n");
    EXPECT_TRUE(played.closed);
}

TEST(Dialogue, LogsOutBehindARefusedLogin) {
    const Played played = play("a LOGIN bob x\r\nb LOGOUT\r\n");
    EXPECT_EQ(played.output, "a " + refused + "* BYE Logging out.\r\nb OK LOGOUT completed.\r\n");
    EXPECT_TRUE(played.closed);
}

TEST(Dialogue, ClosesAfterTheThirdBadCommand) {
    const Played played = play("a X\r\nb NOOP\r\nc X\r\nd X\r\ne LOGIN alice secret\r\n");
    EXPECT_EQ(played.output, "a " + unknown + "b OK NOOP completed.\r\nc " + unknown + "d " + unknown +
                                 "* BYE Too many bad commands.\r\n");
    EXPECT_TRUE(played.closed);
    EXPECT_TRUE(played.asked.empty());
}

TEST(Dialogue, ClosesAfterTheFifthRefusedLogin) {
    std::string input;
    for (int i = 0; i < 6; ++i) input += "a LOGIN bob x\r\n";
    const Played played = play(input);
    EXPECT_EQ(played.asked.size(), 5U);
    EXPECT_TRUE(played.closed);
    EXPECT_TRUE(played.output.ends_with("a " + refused + "* BYE Too many failed logins.\r\n"));
}

TEST(Dialogue, CountsImpossibleNamesAsRefusedLogins) {
    std::string input;
    for (int i = 0; i < 6; ++i) input += "a LOGIN \"\" x\r\n";
    EXPECT_TRUE(play(input).output.ends_with("* BYE Too many failed logins.\r\n"));
}

TEST(Dialogue, SurvivesFourRefusedLogins) {
    std::string input;
    for (int i = 0; i < 4; ++i) input += "a LOGIN bob x\r\n";
    EXPECT_TRUE(play(input + "b LOGIN alice secret\r\n").welcomed);
}

TEST(Dialogue, DoesNotCountTemporaryErrors) {
    std::string input;
    for (int i = 0; i < 9; ++i) input += "a LOGIN busy x\r\nb LOGIN homeless x\r\nc LOGIN down x\r\n";
    EXPECT_TRUE(play(input + "d LOGIN alice secret\r\n").welcomed);
}

TEST(Dialogue, DoesNotCountCancelledExchanges) {
    std::string input;
    for (int i = 0; i < 9; ++i) input += "a AUTHENTICATE PLAIN\r\n*\r\nb AUTHENTICATE X\r\n";
    EXPECT_TRUE(play(input + "d LOGIN alice secret\r\n").welcomed);
}

struct FarewellCase {
    std::string name;
    Farewell reason;
    std::string want;
};
class FarewellTexts : public testing::TestWithParam<FarewellCase> {};

TEST_P(FarewellTexts, AreTheLastWords) {
    Driver driver;
    driver.send("a AUTHENTICATE PLAIN\r\n");
    driver.dialogue().say_farewell(GetParam().reason);
    EXPECT_EQ(driver.dialogue().take_output(), GetParam().want);
    EXPECT_TRUE(std::holds_alternative<Close>(driver.dialogue().next()));
    driver.dialogue().say_farewell(GetParam().reason);
    EXPECT_EQ(driver.dialogue().take_output(), "") << "they are said once";
}

TEST(FarewellTexts, AreNotSaidIntoTheBackendsSession) {
    Driver driver;
    driver.send("a LOGIN alice secret\r\n");
    driver.dialogue().say_farewell(Farewell::shutting_down);
    EXPECT_EQ(driver.dialogue().take_output(), "");
}

INSTANTIATE_TEST_SUITE_P(Reasons,
                         FarewellTexts,
                         testing::ValuesIn(std::vector<FarewellCase>{
                             {"Timeout", Farewell::login_timeout, "* BYE No login in time.\r\n"},
                             {"Shutdown", Farewell::shutting_down,
                              "* BYE [UNAVAILABLE] Shutting down, connect again.\r\n"},
                         }),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace postern::proxy::imap
