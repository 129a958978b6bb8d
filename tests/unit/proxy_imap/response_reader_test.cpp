#include "proxy/imap/response_reader.hpp"

#include "base/overload.hpp"
#include "proxy/imap/status_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::proxy::imap {
namespace {

using namespace std::string_literals;

constexpr ResponseLimits small{.line = 40, .literal = 16, .lines = 6};

std::string describe(const ResponseEvent& event) {
    return std::visit(base::Overload{
                          [](const NeedResponseBytes&) { return ""s; },
                          [](const Response& r) {
                              constexpr const char* kinds[] = {"+", "*", "tag "};
                              return kinds[static_cast<int>(r.kind)] + r.tag + "|" + std::string(r.text);
                          },
                          [](const ResponseFault& fault) { return "fault " + std::to_string(static_cast<int>(fault)); },
                      },
                      event);
}

std::string transcript(std::string_view input, std::size_t piece_bytes) {
    ResponseReader reader(small);
    std::string log;
    for (std::size_t at = 0; at < input.size(); at += piece_bytes) {
        reader.receive(input.substr(at, piece_bytes));
        for (;;) {
            const ResponseEvent event = reader.next();
            if (std::holds_alternative<NeedResponseBytes>(event)) break;
            log += describe(event) + "\n";
            if (std::holds_alternative<ResponseFault>(event)) return log;
        }
    }
    return log;
}

struct ReadingCase {
    std::string name;
    std::string input;
    std::string want;
};
class ResponseReading : public testing::TestWithParam<ReadingCase> {};

TEST_P(ResponseReading, GivesTheSameResponsesHoweverTheBytesArrive) {
    for (std::size_t piece = 1; piece <= GetParam().input.size(); ++piece)
        EXPECT_EQ(transcript(GetParam().input, piece), GetParam().want) << "in pieces of " << piece;
}

INSTANTIATE_TEST_SUITE_P(
    Rfc9051,
    ResponseReading,
    testing::ValuesIn(std::vector<ReadingCase>{
        {"Greeting", "* OK ready\r\n", "*|OK ready\n"},
        {"Tagged", "L OK done\r\n", "tag L|OK done\n"},
        {"Continuation", "+ go\r\n+\r\n+ \r\n", "+|go\n+|\n+|\n"},
        {"Literal", "* ID (\"a\" {8}\r\nL OK x\r\n)\r\nL OK\r\n", "*|ID (\"a\" {8}\ntag L|OK\n"},
        {"TwoLiterals", "* ID ({1}\r\na {2}\r\n\r\n)\r\nL OK\r\n", "*|ID ({1}\ntag L|OK\n"},
        {"LiteralOfNothing", "* X {0}\r\n\r\nL OK\r\n", "*|X {0}\ntag L|OK\n"},
        {"LongestLiteral", "* X {16}\r\n" + std::string(16, '\n') + "\r\nL OK\r\n", "*|X {16}\ntag L|OK\n"},
        {"StatusTextIsNoLiteral", "* OK come {5}\r\nL NO {5}\r\n", "*|OK come {5}\ntag L|NO {5}\n"},
        {"ServersHaveNoPlusInLiterals", "* X {5+}\r\nL OK\r\n", "*|X {5+}\ntag L|OK\n"},
        {"LongestLine", "* " + std::string(38, 'x') + "\r\n", "*|" + std::string(38, 'x') + "\n"},
        {"LineTooLong", "* " + std::string(39, 'x') + "\r\n", "fault 0\n"},
        {"LineWithoutEnd", std::string(60, 'x'), "fault 0\n"},
        {"LiteralTooLong", "* X {17}\r\n", "fault 0\n"},
        {"LiteralHuge", "* X {99999999999999999999}\r\n", "fault 0\n"},
        {"TooManyLines", "* A\r\n* A\r\n* A\r\n* A\r\n* A\r\n* A\r\n* A\r\n",
         "*|A\n*|A\n*|A\n*|A\n*|A\n*|A\nfault 1\n"},
        {"LiteralPartsAreLinesToo", "* {0}\r\n{0}\r\n{0}\r\n{0}\r\n{0}\r\n{0}\r\n{0}\r\n", "fault 1\n"},
        {"BareLineFeed", "* OK\n", "fault 2\n"},
        {"LineFeedAlone", "\n", "fault 2\n"},
        {"EmptyLine", "\r\n", "fault 2\n"},
        {"StarAlone", "* \r\n", "fault 2\n"},
        {"TagAlone", "L\r\n", "fault 2\n"},
        {"Nonsense", "%!\" OK\r\n", "fault 2\n"},
    }),
    [](const auto& test) { return test.param.name; });

TEST(ResponseReader, SaysItsFaultForEver) {
    ResponseReader reader(small);
    reader.receive("\n* OK\r\n");
    EXPECT_EQ(describe(reader.next()), "fault 2");
    reader.receive("* OK\r\n");
    EXPECT_EQ(describe(reader.next()), "fault 2");
    EXPECT_EQ(reader.bytes_held(), 0U);
}

TEST(ResponseReader, GivesBackWhatItDidNotRead) {
    ResponseReader reader(small);
    const std::string rest = "* 3 EXISTS\r\n* {\0\n"s;
    reader.receive("L OK\r\n" + rest);
    EXPECT_EQ(describe(reader.next()), "tag L|OK");
    EXPECT_EQ(reader.take_rest(), rest);
}

struct StatusCase {
    std::string name;
    std::string text;
    std::string want;  ///< condition, code, its arguments
};
class Status : public testing::TestWithParam<StatusCase> {};

TEST_P(Status, IsTakenApart) {
    const auto status = parse_status_text(GetParam().text);
    EXPECT_EQ(status ? std::to_string(static_cast<int>(status->condition)) + "," + std::string(status->code) + "," +
                           std::string(status->code_arguments)
                     : "none",
              GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Rfc9051,
                         Status,
                         testing::ValuesIn(std::vector<StatusCase>{
                             {"Plain", "OK done", "0,,"},
                             {"Bare", "ok", "0,,"},
                             {"Code", "NO [UNAVAILABLE] later", "1,UNAVAILABLE,"},
                             {"CodeWithArguments", "OK [CAPABILITY IMAP4rev1 ID] hi", "0,CAPABILITY,IMAP4rev1 ID"},
                             {"CodeWithoutText", "OK [ALERT]", "0,ALERT,"},
                             {"BracketNotClosed", "OK [CAPABILITY IMAP4rev1", "0,,"},
                             {"BracketLater", "OK see [this]", "0,,"},
                             {"EmptyCode", "BAD [] x", "2,,"},
                             {"Bye", "BYE", "3,,"},
                             {"Preauth", "PREAUTH hi", "4,,"},
                             {"Other", "CAPABILITY IMAP4rev1", "none"},
                             {"Prefix", "OKAY", "none"},
                             {"Nothing", "", "none"},
                         }),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace postern::proxy::imap
