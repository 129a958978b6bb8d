// Before STARTTLS: nobody logs in, and nothing that was sent in plaintext is ever taken for something that came by TLS.
#include "dialogue_driver.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace postern::proxy::imap {
namespace {

using namespace std::string_literals;
using fakes::Driver;
using fakes::patient;
using fakes::Played;

const std::string private_only =
    "NO [PRIVACYREQUIRED] Log in after STARTTLS; a password sent without TLS may be known to others.\r\n";
const std::string begin = "OK Begin TLS negotiation now.\r\n";
const std::string nothing_behind = "* BYE Nothing may come between STARTTLS and TLS.\r\n";

Played play(std::string_view input, std::size_t piece_bytes) {
    return fakes::play(input, piece_bytes, patient(), Transport::plaintext);
}

struct PlaintextCase {
    std::string name;
    std::string input;
    std::string want;
};

void PrintTo(const PlaintextCase& test, std::ostream* stream) {
    *stream << test.name;
}

class OnPlaintext : public testing::TestWithParam<PlaintextCase> {};

TEST_P(OnPlaintext, AnswersThisHoweverTheBytesArriveAndAsksForNoVerdict) {
    const auto& [name, input, want] = GetParam();
    for (std::size_t piece = 1; piece <= input.size(); ++piece) {
        const Played played = play(input, piece);
        EXPECT_EQ(played.output, want) << "in pieces of " << piece;
        EXPECT_TRUE(played.asked.empty()) << "in pieces of " << piece;
        EXPECT_EQ(played.starts_tls, want.ends_with(begin)) << "in pieces of " << piece;
    }
    for (std::size_t at = 1; at < input.size(); ++at) {
        Driver driver(patient(), Transport::plaintext);
        driver.send(input.substr(0, at));
        driver.send(input.substr(at));
        EXPECT_EQ(driver.played().output, want) << "cut at " << at;
    }
}

const PlaintextCase plaintext_cases[] = {
    {"Capability", "a CAPABILITY\r\n",
     "* CAPABILITY IMAP4rev1 ID ENABLE STARTTLS LOGINDISABLED\r\na OK CAPABILITY completed.\r\n"},
    {"Noop", "a NOOP\r\n", "a OK NOOP completed.\r\n"},
    {"Id", "a ID (\"name\" \"x\")\r\n", "* ID (\"name\" \"postern\")\r\na OK ID completed.\r\n"},
    {"Login", "a LOGIN alice secret\r\n", "a " + private_only},
    {"LoginQuoted", "a LOGIN \"alice\" \"secret\"\r\n", "a " + private_only},
    {"LoginByLiteralsIsNotEvenAskedForThePassword", "a LOGIN {5}\r\nb NOOP\r\n",
     "a " + private_only + "b OK NOOP completed.\r\n"},
    {"LoginWithThePasswordByLiteral", "a LOGIN alice {6}\r\n", "a " + private_only},
    {"LoginByLiteralsThatDoNotWait", "a LOGIN {5+}\r\nalice {6+}\r\nsecret\r\nb NOOP\r\n",
     "a " + private_only + "b OK NOOP completed.\r\n"},
    {"LoginWithoutArguments", "a LOGIN\r\n", "a " + private_only},
    {"Plain", "a AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==\r\n", "a " + private_only},
    {"PlainWithoutInitialResponseIsNotAskedForIt", "a AUTHENTICATE PLAIN\r\nb NOOP\r\n",
     "a " + private_only + "b OK NOOP completed.\r\n"},
    {"UnknownMechanism", "a AUTHENTICATE FOO\r\n", "a " + private_only},
    {"StartTls", "a STARTTLS\r\n", "a " + begin},
    {"StartTlsInAnyCase", "a starttls\r\n", "a " + begin},
    {"StartTlsBehindOthers", "a CAPABILITY\r\nb STARTTLS\r\n",
     "* CAPABILITY IMAP4rev1 ID ENABLE STARTTLS LOGINDISABLED\r\na OK CAPABILITY completed.\r\nb " + begin},
    {"StartTlsAfterALogin", "a LOGIN alice secret\r\nb STARTTLS\r\n", "a " + private_only + "b " + begin},
    {"StartTlsWithArguments", "a STARTTLS now\r\n", "a BAD Missing or malformed arguments.\r\n"},
    {"StartTlsWithALiteral", "a STARTTLS {3+}\r\nnow\r\n", "a BAD Missing or malformed arguments.\r\n"},
    {"ABareLineFeedIsNoEnd", "a STARTTLS\nb NOOP\r\n",
     "a BAD Lines end in CRLF; neither CR nor LF may stand alone.\r\nb OK NOOP completed.\r\n"},
    {"TlsWithoutAsking", "\x16\x03\x01\x02\x00\x01\x00"s, ""},
    {"Http", "GET / HTTP/1.1\r\n", ""},
};

INSTANTIATE_TEST_SUITE_P(All, OnPlaintext, testing::ValuesIn(plaintext_cases), [](const auto& test) {
    return test.param.name;
});

TEST(PlaintextDialogue, GreetsWithStarttlsAndWithoutAWayToLogIn) {
    Driver driver({}, Transport::plaintext);
    EXPECT_EQ(driver.greeting(),
              "* OK [CAPABILITY IMAP4rev1 ID ENABLE STARTTLS LOGINDISABLED] mail.example.org postern ready.\r\n");
}

TEST(PlaintextDialogue, RefusedLoginsCountAsNeitherLoginsNorBadCommands) {
    Driver driver({}, Transport::plaintext);
    for (int i = 0; i < 20; ++i) driver.send("a LOGIN alice secret\r\n");
    driver.send("b STARTTLS\r\n");
    EXPECT_TRUE(driver.played().starts_tls);
}

/// CVE-2011-0411, CVE-2021-33515: what an attacker adds in plaintext behind the client's STARTTLS.
class Injection : public testing::TestWithParam<std::string> {};

TEST_P(Injection, BehindStarttlsEndsTheConnection) {
    const std::string start = "a STARTTLS\r\n";
    const std::string input = start + GetParam();
    for (std::size_t with_it = 1; with_it <= GetParam().size(); ++with_it) {
        Driver driver(patient(), Transport::plaintext);
        driver.send(input.substr(0, start.size() + with_it));
        EXPECT_TRUE(driver.played().closed) << "with " << with_it << " bytes";
        EXPECT_FALSE(driver.played().starts_tls) << "with " << with_it << " bytes";
        EXPECT_EQ(driver.played().output, nothing_behind);
        EXPECT_TRUE(driver.played().asked.empty());
    }
}

INSTANTIATE_TEST_SUITE_P(All,
                         Injection,
                         testing::Values("b NOOP\r\n",
                                         "b LOGIN eve secret\r\n",
                                         "b LOG",
                                         "b LOGIN eve {400+}\r\n",
                                         "b AUTHENTICATE PLAIN\r\n",
                                         "\r\n",
                                         "\n",
                                         "\0"s,
                                         "\x16\x03\x01"));

TEST(PlaintextDialogue, SaysNothingAfterItHasAgreedOnTls) {
    Driver driver({}, Transport::plaintext);
    driver.send("a STARTTLS\r\n");
    driver.dialogue().receive("b LOGIN alice secret\r\n");
    EXPECT_TRUE(std::holds_alternative<Close>(driver.dialogue().next()));
    driver.dialogue().say_farewell(Farewell::shutting_down);
    EXPECT_EQ(driver.dialogue().take_output(), "");
}

}  // namespace
}  // namespace postern::proxy::imap
