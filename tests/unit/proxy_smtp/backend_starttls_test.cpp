// STARTTLS towards a relay: TLS or nothing, and nothing of what was said before it.
#include "proxy/smtp/backend_starttls.hpp"

#include "tests/unit/proxy_smtp/backend_conversation.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace postern::proxy::smtp {
namespace {

using namespace std::string_literals;

const std::string greeting = "220 relay.example.org ESMTP\r\n";
const std::string offer = "250-relay.example.org\r\n250-STARTTLS\r\n250 8BITMIME\r\n";
const std::string ready = "220 2.0.0 go ahead\r\n";
const std::string said = "EHLO mail.example.org\r\nSTARTTLS\r\n";
const std::string injection = "[protocol: it says more than it was asked before TLS]";

/// What we say to replies that come in pieces; then `[tls]` or the failure.
std::string play(const std::vector<std::string>& replies, std::size_t piece) {
    BackendStartTls request("mail.example.org");
    std::string text;
    for (const std::string& reply : replies) {
        for (std::size_t at = 0; at < reply.size(); at += piece) {
            request.receive(std::string_view(reply).substr(at, piece));
            const BackendTlsStep step = request.next();
            text += request.take_output();
            if (std::holds_alternative<StartTls>(step)) return text + "[tls]";
            if (const auto* failed = std::get_if<BackendFailed>(&step))
                return text + '[' + Conversation::name_of(failed->fault) + ": " + failed->detail + ']';
        }
    }
    return text;
}

struct StartCase {
    std::string name;
    std::vector<std::string> replies;
    std::string want;
};

void PrintTo(const StartCase& test, std::ostream* stream) {
    *stream << test.name;
}

class Starting : public testing::TestWithParam<StartCase> {};

TEST_P(Starting, ComesToThatHoweverTheRepliesArrive) {
    for (std::size_t piece = 1; piece <= 80; ++piece)
        EXPECT_EQ(play(GetParam().replies, piece), GetParam().want) << "in pieces of " << piece;
}

const StartCase start_cases[] = {
    {"Ready", {greeting, offer, ready}, said + "[tls]"},
    {"InLowerCase", {greeting, "250-x\r\n250 starttls\r\n", ready}, said + "[tls]"},
    {"NotOffered",
     {greeting, "250-x\r\n250 8BITMIME\r\n"},
     "EHLO mail.example.org\r\n[missing: STARTTLS is not offered]"},
    {"NoExtensions", {greeting, "250 x\r\n"}, "EHLO mail.example.org\r\n[missing: STARTTLS is not offered]"},
    {"NotNow", {greeting, offer, "454 4.7.0 no TLS now\r\n"}, said + "[unavailable: STARTTLS: 454 4.7.0 no TLS now]"},
    {"NotImplemented", {greeting, offer, "502 5.5.1 no\r\n"}, said + "[missing: STARTTLS: 502 5.5.1 no]"},
    {"AnotherReply", {greeting, offer, "250 2.0.0 ok\r\n"}, said + "[protocol: STARTTLS: 250 2.0.0 ok]"},
    {"Busy", {"421 4.3.2 busy\r\n"}, "[unavailable: greeting: 421 4.3.2 busy]"},
    {"NotWelcome", {"554 5.7.1 go away\r\n"}, "[protocol: greeting: 554 5.7.1 go away]"},
    {"EhloRefused", {greeting, "502 5.5.1 what\r\n"}, "EHLO mail.example.org\r\n[protocol: EHLO: 502 5.5.1 what]"},
    {"Garbage", {"\x16\x03\x01\r\n"}, "[protocol: malformed reply]"},
};

INSTANTIATE_TEST_SUITE_P(All, Starting, testing::ValuesIn(start_cases), [](const auto& test) {
    return test.param.name;
});

/// CVE-2021-38371: replies that an attacker adds in plaintext to be read within TLS.
TEST(BackendStartTls, FailsWhenAnythingStandsBehindAReply) {
    for (const std::string& injected : {"250-x\r\n250 AUTH PLAIN\r\n"s, "2"s, "\r\n"s, "\0"s, "\x16\x03"s}) {
        const std::size_t whole = 4096;
        EXPECT_EQ(play({greeting, offer, ready + injected}, whole), said + injection);
        EXPECT_EQ(play({greeting, offer + injected}, whole), "EHLO mail.example.org\r\n" + injection);
        EXPECT_EQ(play({greeting + injected}, whole), injection);
    }
    EXPECT_EQ(play({greeting, offer + ready}, 4096), "EHLO mail.example.org\r\n" + injection) << "220 in advance";
}

TEST(BackendLoginAfterStartTls, SaysEhloAgainAndExpectsNoGreeting) {
    Somebody somebody;
    somebody.tls = config::BackendTls::starttls;
    Conversation conversation(somebody);
    conversation.note(conversation.login().next());
    EXPECT_EQ(conversation.text(), "EHLO mail.example.org\r\n");
    conversation.receive("250-relay\r\n250 XCLIENT ADDR LOGIN\r\n", 4096);
    EXPECT_EQ(conversation.text(),
              "EHLO mail.example.org\r\nXCLIENT ADDR=IPV6:2001:db8::7 LOGIN=alice@example.org\r\n");
}

}  // namespace
}  // namespace postern::proxy::smtp
