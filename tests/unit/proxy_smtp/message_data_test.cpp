#include "proxy/smtp/message_data.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace postern::proxy::smtp {
namespace {

struct Outcome {
    std::string text;
    std::size_t taken = 0;
    bool has_ended = false;

    friend bool operator==(const Outcome&, const Outcome&) = default;
    friend void PrintTo(const Outcome& outcome, std::ostream* out) {
        *out << testing::PrintToString(outcome.text) << ", " << outcome.taken << " taken, "
             << (outcome.has_ended ? "ended" : "goes on");
    }
};

/// In pieces of `size` bytes.
Outcome run(std::string_view bytes, std::size_t size) {
    MessageData data;
    data.begin();
    Outcome outcome;
    while (outcome.taken < bytes.size() && !outcome.has_ended) {
        const auto piece = data.take(bytes.substr(outcome.taken, size));
        outcome.text += piece.text;
        outcome.taken += piece.taken;
        outcome.has_ended = piece.has_ended;
    }
    return outcome;
}

/// The lines of a message as a strict server reads them, and where it ends; what another would take for an end counts
/// as one too if `lenient`.
std::size_t ends_in(std::string_view text, bool lenient) {
    std::string normal;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_pair = text.substr(i).starts_with("\r\n");
        if (is_pair || (lenient && (text[i] == '\r' || text[i] == '\n'))) {
            normal += "\r\n";
            i += is_pair ? 1 : 0;
        } else {
            normal += text[i];
        }
    }
    std::size_t ends = normal.starts_with(".\r\n") ? 1 : 0;
    for (std::size_t at = normal.find("\r\n.\r\n"); at != std::string::npos; at = normal.find("\r\n.\r\n", at + 2))
        ++ends;
    return ends;
}

struct Case {
    std::string name, bytes, text;
};
class MessageDataCases : public testing::TestWithParam<Case> {};

TEST_P(MessageDataCases, PassesOneMessageHoweverItArrives) {
    for (std::size_t size = 1; size <= GetParam().bytes.size(); ++size) {
        const Outcome outcome = run(GetParam().bytes + "NEXT", size);
        EXPECT_EQ(outcome, (Outcome{GetParam().text, GetParam().bytes.size(), true})) << "in pieces of " << size;
    }
}

// What is in `text` in place of `bytes`: RFC 5321 section 4.5.2, and the ways of smuggling known since 2023.
INSTANTIATE_TEST_SUITE_P(Data,
                         MessageDataCases,
                         testing::ValuesIn(std::vector<Case>{
                             {"Plain", "a\r\nb\r\n.\r\n", "a\r\nb\r\n.\r\n"},
                             {"Empty", ".\r\n", ".\r\n"},
                             {"EmptyLines", "\r\n\r\n\r\n.\r\n", "\r\n\r\n\r\n.\r\n"},
                             {"Stuffed", "..\r\n.a\r\n..b\r\n.\r\n", "..\r\n.a\r\n..b\r\n.\r\n"},
                             {"DotsInside", "a.b.\r\na.\r\n.\r\n", "a.b.\r\na.\r\n.\r\n"},
                             {"OnlyLineFeeds", "a\nb\n\r\n.\r\n", "a\r\nb\r\n\r\n.\r\n"},
                             {"LfDotLf", "a\n.\nMAIL FROM:<x>\r\n.\r\n", "a\r\n..\r\nMAIL FROM:<x>\r\n.\r\n"},
                             {"LfDotCrLf", "a\n.\r\nMAIL\r\n.\r\n", "a\r\n..\r\nMAIL\r\n.\r\n"},
                             {"CrDotCr", "a\r.\rMAIL\r\n.\r\n", "a\r\n..\r\nMAIL\r\n.\r\n"},
                             {"CrDotCrLf", "a\r.\r\nMAIL\r\n.\r\n", "a\r\n..\r\nMAIL\r\n.\r\n"},
                             {"CrLfDotLf", "a\r\n.\nMAIL\r\n.\r\n", "a\r\n..\r\nMAIL\r\n.\r\n"},
                             {"CrLfDotCr", "a\r\n.\rMAIL\r\n.\r\n", "a\r\n..\r\nMAIL\r\n.\r\n"},
                             {"CrLfDotCrCrLf", "a\r\n.\r\r\nMAIL\r\n.\r\n", "a\r\n..\r\n\r\nMAIL\r\n.\r\n"},
                             {"CrCrLfDotCrLf", "a\r\r\n.\r\n", "a\r\n\r\n.\r\n"},
                             {"CrLfNulDot", std::string("a\r\n\0.\r\nb\r\n.\r\n", 13),
                              std::string("a\r\n\0.\r\nb\r\n.\r\n", 13)},
                             {"LineFeedFirst", "\n.\n\r\n.\r\n", "\r\n..\r\n\r\n.\r\n"},
                             {"CarriageReturnFirst", "\r.\r\r\n.\r\n", "\r\n..\r\n\r\n.\r\n"},
                             {"DotLineFeedFirst", ".\nx\r\n.\r\n", "..\r\nx\r\n.\r\n"},
                             {"StuffedDotThenLineFeed", "..\nx\r\n.\r\n", "..\r\nx\r\n.\r\n"},
                             {"LineFeedThenTwoDots", "a\n..\n\r\n.\r\n", "a\r\n...\r\n\r\n.\r\n"},
                             {"LongLine", std::string(5000, 'x') + "\r\n.\r\n", std::string(5000, 'x') + "\r\n.\r\n"},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(MessageDataTest, HandsOutWhatNeedsNoChangeWithoutCopyingIt) {
    MessageData data;
    const std::string_view bytes = "a\r\n.b\r\nc";
    const auto piece = data.take(bytes);
    EXPECT_EQ(piece.text.data(), bytes.data());
    EXPECT_EQ(piece.text, bytes);
}

TEST(MessageDataTest, IsOneMessageForEveryServerWhateverIsInIt) {
    std::mt19937 random(20261128);  // NOLINT(cert-msc51-cpp): the same every time
    constexpr std::array<char, 4> letters{'\r', '\n', '.', 'x'};
    std::size_t ended = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes;
        for (int i = 0; i < 14; ++i) bytes += letters[random() % letters.size()];
        bytes += "\r\n.\r\n";
        const Outcome whole = run(bytes, bytes.size());
        ASSERT_TRUE(whole.has_ended) << testing::PrintToString(bytes);
        EXPECT_EQ(run(bytes, 1), whole) << testing::PrintToString(bytes);
        EXPECT_EQ(run(bytes, 1 + random() % 5), whole) << testing::PrintToString(bytes);
        EXPECT_EQ(ends_in(whole.text, false), 1U)
            << testing::PrintToString(bytes) << " became " << testing::PrintToString(whole.text);
        EXPECT_EQ(ends_in(whole.text, true), 1U)
            << testing::PrintToString(bytes) << " became " << testing::PrintToString(whole.text);
        // It ends where a strict server would have ended it, and not elsewhere.
        EXPECT_EQ(ends_in(std::string_view(bytes).substr(0, whole.taken), false), 1U) << testing::PrintToString(bytes);
        ended += whole.taken < bytes.size() ? 1 : 0;
    }
    EXPECT_GT(ended, 0U) << "some of them had an end inside";
}

}  // namespace
}  // namespace postern::proxy::smtp
