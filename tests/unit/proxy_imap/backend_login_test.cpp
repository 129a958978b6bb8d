#include "backend_driver.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::proxy::imap {
namespace {

using namespace std::string_literals;
using config::BackendLogin::authzid;
using config::BackendLogin::master_user;
using config::BackendLogin::password;
using config::BackendLogin::xclient;
using fakes::Turn;
using fakes::Visitor;

const std::string id = R"(I ID ("x-originating-ip" "192.0.2.7" "x-originating-port" "40123"))"
                       "\r\n";
const std::string alice_plain = "AGFsaWNlAHNlY3JldA==";                  // NUL alice NUL secret
const std::string alice_by_suffix = "AGFsaWNlKm1hc3RlcgBtLXNlY3JldA==";  // NUL alice*master NUL m-secret
const std::string alice_by_authzid = "YWxpY2UAbWFzdGVyAG0tc2VjcmV0";     // alice NUL master NUL m-secret

struct LoginCase {
    std::string name;
    config::BackendLogin kind;
    std::vector<Turn> turns;
    std::string want = "ready IMAP4rev1 IDLE";
    std::string user = "alice";
    std::string user_password = "secret";
};

void PrintTo(const LoginCase& test, std::ostream* stream) {
    *stream << test.name;
}

class LoggingIn : public testing::TestWithParam<LoginCase> {
protected:
    [[nodiscard]] static Visitor visitor() {
        return Visitor(GetParam().kind, GetParam().user, GetParam().user_password);
    }
};

TEST_P(LoggingIn, WritesThisAndComesToThat) {
    const Visitor visitor = LoggingIn::visitor();
    imap::BackendLogin login(visitor.user());
    std::string last;
    for (const Turn& turn : GetParam().turns) {
        login.receive(turn.backend_says);
        last = fakes::describe(login.next());
        EXPECT_EQ(base::view(login.take_output()), turn.we_write) << "after " << turn.backend_says;
    }
    EXPECT_EQ(last, GetParam().want);
}

TEST_P(LoggingIn, IsTheSameHoweverTheBytesArrive) {
    const Visitor visitor = LoggingIn::visitor();
    const std::string pipelined = "* 3 EXISTS\r\n\0\n"s;
    std::string input;
    std::string written;
    for (const Turn& turn : GetParam().turns) {
        input += turn.backend_says;
        written += turn.we_write;
    }
    input += pipelined;
    for (std::size_t piece = 1; piece <= input.size(); ++piece) {
        std::string unread;
        EXPECT_EQ(fakes::play(input, piece, visitor, unread), written + " => " + GetParam().want)
            << "in pieces of " << piece;
        if (GetParam().want.starts_with("ready")) {
            EXPECT_EQ(unread, pipelined) << "in pieces of " << piece;
        }
    }
}

const std::string greeting = "* OK [CAPABILITY IMAP4rev1 SASL-IR ID AUTH=PLAIN] hi\r\n";
const std::string accepted = "L OK [CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN UNAUTHENTICATE] in\r\n";

INSTANTIATE_TEST_SUITE_P(
    Plain,
    LoggingIn,
    testing::ValuesIn(std::vector<LoginCase>{
        {"InOneRoundTrip",
         password,
         {{greeting, id + "L AUTHENTICATE PLAIN " + alice_plain + "\r\n"},
          {"* ID NIL\r\nI OK\r\n", ""},
          {accepted, ""}}},
        {"AsMasterUser",
         master_user,
         {{greeting, id + "L AUTHENTICATE PLAIN " + alice_by_suffix + "\r\n"}, {accepted, ""}}},
        {"WithAuthzid",
         authzid,
         {{greeting, id + "L AUTHENTICATE PLAIN " + alice_by_authzid + "\r\n"}, {accepted, ""}}},
        {"WithoutId",
         password,
         {{"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN]\r\n", "L AUTHENTICATE PLAIN " + alice_plain + "\r\n"},
          {accepted, ""}}},
        {"WithoutInitialResponse",
         password,
         {{"* OK [CAPABILITY IMAP4rev1 ID AUTH=PLAIN] hi\r\n", id + "L AUTHENTICATE PLAIN\r\n"},
          {"I NO never\r\n", ""},
          {"+ \r\n", alice_plain + "\r\n"},
          {accepted, ""}}},
        {"ContinuationWithoutSpace",
         password,
         {{"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n", "L AUTHENTICATE PLAIN\r\n"},
          {"+\r\n", alice_plain + "\r\n"},
          {accepted, ""}}},
        {"CapabilityIsAskedFor",
         password,
         {{"* OK hi\r\n", "C CAPABILITY\r\n"},
          {"* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\n", ""},
          {"C OK\r\n", "L AUTHENTICATE PLAIN " + alice_plain + "\r\n"},
          {accepted, ""}}},
        {"CapabilityInTheAnswersCode",
         password,
         {{"* OK hi\r\n", "C CAPABILITY\r\n"},
          {"C OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN]\r\n", "L AUTHENTICATE PLAIN " + alice_plain + "\r\n"},
          {accepted, ""}}},
        {"PasswordInUtf8",
         password,
         {{"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN]\r\n", "L AUTHENTICATE PLAIN AGFsaWNlAMOpIg==\r\n"},
          {accepted, ""}},
         "ready IMAP4rev1 IDLE",
         "alice",
         "\xC3\xA9\""},
    }),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Login,
    LoggingIn,
    testing::ValuesIn(std::vector<LoginCase>{
        {"Quoted",
         password,
         {{"* OK [CAPABILITY IMAP4rev1 ID] hi\r\n", id + "L LOGIN \"alice\" \"secret\"\r\n"}, {accepted, ""}}},
        {"QuotedWithEscapes",
         password,
         {{"* OK [CAPABILITY IMAP4rev1] hi\r\n", R"(L LOGIN "al ice" "s\"e\\c")"
                                                 "\r\n"},
          {accepted, ""}},
         "ready IMAP4rev1 IDLE",
         "al ice",
         R"(s"e\c)"},
        {"Literals",
         password,
         {{"* OK [CAPABILITY IMAP4rev1] hi\r\n", "L LOGIN {2}\r\n"},
          {"+ OK\r\n", "\xC3\xA9 {3}\r\n"},
          {"+ OK\r\n", "x\xC3\xA9\r\n"},
          {accepted, ""}},
         "ready IMAP4rev1 IDLE",
         "\xC3\xA9",
         "x\xC3\xA9"},
        {"NonSyncLiteral",
         password,
         {{"* OK [CAPABILITY IMAP4rev1 LITERAL+] hi\r\n", "L LOGIN \"alice\" {3+}\r\nx\xC3\xA9\r\n"}, {accepted, ""}},
         "ready IMAP4rev1 IDLE",
         "alice",
         "x\xC3\xA9"},
        {"LiteralMinus",
         password,
         {{"* OK [CAPABILITY IMAP4rev1 LITERAL-] hi\r\n", "L LOGIN \"alice\" {3+}\r\nx\xC3\xA9\r\n"}, {accepted, ""}},
         "ready IMAP4rev1 IDLE",
         "alice",
         "x\xC3\xA9"},
        {"AsMasterUser",
         master_user,
         {{"* OK [CAPABILITY IMAP4rev1] hi\r\n", "L LOGIN \"alice*master\" \"m-secret\"\r\n"}, {accepted, ""}}},
        {"BackendThatDoesNotKnowCapability",
         password,
         {{"* OK hi\r\n", "C CAPABILITY\r\n"}, {"C BAD what\r\n", "L LOGIN \"alice\" \"secret\"\r\n"}, {accepted, ""}}},
        {"OtherMechanismsDoNotCount",
         password,
         {{"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAINX AUTH=GSSAPI] hi\r\n", "L LOGIN \"alice\" \"secret\"\r\n"},
          {accepted, ""}}},
    }),
    [](const auto& test) { return test.param.name; });

const Turn greeted{greeting, id + "L AUTHENTICATE PLAIN " + alice_plain + "\r\n"};

INSTANTIATE_TEST_SUITE_P(
    CapabilitiesOfTheUser,
    LoggingIn,
    testing::ValuesIn(std::vector<LoginCase>{
        {"UntaggedDuringLogin", password, {greeted, {"* CAPABILITY IMAP4rev1 IDLE\r\nL OK in\r\n", ""}}},
        {"UntaggedOkWithCode", password, {greeted, {"* OK [CAPABILITY IMAP4rev1 IDLE] hm\r\nL OK in\r\n", ""}}},
        {"TheTaggedOnesWin", password, {greeted, {"* CAPABILITY IMAP4rev1 X\r\n" + accepted, ""}}},
        {"AskedFor",
         password,
         {greeted, {"L OK in\r\n", "P CAPABILITY\r\n"}, {"* CAPABILITY IMAP4rev1 IDLE\r\nP OK\r\n", ""}}},
        {"AskedForAndNotTold",
         password,
         {greeted, {"L OK in\r\n", "P CAPABILITY\r\n"}, {"P BAD what\r\n", ""}},
         "ready IMAP4rev1"},
        {"ThoseBeforeLoginAreForgotten",
         password,
         {greeted, {"L OK in\r\n", "P CAPABILITY\r\n"}, {"P OK\r\n", ""}},
         "ready IMAP4rev1"},
        {"ForeignTagsAreIgnored",
         password,
         {greeted, {"C OK x\r\nP OK x\r\nl NO x\r\nLL NO x\r\nA OK x\r\n", ""}, {accepted, ""}}},
        {"UntaggedChatterIsIgnored",
         password,
         {greeted,
          {"* NO [ALERT] disk\r\n* BAD x\r\n* OK still here\r\n* 3 EXISTS\r\n* ID (\"name\" {6}\r\nL OK\r\n)\r\n", ""},
          {accepted, ""}}},
    }),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    NoWayIn,
    LoggingIn,
    testing::ValuesIn(std::vector<LoginCase>{
        {"LoginDisabled",
         password,
         {{"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n", ""}},
         "failed 2 it offers neither AUTH=PLAIN nor a LOGIN that would do: IMAP4rev1 LOGINDISABLED"},
        {"AuthzidNeedsPlain",
         authzid,
         {{"* OK [CAPABILITY IMAP4rev1] hi\r\n", ""}},
         "failed 2 it offers neither AUTH=PLAIN nor a LOGIN that would do: IMAP4rev1"},
        {"XclientIsNotForImap",
         xclient,
         {{"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi\r\n", ""}},
         "failed 2 it offers neither AUTH=PLAIN nor a LOGIN that would do: IMAP4rev1 AUTH=PLAIN"},
        {"Refused",
         password,
         {greeted, {"L NO [AUTHENTICATIONFAILED] no\r\n", ""}},
         "failed 1 it refuses the login: NO [AUTHENTICATIONFAILED] no"},
        {"RefusedWithoutCode",
         password,
         {greeted, {"L NO go away\r\n", ""}},
         "failed 1 it refuses the login: NO go away"},
        {"Unavailable",
         password,
         {greeted, {"L NO [unavailable] later\r\n", ""}},
         "failed 0 it refuses the login: NO [unavailable] later"},
        {"TooManyConnections",
         password,
         {greeted, {"L NO [LIMIT] many\r\n", ""}},
         "failed 0 it refuses the login: NO [LIMIT] many"},
        {"Bye", password, {greeted, {"* BYE shutting down\r\n", ""}}, "failed 0 it says BYE: BYE shutting down"},
        {"ByeInTheGreeting", password, {{"* BYE full\r\n", ""}}, "failed 0 it greets with BYE: BYE full"},
        {"ByeInsteadOfCapabilities",
         password,
         {{"* OK hi\r\n", "C CAPABILITY\r\n"}, {"* BYE\r\n", ""}},
         "failed 0 it says BYE: BYE"},
        {"ByeBehindTheLogin",
         password,
         {greeted, {"L OK in\r\n", "P CAPABILITY\r\n"}, {"* BYE\r\n", ""}},
         "failed 0 it says BYE: BYE"},
    }),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace postern::proxy::imap
