/// Attacks on IMAP servers and proxies before login, each named by what it did elsewhere.
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

struct SilentCase {
    std::string name;
    std::string input;
};
class NotImap : public testing::TestWithParam<SilentCase> {};

TEST_P(NotImap, IsClosedWithoutAWordWhereverTheBytesAreCut) {
    for (std::size_t cut = 0; cut <= GetParam().input.size(); ++cut) {
        const Played played = play_split(GetParam().input, cut);
        EXPECT_EQ(played.output, "") << "cut at " << cut;
        EXPECT_TRUE(played.closed) << "cut at " << cut;
    }
}

INSTANTIATE_TEST_SUITE_P(Cve20213618,
                         NotImap,
                         testing::ValuesIn(std::vector<SilentCase>{
                             {"HttpGet", "GET /<script>alert(1)</script> HTTP/1.1\r\nHost: x\r\n\r\n"},
                             {"HttpPost", "POST / HTTP/1.0\r\n\r\na LOGIN alice secret\r\n"},
                             {"HttpWithBareLineFeeds", "GET / HTTP/1.1\n\na LOGIN alice secret\r\n"},
                             {"TlsClientHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03"s},
                         }),
                         [](const auto& test) { return test.param.name; });

/// CVE-2026-27857: a megabyte for each connection before the first line end.
class EndlessInput : public testing::TestWithParam<SilentCase> {};

TEST_P(EndlessInput, IsCutOffAndNeverPilesUp) {
    constexpr std::size_t piece_bytes = 4096;
    Driver driver(patient());
    std::size_t sent = 0;
    while (!driver.played().closed && sent < 1'000'000) {
        std::string piece;
        while (piece.size() < piece_bytes) piece += GetParam().input;
        driver.send(piece);
        sent += piece.size();
        ASSERT_LE(driver.dialogue().bytes_held(), ReaderLimits{}.command + piece.size());
    }
    EXPECT_TRUE(driver.played().closed);
    EXPECT_LE(driver.played().output.size(), 200'000U);
}

INSTANTIATE_TEST_SUITE_P(Floods,
                         EndlessInput,
                         testing::ValuesIn(std::vector<SilentCase>{
                             {"Parentheses", "(((("},
                             {"Quotes", "\"aaaa"},
                             {"Nul", "\0\0\0\0"s},
                             {"BareCarriageReturns", "a NOOP\r"},
                             {"EmptyLines", "\r\n"},
                             {"LineFeeds", "\n"},
                             {"NonSyncLiterals", "{0+}\r\n"},
                             {"SyncLiterals", "a X {0}\r\n"},
                             {"PipelinedCapability", "a CAPABILITY\r\n"},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(LiteralFlood, EndsWithTheCommandLimit) {
    std::string input = "a LOGIN";
    for (int i = 0; i < 4; ++i) input += " {4000+}\r\n" + std::string(4000, 'x');
    const Played whole = play(input + " {4000+}\r\n");
    EXPECT_EQ(whole.output, "* BYE Line, literal or command too long.\r\n");
    EXPECT_TRUE(whole.closed);
}

TEST(LiteralOverflow, IsRefusedWithoutLosingStep) {
    for (const char* digits : {"99999999999999999999", "18446744073709551615", "18446744073709551616", "4294967296"}) {
        const Played played = play("a LOGIN {"s + digits + "}\r\nb NOOP\r\n");
        EXPECT_EQ(played.output, "a BAD Literal too long.\r\nb OK NOOP completed.\r\n") << digits;
    }
}

TEST(LiteralOverflow, ClosesWhenTheClientDoesNotWait) {
    const Played played = play("a LOGIN {99999999999999999999+}\r\nb LOGIN alice secret\r\n");
    EXPECT_EQ(played.output, "* BYE Line, literal or command too long.\r\n");
    EXPECT_TRUE(played.closed);
    EXPECT_TRUE(played.asked.empty());
}

TEST(LiteralOnABareLineFeed, NeverLetsItsBytesRun) {
    const Played played = play("a X {22+}\nb LOGIN alice secret\r\n");
    EXPECT_TRUE(played.closed);
    EXPECT_TRUE(played.asked.empty());
}

TEST(BrokenExchange, DoesNotRepeatThePasswordAsATag) {
    const Played played = play("a AUTHENTICATE GSSAPI\r\nAGFsaWNlAHNlY3JldA==\r\n");
    EXPECT_EQ(played.output, "a NO Unsupported authentication mechanism.\r\n* BAD Not an IMAP command.\r\n");
}

TEST(Replies, NeverHoldWhatWasToBeSecret) {
    const std::string secret = "hunter2-CANARY";
    const std::vector<std::string> inputs = {
        "a LOGIN bob " + secret + "\r\n",
        "a LOGIN bob \"" + secret + "\r\n",
        "a LOGIN bob " + secret + " x\r\n",
        "a LOGIN bob {14+}\r\n" + secret + "\r\n",
        "a LOGIN bob {13+}\r\n" + secret + "\r\n",
        "a AUTHENTICATE LOGIN Ym9i\r\n" + secret + "\r\n",
        "a AUTHENTICATE PLAIN " + secret + "\r\n",
        secret + "\r\n",
        "a " + secret + "\r\n",
        "a LOGIN " + secret + "\n",
    };
    for (const std::string& input : inputs)
        EXPECT_FALSE(play(input + "\r\n", patient()).output.contains(secret)) << input;
}

TEST(ManyCancelledExchanges, LeaveNothingBehind) {
    DialogueLimits limits = patient();
    Driver driver(limits);
    for (int i = 0; i < 20'000; ++i) driver.send("a AUTHENTICATE LOGIN Ym9i\r\n*\r\n");
    EXPECT_FALSE(driver.played().closed);
    EXPECT_EQ(driver.played().most_held, 0U);
}

TEST(LongLines, AreTakenUpToTheLimit) {
    const std::string longest = "a NOOP " + std::string(8192 - 7, 'x');
    EXPECT_EQ(play(longest + "\r\n").output, "a BAD Missing or malformed arguments.\r\n");
    EXPECT_EQ(play(longest + "x\r\n").output, "* BYE Line, literal or command too long.\r\n");
    for (const std::size_t cut : {8191U, 8192U, 8193U, 8194U}) {
        EXPECT_FALSE(play_split(longest + "\r\n", cut).closed) << cut;
        EXPECT_TRUE(play_split(longest + "x\r\n", cut).closed) << cut;
    }
}

TEST(LongSaslResponses, AreTakenUpToTheLimit) {
    const std::string start = "a AUTHENTICATE PLAIN\r\n";
    const std::string longest(12288, 'A');
    EXPECT_EQ(play(start + longest + "\r\n").output, "+ \r\na BAD Malformed authentication response.\r\n");
    EXPECT_EQ(play(start + longest + "A\r\n").output, "+ \r\n* BYE Line, literal or command too long.\r\n");
}

}  // namespace
}  // namespace postern::proxy::imap
