#include "base/base64.hpp"
#include "tests/unit/proxy_smtp/backend_conversation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postern::proxy::smtp {
namespace {

std::string base64(std::string_view bytes) {
    return std::string(base::view(base::base64_encode(bytes)));
}

std::string play(const Somebody& somebody, const std::vector<std::string>& replies, std::size_t piece = 4096) {
    Conversation conversation(somebody);
    for (const auto& reply : replies) conversation.receive(reply, piece);
    return conversation.text();
}

const std::string greeting = "220 relay.example.org ESMTP Postfix\r\n";
const std::string ok = "250 relay.example.org\r\n";

std::string ehlo_offering(const std::string& extensions) {
    return "250-relay.example.org\r\n250-PIPELINING\r\n250-" + extensions + "\r\n250 8BITMIME\r\n";
}
const std::string postfix = ehlo_offering("XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT");

const Somebody by_xclient{};
const Somebody by_password{.login = config::BackendLogin::password};

const std::string our_ehlo = "EHLO mail.example.org\r\n";
const std::string xclient =
    "XCLIENT NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::7 PORT=50123 PROTO=ESMTP HELO=[192.168.1.2] "
    "LOGIN=alice@example.org\r\n";
const std::string plain_response = base64(std::string_view("\0alice@example.org\0s3cret-word", 30));

struct ScriptCase {
    std::string name;
    Somebody somebody;
    std::vector<std::string> replies;
    std::string want;
};
class Script : public testing::TestWithParam<ScriptCase> {};

TEST_P(Script, GoesTheSameWayHoweverTheRepliesArrive) {
    for (std::size_t piece = 1; piece <= 80; ++piece)
        EXPECT_EQ(play(GetParam().somebody, GetParam().replies, piece), GetParam().want) << "in pieces of " << piece;
    EXPECT_EQ(play(GetParam().somebody, GetParam().replies), GetParam().want) << "in whole replies";
}

std::vector<ScriptCase> script_cases() {
    const std::string long_password(400, 'p');
    return {
        {"Xclient",
         by_xclient,
         {greeting, postfix, greeting, postfix},
         our_ehlo + xclient + "EHLO [192.168.1.2]\r\n[ready, rest: ]"},
        {"XclientForAClientThatSaidHelo",
         {.greeting = {.name = "pc", .extended = false}},
         {greeting, ehlo_offering("XCLIENT ADDR LOGIN"), greeting, ok},
         our_ehlo + "XCLIENT ADDR=IPV6:2001:db8::7 LOGIN=alice@example.org\r\nHELO pc\r\n[ready, rest: ]"},
        {"XclientForAClientWithoutAName",
         {.greeting = {}},
         {greeting, ehlo_offering("XCLIENT ADDR LOGIN"), greeting, ok},
         our_ehlo + "XCLIENT ADDR=IPV6:2001:db8::7 LOGIN=alice@example.org\r\n" + our_ehlo + "[ready, rest: ]"},
        {"AGreetingNameWithALineEndIsNotSaid",
         {.greeting = {.name = "pc\r\nMAIL FROM:<>", .extended = true}},
         {greeting, ehlo_offering("XCLIENT ADDR LOGIN"), greeting, ok},
         our_ehlo + "XCLIENT ADDR=IPV6:2001:db8::7 LOGIN=alice@example.org\r\n" + our_ehlo + "[ready, rest: ]"},
        {"NoXclient", by_xclient, {greeting, ok}, our_ehlo + "[missing: XCLIENT with ADDR and LOGIN is not offered]"},
        {"XclientWithoutLogin",
         by_xclient,
         {greeting, ehlo_offering("XCLIENT NAME ADDR PROTO HELO")},
         our_ehlo + "[missing: XCLIENT with ADDR and LOGIN is not offered]"},
        {"LoginTooLongForXclient",
         {.name = std::string(500, 'a')},
         {greeting, postfix},
         our_ehlo + "[refused: the login name is too long for XCLIENT]"},
        {"Plain",
         by_password,
         {greeting, ehlo_offering("AUTH PLAIN LOGIN"), "235 2.7.0 ok\r\n"},
         our_ehlo + "AUTH PLAIN " + plain_response + "\r\n[ready, rest: ]"},
        {"PlainWithALongPassword",
         {.login = config::BackendLogin::password, .password = long_password},
         {greeting, ehlo_offering("AUTH LOGIN PLAIN"), "334 \r\n", "235 ok\r\n"},
         our_ehlo + "AUTH PLAIN\r\n" + base64(std::string("\0alice@example.org\0", 19) + long_password) +
             "\r\n[ready, rest: ]"},
        {"Login",
         by_password,
         {greeting, ehlo_offering("AUTH LOGIN"), "334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n", "235 ok\r\n"},
         our_ehlo + "AUTH LOGIN\r\n" + base64("alice@example.org") + "\r\n" + base64("s3cret-word") +
             "\r\n[ready, rest: ]"},
        {"NoAuth",
         by_password,
         {greeting, postfix},
         our_ehlo + "[missing: neither AUTH PLAIN nor AUTH LOGIN is offered]"},
        {"OtherMechanismsOnly",
         by_password,
         {greeting, ehlo_offering("AUTH CRAM-MD5 PLAINER")},
         our_ehlo + "[missing: neither AUTH PLAIN nor AUTH LOGIN is offered]"},
    };
}
INSTANTIATE_TEST_SUITE_P(Logins, Script, testing::ValuesIn(script_cases()), [](const auto& test) {
    return test.param.name;
});

TEST(LineLength, PlainGoesInOneLineUpTo512Bytes) {
    for (const auto& [password_size, in_one_line] : {std::pair<std::size_t, bool>{353, true}, {354, false}}) {
        const Somebody somebody{.login = config::BackendLogin::password, .password = std::string(password_size, 'p')};
        const std::string text = play(somebody, {greeting, ehlo_offering("AUTH PLAIN")}).substr(our_ehlo.size());
        EXPECT_EQ(text != "AUTH PLAIN\r\n", in_one_line) << password_size;
        EXPECT_LE(text.size(), 512U);
    }
}

TEST(Ready, BytesBehindTheReplyBelongToTheClient) {
    EXPECT_EQ(play(by_password, {greeting, ehlo_offering("AUTH PLAIN"), "235 ok\r\n421 bye\r\n\n"}),
              our_ehlo + "AUTH PLAIN " + plain_response + "\r\n[ready, rest: 421 bye\r\n\n]");
}

TEST(Ready, IsGivenAgainIfAskedAgain) {
    Conversation conversation(by_password);
    for (const auto& reply : {greeting, ehlo_offering("AUTH PLAIN"), std::string("235 ok\r\n")})
        conversation.receive(reply, 4096);
    EXPECT_TRUE(std::holds_alternative<BackendReady>(conversation.login().next()));
}

TEST(Silence, IsKeptUntilTheServerHasGreeted) {
    Conversation conversation(by_xclient);
    conversation.note(conversation.login().next());
    EXPECT_EQ(conversation.text(), "");
    conversation.receive("220-relay\r\n", 1);
    EXPECT_EQ(conversation.text(), "");
}

/// A script that works, with what each of its steps is called in the log and whether a refusal there is about the
/// login.
struct WorkingScript {
    std::string name;
    Somebody somebody;
    struct Step {
        std::string reply;
        std::string what;
        bool is_login;
    };
    std::vector<Step> steps;
};

std::vector<WorkingScript> working_scripts() {
    const WorkingScript::Step greets{greeting, "greeting", false};
    const Somebody long_password{.login = config::BackendLogin::password, .password = std::string(600, 'p')};
    return {
        {"Xclient",
         by_xclient,
         {greets, {postfix, "EHLO", false}, {greeting, "XCLIENT", true}, {postfix, "EHLO after XCLIENT", false}}},
        {"Plain",
         by_password,
         {greets, {ehlo_offering("AUTH PLAIN"), "EHLO", false}, {"235 2.7.0 ok\r\n", "AUTH", true}}},
        {"LongPlain",
         long_password,
         {greets,
          {ehlo_offering("AUTH PLAIN"), "EHLO", false},
          {"334 \r\n", "AUTH PLAIN", true},
          {"235 ok\r\n", "AUTH", true}}},
        {"Login",
         by_password,
         {greets,
          {ehlo_offering("AUTH LOGIN"), "EHLO", false},
          {"334 VXNlcm5hbWU6\r\n", "AUTH LOGIN", true},
          {"334 UGFzc3dvcmQ6\r\n", "AUTH LOGIN, name", true},
          {"235 ok\r\n", "AUTH", true}}},
    };
}

class WrongReply : public testing::TestWithParam<WorkingScript> {
protected:
    /// The conversation up to `step`, where the server says `reply` instead.
    static std::unique_ptr<Conversation> until(std::size_t step, std::string_view reply, std::size_t piece = 1) {
        auto conversation = std::make_unique<Conversation>(GetParam().somebody);
        for (std::size_t i = 0; i < step; ++i) conversation->receive(GetParam().steps[i].reply, 4096);
        conversation->receive(reply, piece);
        return conversation;
    }
    static void expect_fault(const Conversation& conversation, BackendFault want, std::string_view context) {
        ASSERT_TRUE(conversation.failure()) << context << conversation.text();
        EXPECT_EQ(Conversation::name_of(conversation.failure()->fault), Conversation::name_of(want)) << context;
        const std::string& detail = conversation.failure()->detail;
        EXPECT_LE(detail.size(), 200U);
        EXPECT_TRUE(std::ranges::all_of(detail, [](char c) { return c >= ' ' && c <= '~'; })) << detail;
        EXPECT_EQ(detail.find(GetParam().somebody.password), std::string::npos) << detail;
    }
};

TEST_P(WrongReply, OfEachCodeIsTheRightFaultAtEachStep) {
    for (std::size_t step = 0; step < GetParam().steps.size(); ++step) {
        const auto& [reply, what, is_login] = GetParam().steps[step];
        const std::string right_code = reply.substr(0, 3);
        for (const std::string code :
             {"220", "235", "250", "334", "354", "421", "450", "454", "500", "502", "535", "550"}) {
            if (code == right_code) continue;
            const auto conversation = until(step, code + " 5.7.1 some text\r\n");
            BackendFault want = BackendFault::protocol;
            if (code.front() == '4') want = BackendFault::unavailable;
            if (code.front() == '5' && is_login) want = BackendFault::refused;
            expect_fault(*conversation, want, what + " answered " + code + ' ');
            EXPECT_TRUE(conversation->failure()->detail.starts_with(what + ": " + code))
                << conversation->failure()->detail;
        }
    }
}

TEST_P(WrongReply, ThatIsNoReplyIsAProtocolFaultAtEachStep) {
    for (std::size_t step = 0; step < GetParam().steps.size(); ++step) {
        const std::string code = GetParam().steps[step].reply.substr(0, 3);
        for (const std::string& reply :
             {std::string("* OK IMAP ready\r\n"), std::string("\r\n"), code + "-a\r\n999 b\r\n",
              code + "-a\r\n251 b\r\n", code + " bare\n", code + " a\rb\r\n", code + ' ' + std::string(3000, 'x'),
              std::string("\x15\x03\x01", 3) + "\r\n", [&] {
                  std::string endless;
                  for (int i = 0; i < 200; ++i) endless += code + "-a\r\n";
                  return endless;
              }()}) {
            expect_fault(*until(step, reply), BackendFault::protocol, reply.substr(0, 40));
            expect_fault(*until(step, reply, 4096), BackendFault::protocol, reply.substr(0, 40));
        }
    }
}

TEST_P(WrongReply, ThatComesBeforeItsCommandIsAProtocolFault) {
    for (std::size_t step = 0; step + 1 < GetParam().steps.size(); ++step) {
        const auto& steps = GetParam().steps;
        const auto conversation = until(step, steps[step].reply + steps[step + 1].reply, 4096);
        expect_fault(*conversation, BackendFault::protocol, "two replies at once");
        EXPECT_EQ(conversation->failure()->detail, "reply to a command that was not sent yet");
        const std::string said = conversation->text();
        EXPECT_EQ(said.find(base64(GetParam().somebody.password)), std::string::npos) << "the password stays here";
    }
}

TEST_P(WrongReply, IsPrintedWithoutControlCharactersAndCutShort) {
    for (std::size_t step = 0; step < GetParam().steps.size(); ++step) {
        expect_fault(*until(step, "550 \x1B[31m\t\x80\x7F\b" + std::string(1000, 'x') + "\r\n"),
                     GetParam().steps[step].is_login ? BackendFault::refused : BackendFault::protocol, "hostile text");
    }
}

TEST_P(WrongReply, ThatRepeatsThePasswordDoesNotBringItIntoTheLog) {
    const std::size_t last = GetParam().steps.size() - 1;
    const std::string& password = GetParam().somebody.password;
    for (const std::string& reply : {"535 " + password + "\r\n", "535 5.7.8 wrong: " + password + "\r\n",
                                     "535-5.7.8 a\r\n535 " + password + "\r\n", "454 4.7.0 " + password + "\r\n"}) {
        const auto conversation = until(last, reply);
        ASSERT_TRUE(conversation->failure());
        if (GetParam().somebody.login == config::BackendLogin::password)
            EXPECT_EQ(conversation->failure()->detail.find(password.substr(0, 6)), std::string::npos);
    }
}

TEST_P(WrongReply, IsFinal) {
    Conversation conversation(GetParam().somebody);
    conversation.receive("554 no\r\n", 4096);
    conversation.login().receive(GetParam().steps.front().reply);
    EXPECT_TRUE(std::holds_alternative<BackendFailed>(conversation.login().next()));
    EXPECT_EQ(base::view(conversation.login().take_output()), "");
}

TEST_P(WrongReply, NeverComesIfTheServerLeaves) {
    // Cut short anywhere, the login only waits: it is never taken for ready.
    for (std::size_t step = 0; step < GetParam().steps.size(); ++step) {
        const std::string& reply = GetParam().steps[step].reply;
        for (std::size_t size = 0; size < reply.size(); ++size) {
            const auto conversation = until(step, reply.substr(0, size));
            EXPECT_FALSE(conversation->over()) << conversation->text();
        }
    }
}

INSTANTIATE_TEST_SUITE_P(AtEachStep, WrongReply, testing::ValuesIn(working_scripts()), [](const auto& test) {
    return test.param.name;
});

}  // namespace
}  // namespace postern::proxy::smtp
