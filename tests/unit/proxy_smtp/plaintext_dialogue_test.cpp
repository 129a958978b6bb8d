// Before STARTTLS: nobody logs in or sends, and nothing that was said in plaintext is ever taken for something that
// came by TLS.
#include "tests/unit/proxy_smtp/login_transcript.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace postern::proxy::smtp {
namespace {

using namespace std::string_literals;

LoginDialogueOptions plaintext_options() {
    LoginDialogueOptions options = usual_options;
    options.transport = Transport::plaintext;
    return options;
}

const std::string ehlo = "EHLO pc.example.org\r\n";
const std::string extensions =
    "250-mail.example.org\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SIZE 1000\r\n"
    "250 STARTTLS\r\n";
const std::string tls_first = "530 5.7.0 Must issue a STARTTLS command first\r\n";
const std::string ready = "220 2.0.0 Ready to start TLS\r\n[tls]";
const std::string nothing_behind = "421 4.7.0 Nothing may come between STARTTLS and TLS\r\n[closed]";

struct PlaintextCase {
    std::string name;
    std::string input;
    std::string want;
};

void PrintTo(const PlaintextCase& test, std::ostream* stream) {
    *stream << test.name;
}

class OnPlaintext : public testing::TestWithParam<PlaintextCase> {};

TEST_P(OnPlaintext, SaysThisHoweverTheBytesArrive) {
    const auto& [name, input, want] = GetParam();
    for (std::size_t piece = 1; piece <= input.size(); ++piece) {
        Transcript transcript(plaintext_options());
        transcript.send_in_pieces(input, piece);
        EXPECT_EQ(transcript.text(), want) << "in pieces of " << piece;
    }
    for (std::size_t at = 1; at < input.size(); ++at) {
        Transcript transcript(plaintext_options());
        transcript.send(std::string_view(input).substr(0, at));
        transcript.send(std::string_view(input).substr(at));
        EXPECT_EQ(transcript.text(), want) << "cut at " << at;
    }
}

const PlaintextCase plaintext_cases[] = {
    {"Ehlo", ehlo, extensions},
    {"Helo", "HELO pc\r\n", "250 mail.example.org\r\n"},
    {"Noop", "NOOP\r\n", "250 2.0.0 Ok\r\n"},
    {"Help", "HELP\r\n", "214 2.0.0 Commands: EHLO STARTTLS NOOP HELP QUIT\r\n"},
    {"TheProbeOfThunderbird", "EHLO we-guess.mozilla.org\r\nQUIT\r\n", extensions + "221 2.0.0 Bye\r\n[closed]"},
    {"AuthPlain", ehlo + "AUTH PLAIN " + alice_plain() + "\r\n", extensions + tls_first},
    {"AuthIsNotAskedForThePassword", ehlo + "AUTH LOGIN\r\nNOOP\r\n", extensions + tls_first + "250 2.0.0 Ok\r\n"},
    {"AuthWithoutEhlo", "AUTH PLAIN " + alice_plain() + "\r\n", tls_first},
    {"AuthByAnUnknownMechanism", ehlo + "AUTH FOO\r\n", extensions + tls_first},
    {"Mail", ehlo + "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n",
     extensions + tls_first + tls_first + tls_first},
    {"Chunk", "BDAT 10 LAST\r\n", tls_first + "421 4.7.0 Closing the connection\r\n[closed]"},
    {"Xclient", "XCLIENT LOGIN=alice\r\n", tls_first},
    {"Starttls", ehlo + "STARTTLS\r\n", extensions + ready},
    {"StarttlsInLowerCase", "starttls\r\n", ready},
    {"StarttlsWithParameter", "STARTTLS now\r\nSTARTTLS\r\n", "501 5.5.4 Invalid argument\r\n" + ready},
    {"StarttlsAfterARefusedLogin", ehlo + "AUTH PLAIN " + alice_plain() + "\r\nSTARTTLS\r\n",
     extensions + tls_first + ready},
    {"ABareLineFeedIsNoEnd", "STARTTLS\n",
     "500 5.5.2 Lines must end in CR LF\r\n421 4.7.0 Closing the connection\r\n[closed]"},
    {"TlsWithoutAsking", "\x16\x03\x01\x02\x00\x01\x00"s, "[closed]"},
    {"Http", "GET / HTTP/1.1\r\n", "[closed]"},
};

INSTANTIATE_TEST_SUITE_P(All, OnPlaintext, testing::ValuesIn(plaintext_cases), [](const auto& test) {
    return test.param.name;
});

/// CVE-2011-0411: what an attacker adds in plaintext behind the client's STARTTLS.
class Injection : public testing::TestWithParam<std::string> {};

TEST_P(Injection, BehindStarttlsEndsTheConnection) {
    const std::string start = ehlo + "STARTTLS\r\n";
    for (std::size_t with_it = 1; with_it <= GetParam().size(); ++with_it) {
        Transcript transcript(plaintext_options());
        transcript.send(start + GetParam().substr(0, with_it));
        EXPECT_EQ(transcript.text(), extensions + nothing_behind) << "with " << with_it << " bytes";
    }
}

INSTANTIATE_TEST_SUITE_P(All,
                         Injection,
                         testing::Values("RSET\r\n",
                                         "EHLO evil.example\r\nAUTH PLAIN " + alice_plain() + "\r\n",
                                         "AUTH PL",
                                         "MAIL FROM:<eve@example.org>\r\n",
                                         "\r\n",
                                         "\n",
                                         "\0"s,
                                         "\x16\x03\x01"));

}  // namespace
}  // namespace postern::proxy::smtp
