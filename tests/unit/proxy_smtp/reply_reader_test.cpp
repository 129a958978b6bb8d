#include "proxy/smtp/reply_reader.hpp"

#include <gtest/gtest.h>

namespace postern::proxy::smtp {
namespace {

std::string name_of(ReplyFault fault) {
    switch (fault) {
        case ReplyFault::line_too_long:
            return "line too long";
        case ReplyFault::too_many_lines:
            return "too many lines";
        case ReplyFault::malformed:
            return "malformed";
    }
    return "?";
}

std::string replies(std::string_view input, std::size_t chunk) {
    ReplyReader reader;
    std::string log;
    for (std::size_t at = 0; at < input.size(); at += chunk) {
        reader.receive(input.substr(at, chunk));
        for (;;) {
            const ReplyEvent event = reader.next();
            if (std::holds_alternative<NoReplyYet>(event)) break;
            if (const auto* fault = std::get_if<ReplyFault>(&event)) {
                EXPECT_EQ(std::get<ReplyFault>(reader.next()), *fault) << "a fault is final";
                return log + '!' + name_of(*fault);
            }
            const auto& reply = std::get<Reply>(event);
            log += '<' + std::to_string(reply.code);
            for (const auto& line : reply.lines) log += '/' + line;
            log += '>';
        }
    }
    return log + '|' + reader.take_unread();
}

std::string lines_of(std::size_t count) {
    std::string text;
    for (std::size_t i = 1; i < count; ++i) text += "250-a\r\n";
    return text + "250 b\r\n";
}

struct ReplyCase {
    std::string name;
    std::string input;
    std::string want;
};
class ReadingReplies : public testing::TestWithParam<ReplyCase> {};

TEST_P(ReadingReplies, GivesTheSameEventsHoweverTheBytesArrive) {
    const std::string& input = GetParam().input;
    for (std::size_t chunk = 1; chunk <= std::min<std::size_t>(input.size(), 64); ++chunk)
        EXPECT_EQ(replies(input, chunk), GetParam().want) << "in pieces of " << chunk;
    EXPECT_EQ(replies(input, input.size()), GetParam().want) << "in one piece";
}

INSTANTIATE_TEST_SUITE_P(Rfc5321Section4Dot2,
                         ReadingReplies,
                         testing::ValuesIn(std::vector<ReplyCase>{
                             {"OneLine", "220 mx ESMTP\r\n", "<220/mx ESMTP>|"},
                             {"ManyLines", "250-mx\r\n250-SIZE 1\r\n250 HELP\r\n", "<250/mx/SIZE 1/HELP>|"},
                             {"ACodeAlone", "250\r\n", "<250/>|"},
                             {"ACodeAndASpace", "334 \r\n", "<334/>|"},
                             {"AnEmptyLineWithin", "250-\r\n250 a\r\n", "<250//a>|"},
                             {"TwoReplies", "220 a\r\n221 b\r\n", "<220/a><221/b>|"},
                             {"HalfAReplyIsUnread", "220 a\r\n221-b\r\n221", "<220/a>|221"},
                             {"HighestAndLowestCode", "599 a\r\n200 b\r\n", "<599/a><200/b>|"},
                             {"AnotherCodeWithin", "250-a\r\n251 b\r\n", "!malformed"},
                             {"NoCode", "hello\r\n", "!malformed"},
                             {"CodeTooShort", "25\r\n", "!malformed"},
                             {"CodeTooLong", "2500 a\r\n", "!malformed"},
                             {"CodeOfNoClass", "150 a\r\n", "!malformed"},
                             {"CodeOfAHigherClass", "650 a\r\n", "!malformed"},
                             {"CodeNotANumber", "2x0 a\r\n", "!malformed"},
                             {"OddSeparator", "250_a\r\n", "!malformed"},
                             {"LeadingSpace", " 250 a\r\n", "!malformed"},
                             {"EmptyLine", "\r\n", "!malformed"},
                             {"BareLf", "250 a\n", "!malformed"},
                             {"BareCr", "250 a\rb\r\n", "!malformed"},
                             {"MostLines", lines_of(most_reply_lines),
                              [] {
                                  std::string want = "<250";
                                  for (std::size_t i = 1; i < most_reply_lines; ++i) want += "/a";
                                  return want + "/b>|";
                              }()},
                             {"TooManyLines", lines_of(most_reply_lines + 1), "!too many lines"},
                             {"LongestLine", "250 " + std::string(longest_reply_line - 6, 'x') + "\r\n",
                              "<250/" + std::string(longest_reply_line - 6, 'x') + ">|"},
                             {"LineTooLong", "250 " + std::string(longest_reply_line - 5, 'x') + "\r\n",
                              "!line too long"},
                             {"LineWithoutEnd", std::string(longest_reply_line + 1, '2'), "!line too long"},
                         }),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace postern::proxy::smtp
