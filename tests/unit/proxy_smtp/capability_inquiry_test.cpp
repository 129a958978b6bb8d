// Asking a relay for its extensions.
#include "proxy/smtp/capability_inquiry.hpp"

#include "proxy/smtp/extensions.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace postern::proxy::smtp {
namespace {

std::string text_of(const InquiryStep& step) {
    if (const auto* failed = std::get_if<BackendFailed>(&step)) return '[' + failed->detail + ']';
    const auto* found = std::get_if<ServerCapabilities>(&step);
    if (found == nullptr) return "";
    std::string text = "{";
    for (const std::string& each : found->list) text += each + ';';
    return text + '}';
}

/// A relay's replies, each in pieces.
struct Relay {
    std::string greets;   ///< empty: it has before
    std::string answers;  ///< when it was asked
};

/// What we said and what came of it.
std::string play(const Relay& relay, std::size_t piece, bool& greets) {
    CapabilityInquiry inquiry("mail.example.org", relay.greets.empty());
    std::string text = text_of(inquiry.next()) + inquiry.take_output();
    for (const std::string_view said : {relay.greets, relay.answers}) {
        for (std::size_t at = 0; at < said.size(); at += piece) {
            inquiry.receive(said.substr(at, piece));
            const std::string step = text_of(inquiry.next());
            text += inquiry.take_output() + step;
        }
    }
    greets = inquiry.has_greeted();
    return text;
}

struct InquiryCase {
    std::string name;
    Relay relay;
    std::string want;
    bool greets = true;
};

void PrintTo(const InquiryCase& test, std::ostream* stream) {
    *stream << test.name;
}

class Inquiry : public testing::TestWithParam<InquiryCase> {};

TEST_P(Inquiry, ComesToThatHoweverTheBytesArrive) {
    const InquiryCase& test = GetParam();
    for (std::size_t piece = 1; piece <= 50; ++piece) {
        bool greets = false;
        EXPECT_EQ(play(test.relay, piece, greets), test.want) << "pieces of " << piece;
        EXPECT_EQ(greets, test.greets);
    }
}

const std::string hello = "EHLO mail.example.org\r\n";

const InquiryCase inquiry_cases[] = {
    {"Asked", {"220-a\r\n220 b\r\n", "250-x y\r\n250-SIZE 1000\r\n250 DSN\r\n"}, hello + "{SIZE 1000;DSN;}"},
    {"AskedAfterStartTls", {"", "250-x\r\n250 DSN\r\n"}, hello + "{DSN;}"},
    {"HasNone", {"220 x\r\n", "250 x\r\n"}, hello + "{}"},
    {"IsNotReady", {"421 busy\r\n", ""}, "[greeting: 421 busy]", false},
    {"Refuses", {"554 no\r\n", ""}, "[greeting: 554 no]", false},
    {"AnotherProtocol", {"* OK imap\r\n", ""}, "[malformed reply]", false},
    {"DoesNotKnowEhlo", {"220 x\r\n", "502 what?\r\n"}, hello + "[EHLO: 502 what?]"},
    {"GarbageWhenAsked", {"220 x\r\n", "250-x\r\n220 y\r\n"}, hello + "[malformed reply]"},
    {"ControlsAreNotTold", {"220 x\r\n", "250-x\r\n250 A\x1b[2J\r\n"}, hello + "{A?[2J;}"},
};

INSTANTIATE_TEST_SUITE_P(All, Inquiry, testing::ValuesIn(inquiry_cases), [](const auto& test) {
    return test.param.name;
});

TEST(CapabilityInquiry, RefusesAnAnswerThatWasThereBeforeTheQuestion) {
    CapabilityInquiry inquiry("mail.example.org", false);
    inquiry.receive("220 x\r\n250-x\r\n250 CHUNKING\r\n");
    EXPECT_EQ(text_of(inquiry.next()), "[it says more than it was asked]");
}

struct SizeCase {
    std::string name;
    std::vector<std::string> lines;
    bool has_size;
    std::uint64_t want;
};
class Size : public testing::TestWithParam<SizeCase> {};

TEST_P(Size, IsReadAsRfc1870Says) {
    Reply ehlo{.code = 250, .lines = {"relay.example.org"}};
    ehlo.lines.insert(ehlo.lines.end(), GetParam().lines.begin(), GetParam().lines.end());
    const Capabilities known = server_capabilities(Extensions(ehlo)).known;
    EXPECT_EQ(known.has(Capability::size), GetParam().has_size);
    EXPECT_EQ(known.message_limit(), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Ehlo,
                         Size,
                         testing::ValuesIn(std::vector<SizeCase>{
                             {"None", {}, false, 0},
                             {"Fixed", {"SIZE 10240000"}, true, 10'240'000},
                             {"SmallLetters", {"size 10"}, true, 10},
                             {"NotFixed", {"SIZE 0"}, true, 0},
                             {"NotSaid", {"SIZE"}, true, 0},
                             {"BeyondAllNumbers", {"SIZE 99999999999999999999999"}, true, Capabilities::largest_limit},
                             {"NoNumber", {"SIZE 10MB"}, false, 0},
                             {"Negative", {"SIZE -1"}, false, 0},
                             {"Twice", {"SIZE 20", "SIZE 10", "SIZE 30"}, true, 10},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(ServerCapabilities, AreTheExtensionsThatClientsAreToldOf) {
    const ServerCapabilities found = server_capabilities(
        Extensions(Reply{.code = 250, .lines = {"DSN", "8bitmime", "ChunkinG", "XCLIENT NAME", "DSNX"}}));
    EXPECT_TRUE(found.known.has(Capability::eight_bit_mime));
    EXPECT_TRUE(found.known.has(Capability::chunking));
    EXPECT_FALSE(found.known.has(Capability::dsn)) << "the greeting is no extension";
    EXPECT_FALSE(found.known.has(Capability::smtputf8));
    EXPECT_EQ(found.list, (std::vector<std::string>{"8bitmime", "ChunkinG", "XCLIENT NAME", "DSNX"}));
}

TEST(ServerCapabilities, TellsNoMoreThanThereIsRoomFor) {
    Reply ehlo{.code = 250, .lines = {"x"}};
    for (int i = 0; i < 100; ++i) ehlo.lines.push_back("X" + std::string(1000, 'x'));
    ehlo.lines.emplace_back("DSN");
    const ServerCapabilities found = server_capabilities(Extensions(ehlo));
    EXPECT_EQ(found.list.size(), most_extensions_listed);
    EXPECT_LE(found.list.front().size(), 200U);
    EXPECT_TRUE(found.known.has(Capability::dsn)) << "it counts all the same";
}

}  // namespace
}  // namespace postern::proxy::smtp
