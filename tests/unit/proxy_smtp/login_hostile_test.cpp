/// Clients that mean harm, and every pair and triple of commands glued together.
#include "tests/unit/proxy_smtp/login_transcript.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace postern::proxy::smtp {
namespace {

/// Commands, some of several lines, none of which ends the session.
std::vector<std::string> harmless_commands() {
    return {
        "EHLO pc\r\n",
        "HELO pc\r\n",
        "NOOP\r\n",
        "RSET\r\n",
        "HELP\r\n",
        "MAIL FROM:<a@example.org>\r\n",
        "RCPT TO:<b@example.org>\r\n",
        "DATA\r\n",
        "XCLIENT ADDR=1.2.3.4 LOGIN=boss\r\n",
        "STARTTLS\r\n",
        "NONSENSE\r\n",
        "\r\n",
        "AUTH PLAIN " + alice_plain() + "\r\n",
        "AUTH PLAIN\r\n" + alice_plain() + "\r\n",
        "AUTH LOGIN\r\n" + base64("alice") + "\r\n" + base64("secret") + "\r\n",
        "AUTH LOGIN " + base64("alice") + "\r\n*\r\n",
        "AUTH PLAIN !\r\n",
        "AUTH SCRAM-SHA-1 abc\r\n",
    };
}

/// What is said to `command` alone, after EHLO.
std::string reply_to(const std::string& command) {
    Transcript transcript;
    transcript.send("EHLO first\r\n");
    transcript.send(command);
    return transcript.text().substr(ehlo_reply.size());
}

TEST(Pipelining, EveryPairOfCommandsCutAnywhereGetsTheRepliesOfBoth) {
    const auto commands = harmless_commands();
    for (const auto& first : commands) {
        for (const auto& second : commands) {
            const std::string glued = first + second;
            const std::string want = ehlo_reply + reply_to(first) + reply_to(second);
            for (std::size_t cut = 0; cut <= glued.size(); ++cut) {
                Transcript transcript;
                transcript.send("EHLO first\r\n" + glued.substr(0, cut));
                transcript.send(glued.substr(cut));
                ASSERT_EQ(transcript.text(), want) << first << second << "cut at " << cut;
            }
        }
    }
}

TEST(Pipelining, EveryTripleOfCommandsGetsTheRepliesOfAll) {
    const auto commands = harmless_commands();
    std::vector<std::string> replies;
    for (const std::string& command : commands) replies.push_back(reply_to(command));
    for (std::size_t i = 0; i != commands.size(); ++i) {
        for (std::size_t j = 0; j != commands.size(); ++j) {
            for (std::size_t k = 0; k != commands.size(); ++k) {
                Transcript transcript;
                transcript.send("EHLO first\r\n" + commands[i] + commands[j] + commands[k]);
                ASSERT_EQ(transcript.text(), ehlo_reply + replies[i] + replies[j] + replies[k])
                    << commands[i] << commands[j] << commands[k];
            }
        }
    }
}

TEST(Hostile, NothingTheClientSentIsEverSaidBack) {
    const std::string marker = "q7Zx";
    for (const std::string prefix : {"", "EHLO ", "HELO ", "AUTH ", "AUTH PLAIN ", "AUTH LOGIN ", "NOOP ", "HELP ",
                                     "MAIL ", "GET /", "\x16", "STARTTLS ", "EHLO a\r\nAUTH PLAIN ",
                                     "EHLO a\r\nAUTH PLAIN\r\n", "EHLO a\r\nAUTH LOGIN\r\n", "EHLO a\r\nAUTH "}) {
        for (const std::string end : {"\r\n", "\n", " HTTP/1.1\r\n"}) {
            LoginDialogue dialogue(usual_options);
            dialogue.receive(prefix + marker + end + marker);
            for (DialogueStep step = dialogue.next(); std::holds_alternative<Authenticate>(step);
                 step = dialogue.next())
                dialogue.refuse(auth::Refusal::wrong_credentials);
            EXPECT_EQ(dialogue.take_output().find(marker), std::string::npos) << prefix << marker << end;
        }
    }
}

struct FloodCase {
    std::string name;
    std::string unit;
};
class Flood : public testing::TestWithParam<FloodCase> {};

TEST_P(Flood, IsAnsweredWithABoundedNumberOfBytes) {
    constexpr std::size_t flood_bytes = 1 << 20;
    constexpr std::size_t most_output = 100 * 512;
    std::string flood;
    while (flood.size() < flood_bytes) flood += GetParam().unit;
    Transcript transcript(usual_options, std::vector<Answer>(1000, auth::Refusal::busy));
    transcript.send("EHLO pc\r\n");
    transcript.send_in_pieces(flood, 4096);
    EXPECT_LT(transcript.text().size(), most_output);
    EXPECT_TRUE(transcript.text().ends_with("[closed]"));
}

INSTANTIATE_TEST_SUITE_P(Units,
                         Flood,
                         testing::ValuesIn(std::vector<FloodCase>{
                             {"Ehlo", "EHLO a\r\n"},
                             {"Help", "HELP\r\n"},
                             {"EmptyLines", "\r\n"},
                             {"NoLineEnd", "x"},
                             {"Parentheses", "NOOP (((("},
                             {"Cancelled", "AUTH PLAIN\r\n*\r\n"},
                             {"Logins", "AUTH PLAIN " + alice_plain() + "\r\n"},
                             {"Nuls", std::string(16, '\0')},
                             {"Http", "GET / HTTP/1.1\r\n"},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(Hostile, AClientThatLeavesAtAnyByteLeavesNothingUndone) {
    const std::string input =
        "EHLO pc\r\nAUTH LOGIN\r\n" + base64("alice") + "\r\n" + base64("secret") + "\r\nMAIL FROM:<>\r\n";
    for (std::size_t size = 0; size <= input.size(); ++size) {
        LoginDialogue dialogue(usual_options);
        dialogue.greet();
        dialogue.receive(std::string_view(input).substr(0, size));
        const DialogueStep step = dialogue.next();
        EXPECT_FALSE(std::holds_alternative<Close>(step));
        // Here the session ends it: the sanitizers watch what that leaves behind.
    }
}

TEST(Hostile, UserNamesOfAnyShapeAreHandedOnAsTheyAreAndNothingElse) {
    const std::array<std::string, 6> names{"a NAME=evil ADDR=1.2.3.4", "a+b=c",   "\xC3\xA9", "a\tb",
                                           "a\r\nMAIL FROM:<x>",       "' OR 1=1"};
    for (const auto& name : names) {
        Transcript transcript;
        transcript.send("EHLO pc\r\nAUTH PLAIN " + base64('\0' + name + '\0' + "pw") + "\r\n");
        EXPECT_EQ(transcript.text(), ehlo_reply + '{' + name + "//pw}535 5.7.8 Authentication failed\r\n");
    }
}

}  // namespace
}  // namespace postern::proxy::smtp
