#include "app/csv_reader.hpp"

#include <gtest/gtest.h>

namespace postern::app {
namespace {

/// Every event, one line each: "3: a|b" for a row, "3! what" for a problem.
std::string transcript(std::string_view text) {
    std::string log;
    const CsvEvents events{[&log](std::size_t line, std::span<base::WipingBuffer> fields) {
                               log += std::to_string(line) + ": ";
                               for (std::size_t i = 0; i != fields.size(); ++i) {
                                   log += (i == 0 ? "" : "|") + std::string(base::view(fields[i]));
                               }
                               log += '\n';
                           },
                           [&log](std::size_t line, const std::string& what) {
                               log += std::to_string(line) + "! " + what.substr(0, 24) + '\n';
                           }};
    read_csv(text, events);
    return log;
}

struct CsvCase {
    std::string name;
    std::string input;
    std::string want;
};
class Csv : public testing::TestWithParam<CsvCase> {};

TEST_P(Csv, GivesRowsAndProblemsWithTheirLines) {
    EXPECT_EQ(transcript(GetParam().input), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Rfc4180,
                         Csv,
                         testing::ValuesIn(std::vector<CsvCase>{
                             {"Empty", "", ""},
                             {"OneRow", "a,b\n", "1: a|b\n"},
                             {"NoLineEndAtTheEnd", "a,b\nc,d", "1: a|b\n2: c|d\n"},
                             {"CarriageReturnLineFeed", "a,b\r\nc,d\r\n", "1: a|b\n2: c|d\n"},
                             {"EmptyFields", "a,,\n,,b\n", "1: a||\n2: ||b\n"},
                             {"Quotes", "\"a,b\",\"c\"\n", "1: a,b|c\n"},
                             {"QuoteInsideQuotes", "\"say \"\"hi\"\"\"\n", "1: say \"hi\"\n"},
                             {"SpacesAreKept", " a ,\" b \"\n", "1:  a | b \n"},
                             {"LinesInsideQuotesCount", "\"a\nb\",c\nd,e\n", "1: a\nb|c\n3: d|e\n"},
                             {"BlankLineInsideQuotesCounts", "\"a\n\n\nb\"\nc\n", "1: a\n\n\nb\n5: c\n"},
                             {"BlankLinesArePassedOver", "a\n\n\r\nb\n", "1: a\n4: b\n"},
                             {"ByteOrderMarkIsPassedOver", "\xEF\xBB\xBF\"a\",b\n", "1: a|b\n"},
                             {"ByteOrderMarkOnlyInFront", "a\n\xEF\xBB\xBF\n", "1: a\n2: \xEF\xBB\xBF\n"},
                             {"Utf8", "\xC3\xA9,\xF0\x9F\x93\xAC\n", "1: \xC3\xA9|\xF0\x9F\x93\xAC\n"},
                             {"BadUtf8", "a\n\xE9\nb\n", "1: a\n2! is not valid UTF-8: save\n2: \xE9\n3: b\n"},
                             {"Utf8CutByALine", "\xC3\n\xA9\n",
                              "1! is not valid UTF-8: save\n1: \xC3\n2! is not valid UTF-8: save\n2: \xA9\n"},
                             {"Nul", std::string("a\0b\nc\n", 6),
                              std::string("1! contains a NUL byte\n1: a\0b\n2: c\n", 35)},
                             {"LoneCarriageReturn", "a\rb\n", "1! contains a carriage retu\n1: a\n1: b\n"},
                             {"CarriageReturnTwice", "a\r\r\n", "1! contains a carriage retu\n1: a\n"},
                             {"LoneCarriageReturnInsideQuotes", "\"a\rb\"\n", "1! contains a carriage retu\n1: a\rb\n"},
                             {"QuoteInsideAField", "a\nb\"c\nd\n", "1: a\n2! a quote stands inside a \n"},
                             {"TextBehindAQuote", "a\n\"b\"c\nd\n", "1: a\n2! a quote stands inside a \n"},
                             {"SpaceBehindAQuote", "\"b\" ,c\n", "1! a quote stands inside a \n"},
                             {"QuoteThatNeverEnds", "a\n\"b\nc\nd\n", "1: a\n2! a quoted field of the ro\n"},
                             {"OnlyAQuote", "\"", "1! a quoted field of the ro\n"},
                             {"OnlyCommas", ",,\n", "1: ||\n"},
                             {"OtherSeparatorsAreText", "a;b\tc\n", "1: a;b\tc\n"},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(CsvSize, TakesAFieldOfAMillionBytes) {
    const std::string field(1'000'000, 'x');
    EXPECT_EQ(transcript("\"" + field + "\"\nb\n"), "1: " + field + "\n2: b\n");
}

TEST(CsvSize, GivesUpOnAnEndlessQuoteInReasonableTime) {
    // Copying it anew for each 128 bytes would be 60 gigabytes.
    EXPECT_EQ(transcript("a\n\"" + std::string(4UL * 1024 * 1024, 'x')), "1: a\n2! a quoted field of the ro\n");
}

TEST(CsvSize, TakesAFieldOfAHundredThousandLines) {
    std::string field;
    for (int i = 0; i < 100'000; ++i) field += "x\n";
    EXPECT_EQ(transcript("\"" + field + "\"\nb\n"), "1: " + field + "\n100002: b\n");
}

}  // namespace
}  // namespace postern::app
