/// A backend that breaks the rules, or is somebody else.
#include "backend_driver.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::proxy::imap {
namespace {

using namespace std::string_literals;
using fakes::play;
using fakes::Visitor;

const std::string plain_greeting = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n";

/// The state a dialogue is in after these bytes, each with what only belongs there.
struct Stage {
    std::string name;
    std::string reached_by;
};
const std::vector<Stage> stages = {
    {"Greeting", ""},
    {"Capability", "* OK hi\r\n"},
    {"PlainContinuation", plain_greeting},
    {"PlainResult", plain_greeting + "+ \r\n"},
    {"LoginResult", "* OK [CAPABILITY IMAP4rev1] hi\r\n"},
    {"CapabilityAfterLogin", "* OK [CAPABILITY IMAP4rev1] hi\r\nL OK in\r\n"},
};

class EveryStage : public testing::TestWithParam<Stage> {
protected:
    /// The last step after `line`.
    [[nodiscard]] static std::string after(const std::string& line) {
        const std::string played = play(GetParam().reached_by + line);
        return played.substr(played.rfind(" => ") + 4);
    }
};

TEST_P(EveryStage, EndsAtALineThatIsNoResponse) {
    for (const char* line :
         {"\r\n", "\n", "* OK\n", "220 smtp.example.org ESMTP\n", "HTTP/1.1 400 Bad Request\n", "\" x\r\n"})
        EXPECT_TRUE(after(line).starts_with("failed 3 ")) << line << after(line);
}

TEST_P(EveryStage, EndsAtALineThatIsTooLong) {
    EXPECT_EQ(after("* OK " + std::string(9000, 'x')), "failed 3 a line or literal is too long");
    EXPECT_EQ(after("* X {99999999999999999999}\r\n"), "failed 3 a line or literal is too long");
}

TEST_P(EveryStage, EndsAtTooManyLines) {
    if (GetParam().name == "Greeting") return;  // there every line but the first is another stage
    std::string flood;
    for (int i = 0; i < 129; ++i) flood += "* CAPABILITY IMAP4rev1\r\n";
    EXPECT_EQ(after(flood), "failed 3 too many lines before the login is answered");
}

TEST_P(EveryStage, TreatsByeAsUnavailable) {
    EXPECT_TRUE(after("* BYE\r\n").starts_with("failed 0 ")) << after("* BYE\r\n");
}

TEST_P(EveryStage, NeverIsReadyByAForeignTag) {
    EXPECT_FALSE(after("X OK in\r\n").starts_with("ready"));
}

TEST_P(EveryStage, NeverIsReadyByAnUntaggedOk) {
    EXPECT_FALSE(after("* OK in\r\n").starts_with("ready"));
}

TEST_P(EveryStage, IsReadyByTheReplyToOurLoginOnly) {
    const bool ready = after("L OK [CAPABILITY IMAP4rev1] in\r\n").starts_with("ready");
    EXPECT_EQ(ready, GetParam().name == "PlainResult" || GetParam().name == "LoginResult");
}

TEST_P(EveryStage, AsksForNothingItWasNotToldToSend) {
    if (GetParam().name == "PlainContinuation") return;
    EXPECT_TRUE(after("+ more\r\n").starts_with("failed 3 ")) << after("+ more\r\n");
}

INSTANTIATE_TEST_SUITE_P(Stages, EveryStage, testing::ValuesIn(stages), [](const auto& test) {
    return test.param.name;
});

struct LyingCase {
    std::string name;
    std::string input;
    std::string want;
};
class Lies : public testing::TestWithParam<LyingCase> {};

TEST_P(Lies, AreNotBelieved) {
    EXPECT_EQ(play(GetParam().input), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Backends,
    Lies,
    testing::ValuesIn(std::vector<LyingCase>{
        {"Preauth", "* PREAUTH [CAPABILITY IMAP4rev1] hi alice\r\n",
         " => failed 3 its greeting is not OK: PREAUTH [CAPABILITY IMAP4rev1] hi alice"},
        {"GreetingWithNo", "* NO\r\n", " => failed 3 its greeting is not OK: NO"},
        {"GreetingIsNoStatus", "* CAPABILITY IMAP4rev1\r\n", " => failed 3 no IMAP greeting: CAPABILITY IMAP4rev1"},
        {"GreetingIsTagged", "L OK [CAPABILITY IMAP4rev1] in\r\n",
         " => failed 3 no IMAP greeting: OK [CAPABILITY IMAP4rev1] in"},
        {"GreetingOfSmtp", "220 mail.example.org ESMTP\r\n", " => failed 3 no IMAP greeting: mail.example.org ESMTP"},
        {"OkBeforeTheCredentials", plain_greeting + "L OK in\r\n",
         "L AUTHENTICATE PLAIN\r\n => failed 3 it accepts a login that it has not read: OK in"},
        {"BadInsteadOfLogin", "* OK [CAPABILITY IMAP4rev1] hi\r\nL BAD what\r\n",
         "L LOGIN \"alice\" \"secret\"\r\n => failed 3 it does not understand the login: BAD what"},
        {"NonsenseInsteadOfLogin", "* OK [CAPABILITY IMAP4rev1] hi\r\nL MAYBE\r\n",
         "L LOGIN \"alice\" \"secret\"\r\n => failed 3 it does not understand the login: MAYBE"},
        {"PasswordRepeated", "* OK [CAPABILITY IMAP4rev1] hi\r\nL BAD unknown: LOGIN alice \"secret\"\r\n",
         "L LOGIN \"alice\" \"secret\"\r\n => failed 3 it does not understand the login (its words repeat a password)"},
        {"PasswordRepeatedInBase64", "* OK [CAPABILITY SASL-IR AUTH=PLAIN]\r\n* BYE AGFsaWNlAHNlY3JldA==?\r\n",
         "L AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==\r\n => failed 0 it says BYE (its words repeat a password)"},
        {"ControlCharactersForTheLog", "* BYE \x1B[2J\0x\rNO\xFF\r\n"s,
         " => failed 0 it greets with BYE: BYE ?[2J?x?NO?"},
        {"LongTextForTheLog", "* BYE " + std::string(300, 'x') + "\r\n",
         " => failed 0 it greets with BYE: BYE " + std::string(196, 'x')},
        {"CapabilitiesThatAreNoAtoms",
         "* OK [CAPABILITY IMAP4rev1] hi\r\nL OK [CAPABILITY IMAP4rev1 A\rB \"x\" IDLE] in\r\n",
         "L LOGIN \"alice\" \"secret\"\r\n => ready IMAP4rev1 IDLE"},
    }),
    [](const auto& test) { return test.param.name; });

TEST(EscapedPassword, IsRecognisedWhenRepeated) {
    const Visitor visitor(config::BackendLogin::password, "alice", R"(a"b)");
    EXPECT_TRUE(play("* OK [CAPABILITY IMAP4rev1]\r\nL BAD \"a\\\"b\"\r\n", visitor)
                    .ends_with("(its words repeat a password)"));
}

TEST(MasterPassword, IsRecognisedWhenRepeated) {
    const Visitor visitor(config::BackendLogin::master_user);
    EXPECT_TRUE(
        play("* OK [CAPABILITY IMAP4rev1]\r\nL NO m-secret\r\n", visitor).ends_with("(its words repeat a password)"));
}

}  // namespace
}  // namespace postern::proxy::imap
