#include "proxy/smtp/command_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::proxy::smtp {
namespace {

constexpr LineLimits small_limits{.command = 8, .sasl_response = 12};

std::string name_of(LineFault fault) {
    switch (fault) {
        case LineFault::too_long:
            return "too long";
        case LineFault::bare_line_ending:
            return "bare";
        case LineFault::not_smtp:
            return "not smtp";
    }
    return "?";
}

/// Everything the reader says, one line per event, when `input` arrives in `chunk`-byte pieces.
std::string events(std::string_view input, LineKind kind, std::size_t chunk) {
    CommandReader reader(small_limits);
    std::string log;
    for (std::size_t at = 0; at < input.size(); at += chunk) {
        reader.receive(input.substr(at, chunk));
        for (;;) {
            const LineEvent event = reader.next(kind);
            if (std::holds_alternative<NeedBytes>(event)) break;
            if (const auto* fault = std::get_if<LineFault>(&event)) {
                EXPECT_EQ(std::get<LineFault>(reader.next(kind)), *fault) << "a fault is final";
                return log + '!' + name_of(*fault);
            }
            log += '<' + std::string(std::get<CommandLine>(event).text) + '>';
        }
    }
    return log + '|' + std::string(base::view(reader.take_unread()));
}

struct ReadingCase {
    std::string name;
    std::string input;
    std::string want;
    LineKind kind = LineKind::command;
};
class Reading : public testing::TestWithParam<ReadingCase> {};

TEST_P(Reading, GivesTheSameEventsHoweverTheBytesArrive) {
    for (std::size_t chunk = 1; chunk <= GetParam().input.size(); ++chunk)
        EXPECT_EQ(events(GetParam().input, GetParam().kind, chunk), GetParam().want) << "in pieces of " << chunk;
}

INSTANTIATE_TEST_SUITE_P(
    Lines,
    Reading,
    testing::ValuesIn(std::vector<ReadingCase>{
        {"OneLine", "NOOP\r\n", "<NOOP>|"},
        {"TwoLines", "NOOP\r\nQUIT\r\n", "<NOOP><QUIT>|"},
        {"AnEmptyLine", "\r\n\r\n", "<><>|"},
        {"HalfALineIsUnread", "NOOP\r\nQUI", "<NOOP>|QUI"},
        {"ACrAtTheEndIsUnread", "NOOP\r", "|NOOP\r"},
        {"AnyOtherByteIsPartOfALine", std::string("\0\xFF\t\x7F\r\n", 6), std::string("<\0\xFF\t\x7F>|", 7)},
        {"BareLf", "NOOP\nQUIT\r\n", "!bare"},
        {"BareLfAfterAGoodLine", "NOOP\r\nA\nB\r\n", "<NOOP>!bare"},
        {"BareLfFirst", "\nNOOP\r\n", "!bare"},
        {"BareCr", "NO\rOP\r\n", "!bare"},
        {"TwoCrs", "NOOP\r\r\n", "!bare"},
        {"LfCr", "NOOP\n\r", "!bare"},
        {"LongestLine", "12345678\r\n", "<12345678>|"},
        {"LineTooLong", "123456789\r\n", "!too long"},
        {"LineTooLongWithoutEnd", "123456789", "!too long"},
        {"LongestLineWithoutEnd", "12345678", "|12345678"},
        {"BareLfRightAtTheLimit", "12345678\n", "!bare"},
        {"BareLfBehindTheLimitIsNotReached", "123456789\n", "!too long"},
        {"LongestSaslLine", "123456789012\r\n", "<123456789012>|", LineKind::sasl_response},
        {"SaslLineTooLong", "1234567890123\r\n", "!too long", LineKind::sasl_response},
        {"HttpGet", "GET / H\r\n", "!not smtp"},
        {"HttpPost", "POST / \r\n", "!not smtp"},
        {"Http2Preface", "PRI * \r\n", "!not smtp"},
        {"HttpAfterALine", "NOOP\r\nPUT /\r\n", "<NOOP>!not smtp"},
        {"AMethodAloneIsNotHttp", "GET\r\n", "<GET>|"},
        {"MethodsHaveCase", "get /\r\n", "<get />|"},
        {"Tls", "\x16\x03\x01", "!not smtp"},
        {"TlsAfterALine", "NOOP\r\n\x16", "<NOOP>!not smtp"},
        {"TheTlsByteInsideALine", "NO\x16P\r\n", "<NO\x16P>|"},
        {"NeitherCountsWithinSasl", "GET /\r\n\x16\r\n", "<GET /><\x16>|", LineKind::sasl_response},
    }),
    [](const auto& test) { return test.param.name; });

TEST(CommandReader, HoldsNothingAfterAFault) {
    CommandReader reader(small_limits);
    reader.receive("bad\nsecret");
    EXPECT_TRUE(std::holds_alternative<LineFault>(reader.next(LineKind::command)));
    reader.receive("more");
    EXPECT_TRUE(reader.take_unread().empty());
}

TEST(CommandReader, GivesUnreadBytesUnchanged) {
    CommandReader reader(small_limits);
    const std::string rest("MAIL FROM:<a@b>\n\r\0\xFF", 19);
    reader.receive("NOOP\r\n" + rest);
    EXPECT_TRUE(std::holds_alternative<CommandLine>(reader.next(LineKind::command)));
    EXPECT_EQ(base::view(reader.take_unread()), rest);
    EXPECT_TRUE(reader.take_unread().empty());
}

TEST(CommandReader, ManyEmptyLinesInOnePieceAreCheapEnough) {
    CommandReader reader(small_limits);
    std::string input;
    for (int i = 0; i < 8192; ++i) input += "\r\n";
    reader.receive(input);
    std::size_t lines = 0;
    while (std::holds_alternative<CommandLine>(reader.next(LineKind::command))) ++lines;
    EXPECT_EQ(lines, 8192U);
}

}  // namespace
}  // namespace postern::proxy::smtp
