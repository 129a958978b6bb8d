#include "proxy/imap/command_reader.hpp"

#include "base/overload.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::proxy::imap {
namespace {

using namespace std::string_literals;

constexpr ReaderLimits small{.line = 40, .literal = 16, .command = 80, .tag = 8, .sasl_response = 20};

std::string describe(const CommandEvent& event) {
    return std::visit(base::Overload{
                          [](const NeedBytes&) { return ""s; },
                          [](const SendContinuation&) { return "continue"s; },
                          [](const Command& c) {
                              return std::string(c.tag) + "," + std::string(c.name) + "," + std::string(c.arguments);
                          },
                          [](const BadCommand& c) {
                              return "bad " + std::to_string(static_cast<int>(c.fault)) + " " + std::string(c.tag);
                          },
                          [](const SaslResponse& r) { return "sasl " + std::string(r.text); },
                          [](const Unusable& u) { return "unusable " + std::to_string(static_cast<int>(u.fault)); },
                      },
                      event);
}

/// Everything the reader says about `input`, one line for each event, when it arrives in pieces.
std::string transcript(std::string_view input, std::size_t piece_bytes) {
    CommandReader reader(small);
    std::string log;
    for (std::size_t at = 0; at < input.size(); at += piece_bytes) {
        reader.receive(input.substr(at, piece_bytes));
        for (;;) {
            const CommandEvent event = reader.next();
            if (std::holds_alternative<NeedBytes>(event)) break;
            log += describe(event) + "\n";
            if (std::holds_alternative<Unusable>(event)) return log;
        }
    }
    return log;
}

struct ReadingCase {
    std::string name;
    std::string input;
    std::string want;
};
class Reading : public testing::TestWithParam<ReadingCase> {};

TEST_P(Reading, GivesTheSameEventsHoweverTheBytesArrive) {
    for (std::size_t piece = 1; piece <= GetParam().input.size(); ++piece)
        EXPECT_EQ(transcript(GetParam().input, piece), GetParam().want) << "in pieces of " << piece;
}

INSTANTIATE_TEST_SUITE_P(
    Rfc9051,
    Reading,
    testing::ValuesIn(std::vector<ReadingCase>{
        {"OneLine", "a NOOP\r\n", "a,NOOP,\n"},
        {"Arguments", "a LOGIN u p\r\n", "a,LOGIN,u p\n"},
        {"TwoPipelined", "a NOOP\r\nb LOGOUT\r\n", "a,NOOP,\nb,LOGOUT,\n"},
        {"UnfinishedLineSaysNothing", "a NOOP\r\nb NO", "a,NOOP,\n"},
        {"SyncLiteralIsAskedFor", "a LOGIN {1}\r\nu p\r\n", "continue\na,LOGIN,{1}\r\nu p\n"},
        {"NonSyncLiteralIsNot", "a LOGIN {1+}\r\nu p\r\n", "a,LOGIN,{1+}\r\nu p\n"},
        {"EmptyLiteral", "a LOGIN {0}\r\n {0+}\r\n\r\n", "continue\na,LOGIN,{0}\r\n {0+}\r\n\n"},
        {"LiteralMayHoldACommand", "a X {8+}\r\nb EVIL\r\n\r\nc NOOP\r\n", "a,X,{8+}\r\nb EVIL\r\n\nc,NOOP,\n"},
        {"LiteralMayHoldALiteral", "a X {6}\r\n{9+}\r\n\r\nb NOOP\r\n", "continue\na,X,{6}\r\n{9+}\r\n\nb,NOOP,\n"},
        {"TagsWithOddCharacters", "a.1-]/ NOOP\r\n", "a.1-]/,NOOP,\n"},
        {"LongestTag", "12345678 NOOP\r\n", "12345678,NOOP,\n"},
        {"LongestLine", "a X " + std::string(36, 'y') + "\r\n", "a,X," + std::string(36, 'y') + "\n"},
        {"LongestLiteral", "a X {16+}\r\n" + std::string(16, 'y') + "\r\n",
         "a,X,{16+}\r\n" + std::string(16, 'y') + "\n"},
    }),
    [](const auto& test) { return test.param.name; });

const std::string sixteen(16, 'x');
const std::string three_literals =
    "a X {16+}\r\n" + sixteen + " {16+}\r\n" + sixteen + " {16+}\r\n" + sixteen;  // 75 of 80 bytes

INSTANTIATE_TEST_SUITE_P(
    RefusedInStep,
    Reading,
    testing::ValuesIn(std::vector<ReadingCase>{
        {"EmptyLine", "\r\na NOOP\r\n", "bad 0 \na,NOOP,\n"},
        {"TagAloneIsNotRepeated", "AGFsaWNl\r\na NOOP\r\n", "bad 0 \na,NOOP,\n"},
        {"TagAndSpace", "a \r\n", "bad 0 \n"},
        {"TwoSpaces", "a  NOOP\r\n", "bad 0 a\n"},
        {"LeadingSpace", " a NOOP\r\n", "bad 0 \n"},
        {"TagTooLong", "123456789 NOOP\r\n", "bad 0 \n"},
        {"TagWithPlus", "a+ NOOP\r\n", "bad 0 \n"},
        {"FormatStringAsTag", "%n%n%s NOOP\r\n", "bad 0 \n"},
        {"StarAsTag", "* BYE\r\n", "bad 0 \n"},
        {"NameIsNoAtom", "a NO(P\r\n", "bad 0 a\n"},
        {"LiteralGluedToTheName", "a LOGIN{3+}\r\nb c d\r\nb NOOP\r\n", "bad 0 a\nb,NOOP,\n"},
        {"LiteralAsTag", "{3+}\r\nb c NOOP\r\nb NOOP\r\n", "bad 0 \nb,NOOP,\n"},
        {"NulInALine", "a NO\0P\r\nb NOOP\r\n"s, "bad 0 a\nb,NOOP,\n"},
        {"NulInALiteral", "a X {3+}\r\nx\0y\r\nb NOOP\r\n"s, "bad 0 a\nb,NOOP,\n"},
        {"BareLineFeed", "a NOOP\nb NOOP\r\n", "bad 1 a\nb,NOOP,\n"},
        {"OnlyALineFeed", "\nb NOOP\r\n", "bad 1 \nb,NOOP,\n"},
        {"BareCarriageReturn", "a NOOP\rb NOOP\r\nc NOOP\r\n", "bad 1 a\nc,NOOP,\n"},
        {"TwoCarriageReturns", "a NOOP\r\r\nc NOOP\r\n", "bad 1 a\nc,NOOP,\n"},
        {"BareCarriageReturnBeforeALiteral", "a X\r {8+}\r\nb EVIL\r\n\r\nc NOOP\r\n", "bad 1 a\nc,NOOP,\n"},
        {"BareLineFeedBehindALiteral", "a X {2+}\r\nxy\nc NOOP\r\n", "bad 1 a\nc,NOOP,\n"},
        {"SyncLiteralOnABareLineFeedIsNotAskedFor", "a LOGIN {3}\nb NOOP\r\n", "bad 1 a\nb,NOOP,\n"},
        {"SyncLiteralTooLongIsNotAskedFor", "a LOGIN {17}\r\nb NOOP\r\n", "bad 2 a\nb,NOOP,\n"},
        {"SyncLiteralHugeIsNotAskedFor", "a L {99999999999999999999}\r\nb NOOP\r\n", "bad 2 a\nb,NOOP,\n"},
        {"SyncLiteralThatMakesTheCommandTooLong", three_literals + "{16}\r\nb NOOP\r\n", "bad 2 a\nb,NOOP,\n"},
        {"SyncLiteralAnnouncedByTheLastByte", three_literals + " {16}\r\nb NOOP\r\n", "bad 2 a\nb,NOOP,\n"},
    }),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(Unusable,
                         Reading,
                         testing::ValuesIn(std::vector<ReadingCase>{
                             {"HttpRequest", "GET / HTTP/1.1\r\nHost: x\r\n", "unusable 0\n"},
                             {"HttpRequestWithBareLineFeed", "POST /a HTTP/1.0\nx", "unusable 0\n"},
                             {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "unusable 0\n"},
                             {"HttpRequestBehindACommand", "a NOOP\r\nGET / HTTP/1.1\r\n", "a,NOOP,\nunusable 0\n"},
                             {"TlsRecord", "\x16\x03\x01\x02", "unusable 0\n"},
                             {"TlsRecordBehindACommand", "a NOOP\r\n\x16\x03\x01", "a,NOOP,\nunusable 0\n"},
                             {"LineTooLong", "a X " + std::string(37, 'y') + "\r\nb NOOP\r\n", "unusable 1\n"},
                             {"LineWithoutEnd", std::string(60, '('), "unusable 1\n"},
                             {"NonSyncLiteralTooLong", "a X {17+}\r\n", "unusable 1\n"},
                             {"NonSyncLiteralHuge", "a X {99999999999999999999+}\r\n", "unusable 1\n"},
                             {"CommandTooLong", three_literals + "123456\r\n", "unusable 1\n"},
                             {"LiteralBehindTheLastByte", three_literals + " {0+}\r\nx\r\n", "unusable 1\n"},
                             {"EmptyLiteralsForEver", three_literals + "{0+}\r\n{0+}\r\n", "unusable 1\n"},
                             {"NonSyncLiteralOnABareLineFeed", "a X {3+}\nb NOOP\r\n", "unusable 2\n"},
                         }),
                         [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(NotHttp,
                         Reading,
                         testing::ValuesIn(std::vector<ReadingCase>{
                             {"GetIsALegalTag", "GET NOOP\r\n", "GET,NOOP,\n"},
                             {"GetWithTwoWords", "GET / x\r\n", "GET,/,x\n"},
                             {"HttpWithoutVersion", "GET / HTTP/\r\n", "GET,/,HTTP/\n"},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(CommandReader, SaysForEverThatItIsUnusable) {
    CommandReader reader(small);
    reader.receive("GET / HTTP/1.1\r\n");
    EXPECT_EQ(describe(reader.next()), "unusable 0");
    reader.receive("a NOOP\r\n");
    EXPECT_EQ(describe(reader.next()), "unusable 0");
    EXPECT_EQ(describe(reader.next_sasl_response()), "unusable 0");
    EXPECT_EQ(reader.bytes_held(), 0U);
}

TEST(CommandReader, ReadsSaslResponsesBetweenCommands) {
    CommandReader reader(small);
    reader.receive("a NOOP\r\nYWxp{3}\r\n\r\n*\r\nx\ny");
    EXPECT_EQ(describe(reader.next()), "a,NOOP,");
    EXPECT_EQ(describe(reader.next_sasl_response()), "sasl YWxp{3}");
    EXPECT_EQ(describe(reader.next_sasl_response()), "sasl ");
    EXPECT_EQ(describe(reader.next_sasl_response()), "sasl *");
    EXPECT_EQ(describe(reader.next_sasl_response()), "bad 1 ");
    EXPECT_EQ(describe(reader.next_sasl_response()), "");
    reader.receive(std::string(19, 'z') + "\r\n");
    EXPECT_EQ(describe(reader.next_sasl_response()), "sasl y" + std::string(19, 'z'));
    reader.receive(std::string(21, 'z') + "\r\n");
    EXPECT_EQ(describe(reader.next_sasl_response()), "unusable 1");
}

TEST(CommandReader, GivesBackWhatItDidNotRead) {
    CommandReader reader(small);
    const std::string rest = "b SELECT {5}\r\n\x00\xFF\n"s;
    reader.receive("a NOOP\r\n" + rest);
    EXPECT_EQ(describe(reader.next()), "a,NOOP,");
    EXPECT_EQ(reader.bytes_held(), rest.size());
    EXPECT_EQ(base::view(reader.take_rest()), rest);
    EXPECT_EQ(describe(reader.next()), "");
}

}  // namespace
}  // namespace postern::proxy::imap
