// Asking a server what it can do, without logging in.
#include "proxy/imap/capability_inquiry.hpp"

#include "proxy/imap/capabilities.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace postern::proxy::imap {
namespace {

using namespace std::string_literals;

std::string text_of(const InquiryStep& step) {
    if (const auto* failed = std::get_if<BackendFailed>(&step)) return '[' + failed->detail + ']';
    const auto* found = std::get_if<ServerCapabilities>(&step);
    if (found == nullptr) return "";
    std::string text = "{";
    for (const std::string& each : found->list) text += each + ' ';
    return text + '}';
}

/// What we said and what came of it.
std::string play(std::string_view said, bool has_greeted, std::size_t piece, bool& greets) {
    CapabilityInquiry inquiry(has_greeted);
    std::string text = text_of(inquiry.next()) + inquiry.take_output();
    for (std::size_t at = 0; at < said.size(); at += piece) {
        inquiry.receive(said.substr(at, piece));
        const std::string step = text_of(inquiry.next());
        text += inquiry.take_output() + step;
        if (!step.empty()) break;
    }
    greets = inquiry.has_greeted();
    return text;
}

struct InquiryCase {
    std::string name;
    std::string said;
    std::string want;
    bool greets = true;
    bool has_greeted = false;
};

void PrintTo(const InquiryCase& test, std::ostream* stream) {
    *stream << test.name;
}

class Inquiry : public testing::TestWithParam<InquiryCase> {};

TEST_P(Inquiry, ComesToThatHoweverTheBytesArrive) {
    for (std::size_t piece = 1; piece <= GetParam().said.size(); ++piece) {
        bool greets = false;
        EXPECT_EQ(play(GetParam().said, GetParam().has_greeted, piece, greets), GetParam().want)
            << "pieces of " << piece;
        EXPECT_EQ(greets, GetParam().greets);
    }
}

const std::string ask = "C CAPABILITY\r\n";

const InquiryCase inquiry_cases[] = {
    {"InTheGreeting", "* OK [CAPABILITY IMAP4rev1 ID] ready\r\n", "{IMAP4rev1 ID }"},
    {"Asked", "* OK ready\r\n* CAPABILITY IMAP4rev1 ID\r\nC OK done\r\n", ask + "{IMAP4rev1 ID }"},
    {"AskedAfterStartTls", "* CAPABILITY IMAP4rev1\r\nC OK done\r\n", ask + "{IMAP4rev1 }", true, true},
    {"OthersAreNotMeant", "* OK hi\r\n* 1 EXISTS\r\nX OK no\r\n* CAPABILITY ID\r\nC OK done\r\n", ask + "{ID }"},
    {"InTheCodeOfTheAnswer", "* OK hi\r\nC OK [CAPABILITY IMAP4rev1] done\r\n", ask + "{IMAP4rev1 }"},
    {"WhatIsNoAtomIsLeftOut", "* OK [CAPABILITY IMAP4rev1 \x01Y A(B ID] ready\r\n", "{IMAP4rev1 ID }"},
    {"Preauth", "* PREAUTH anne\r\n", "[its greeting is not OK: PREAUTH anne]", false},
    {"Bye", "* BYE busy\r\n", "[it greets with BYE: BYE busy]", false},
    {"AnotherProtocol", "220 smtp.example.org\r\n", "[no IMAP greeting: smtp.example.org]", false},
    {"RefusesToTell", "* OK hi\r\nC NO not now\r\n", ask + "[it does not list its capabilities: NO not now]"},
    {"SaysNothingOfThem", "* OK hi\r\nC OK done\r\n", ask + "[it does not list its capabilities: OK done]"},
    {"LeavesWhenAsked", "* OK hi\r\n* BYE no\r\n", ask + "[it says BYE: BYE no]"},
    {"WantsMore", "* OK hi\r\n+ go\r\n", ask + "[it asks for more than there is: go]"},
    {"GarbageWhenAsked", "* OK hi\r\n\x16\x03\r\n", ask + "[a line is no IMAP response]"},
};

INSTANTIATE_TEST_SUITE_P(All, Inquiry, testing::ValuesIn(inquiry_cases), [](const auto& test) {
    return test.param.name;
});

TEST(CapabilityInquiry, GivesUpOnAServerThatNeverEnds) {
    CapabilityInquiry inquiry(true);
    InquiryStep step = inquiry.next();
    for (int line = 0; line < 1000 && std::holds_alternative<ReadMore>(step); ++line) {
        inquiry.receive("* CAPABILITY " + std::string(8000, 'X') + "\r\n");
        step = inquiry.next();
    }
    EXPECT_EQ(text_of(step), "[too many lines before the login is answered]");
}

TEST(ReadCapabilities, FindsWhatClientsAreToldOf) {
    const Capabilities dovecot = read_capabilities("IMAP4rev1 SASL-IR id ENABLE IDLE LITERAL+ AUTH=PLAIN").known;
    for (const Capability has :
         {Capability::id, Capability::enable, Capability::literal_plus, Capability::literal_minus})
        EXPECT_TRUE(dovecot.has(has));
    EXPECT_EQ(read_capabilities("IMAP4rev1 IDX LITERAL XID").known, Capabilities{});
    EXPECT_EQ(read_capabilities("").known, Capabilities{});
    const Capabilities revision2 = read_capabilities("IMAP4rev2").known;
    EXPECT_TRUE(revision2.has(Capability::enable) && revision2.has(Capability::literal_minus));
    EXPECT_FALSE(revision2.has(Capability::id) || revision2.has(Capability::literal_plus));
}

TEST(ReadCapabilities, TellsNoMoreThanThereIsRoomFor) {
    std::string list;
    for (int i = 0; i < 2000; ++i) list += "X" + std::to_string(i) + ' ';
    const ServerCapabilities found = read_capabilities(list + "ID");
    std::size_t told = 0;
    for (const std::string& each : found.list) told += each.size() + 1;
    EXPECT_LE(told, max_capability_list);
    EXPECT_GT(told, max_capability_list / 2);
    EXPECT_TRUE(found.known.has(Capability::id)) << "it counts all the same";
}

}  // namespace
}  // namespace postern::proxy::imap
