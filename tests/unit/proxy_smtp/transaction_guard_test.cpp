#include "proxy/smtp/transaction_guard.hpp"

#include "proxy/smtp/replies.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace postern::proxy::smtp {
namespace {

using enum config::Language;

/// Lets one sender and a number of recipients pass.
class OneSender final : public TransactionPolicy {
public:
    std::optional<std::string_view> refuse_message(std::string_view mailbox) override {
        seen.emplace_back(mailbox);
        return mailbox == "anna@example.org" ? std::nullopt : std::optional(replies::sender_not_own.in(english));
    }
    std::optional<std::string_view> refuse_recipient() override {
        return recipients-- > 0 ? std::nullopt : std::optional(replies::recipients_over.in(english));
    }
    std::vector<std::string> seen;
    int recipients = 100;
};

class TransactionGuardTest : public testing::Test {
protected:
    std::string client(std::string_view bytes) { return std::string(guard_.from_client(bytes)); }
    std::string backend(std::string_view bytes) { return std::string(guard_.from_backend(bytes)); }
    /// A whole transaction up to the text of the message.
    void begin_message() {
        EXPECT_EQ(client("MAIL FROM:<anna@example.org>\r\nRCPT TO:<x@example.org>\r\nDATA\r\n"),
                  "MAIL FROM:<anna@example.org>\r\nRCPT TO:<x@example.org>\r\nDATA\r\n");
        EXPECT_EQ(backend("250 ok\r\n250 ok\r\n354 go on\r\n"), "250 ok\r\n250 ok\r\n354 go on\r\n");
    }

    static std::unique_ptr<OneSender> one_sender() { return std::make_unique<OneSender>(); }

    std::unique_ptr<OneSender> owned_ = one_sender();
    OneSender& policy_ = *owned_;
    TransactionGuard guard_{std::move(owned_), true};
};

TEST_F(TransactionGuardTest, LetsATransactionPass) {
    begin_message();
    EXPECT_EQ(client("Subject: x\r\n\r\nMAIL FROM:<boss@example.org>\r\n.\r\nQUIT\r\n"),
              "Subject: x\r\n\r\nMAIL FROM:<boss@example.org>\r\n.\r\nQUIT\r\n");
    EXPECT_EQ(backend("250 2.0.0 queued\r\n221 bye\r\n"), "250 2.0.0 queued\r\n221 bye\r\n");
    EXPECT_EQ(policy_.seen, std::vector<std::string>{"anna@example.org"});
    EXPECT_EQ(guard_.refused(), 0U);
}

struct Refused {
    std::string name, line, reply;
};
class RefusedCommand : public TransactionGuardTest, public testing::WithParamInterface<Refused> {};

TEST_P(RefusedCommand, NeverReachesTheBackendAndIsAnsweredInOrder) {
    EXPECT_EQ(client("RSET\r\n" + GetParam().line + "\r\nRSET\r\n"), "RSET\r\nNOOP\r\nRSET\r\n");
    EXPECT_EQ(backend("250 first\r\n"), "250 first\r\n");
    EXPECT_EQ(backend("250-of\r\n250 noop\r\n250 last\r\n"), GetParam().reply + "250 last\r\n");
    EXPECT_EQ(guard_.refused(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Guard,
    RefusedCommand,
    testing::ValuesIn(std::vector<Refused>{
        {"Xclient", "XCLIENT LOGIN=boss", std::string(replies::command_not_here)},
        {"XclientInAnyCase", "xClient ADDR=1.2.3.4", std::string(replies::command_not_here)},
        {"Xforward", "XFORWARD ADDR=1.2.3.4", std::string(replies::command_not_here)},
        {"StartTls", "STARTTLS", std::string(replies::command_not_here)},
        {"Etrn", "ETRN x", std::string(replies::command_not_here)},
        {"Auth", "AUTH PLAIN AGEAYg==", std::string(replies::already_authenticated)},
        {"Unknown", "XYZZY", std::string(replies::unknown_command)},
        {"Nothing", "", std::string(replies::unknown_command)},
        {"SpaceInFront", " XCLIENT LOGIN=boss", std::string(replies::unknown_command)},
        {"TabBehind", "XCLIENT\tLOGIN=boss", std::string(replies::unknown_command)},
        {"Nul", std::string("NOOP\0XCLIENT", 12), std::string(replies::unknown_command)},
        {"ForeignSender", "MAIL FROM:<boss@example.org>", std::string(replies::sender_not_own.in(english))},
        {"SenderWithoutBrackets", "MAIL FROM:anna@example.org", std::string(replies::bad_path)},
        {"SenderWithTwoPaths", "MAIL FROM:<anna@example.org><boss@example.org>", std::string(replies::bad_path)},
        {"SenderWithoutEnd", "MAIL FROM:<anna@example.org", std::string(replies::bad_path)},
        {"OpenQuote", "MAIL FROM:<\"anna@example.org>", std::string(replies::bad_path)},
        {"RecipientWithControl", "RCPT TO:<a\x01@example.org>", std::string(replies::bad_path)},
        {"RecipientAsSender", "RCPT FROM:<a@example.org>", std::string(replies::bad_path)},
    }),
    [](const auto& test) { return test.param.name; });

TEST_F(TransactionGuardTest, AwaitsTheReplyToDataBeforeItLooksAtWhatFollows) {
    EXPECT_EQ(client("DATA\r\nMAIL FROM:<boss@example.org>\r\nXCLIENT LOGIN=boss\r\n"), "DATA\r\n");
    EXPECT_TRUE(guard_.awaits_backend());
    EXPECT_EQ(client(""), "");
    EXPECT_EQ(backend("503 need MAIL\r\n"), "503 need MAIL\r\n");
    EXPECT_FALSE(guard_.awaits_backend());
    EXPECT_EQ(client(""), "NOOP\r\nNOOP\r\n") << "they are commands";
    EXPECT_EQ(backend("250 ok\r\n250 ok\r\n"),
              std::string(replies::sender_not_own.in(english)) + std::string(replies::command_not_here));

    EXPECT_EQ(client("DATA\r\nMAIL FROM:<boss@example.org>\r\n.\r\nXFORWARD x\r\n"), "DATA\r\n");
    EXPECT_EQ(backend("354-go\r\n354 on\r\n"), "354-go\r\n354 on\r\n");
    EXPECT_EQ(client(""), "MAIL FROM:<boss@example.org>\r\n.\r\nNOOP\r\n") << "they are a message";
}

TEST_F(TransactionGuardTest, NeutralisesWhatAnotherServerWouldTakeForTheEnd) {
    begin_message();
    EXPECT_EQ(client("a\n.\nMAIL FROM:<boss@example.org>\r\n.\r\n"),
              "a\r\n..\r\nMAIL FROM:<boss@example.org>\r\n.\r\n");
    EXPECT_EQ(backend("250 queued\r\n"), "250 queued\r\n");
}

TEST_F(TransactionGuardTest, PassesChunksByTheirSize) {
    const std::string chunk = "XCLIENT LOGIN=boss\r\n";
    EXPECT_EQ(client("BDAT 20\r\n" + chunk + "BDAT 0 LAST\r\nXCLIENT x\r\n"),
              "BDAT 20\r\n" + chunk + "BDAT 0 LAST\r\nNOOP\r\n");
    EXPECT_EQ(backend("250 a\r\n250 b\r\n250 c\r\n"), "250 a\r\n250 b\r\n" + std::string(replies::command_not_here));
}

TEST_F(TransactionGuardTest, EndsTheSessionWhenTheSizeOfAChunkCannotBeKnown) {
    for (const std::string argument : {"", "x", "-1", "99999999999999999999999", "18446744073709551615", "1000000000",
                                       "0000000001", "5 FIRST", "5LAST", "5  LAST", "0x5"}) {
        TransactionGuard guard(one_sender(), true);
        EXPECT_EQ(guard.from_client("BDAT " + argument + "\r\nXCLIENT LOGIN=boss\r\n"), "QUIT\r\n") << argument;
        EXPECT_EQ(guard.from_client("XCLIENT LOGIN=boss\r\n"), "");
        EXPECT_EQ(guard.from_backend("221 bye\r\n"), replies::bad_chunk);
    }
}

TEST_F(TransactionGuardTest, KeepsChunksFromABackendThatWouldReadThemAsCommands) {
    TransactionGuard guard(one_sender(), false);
    EXPECT_EQ(guard.from_client("BDAT 20 LAST\r\nXCLIENT LOGIN=boss\r\n"), "QUIT\r\n");
    EXPECT_EQ(guard.from_backend("221 bye\r\n"), replies::chunks_not_here);
}

TEST_F(TransactionGuardTest, TellsNoExtensionThatPosternAnswersFor) {
    EXPECT_EQ(client("EHLO a.example.org\r\n"), "EHLO a.example.org\r\n");
    EXPECT_EQ(
        backend("250-relay\r\n250-SIZE 100\r\n250-XCLIENT NAME ADDR\r\n250-VRFY\r\n250-AUTH PLAIN\r\n250-CHUNKING\r\n"),
        "");
    EXPECT_EQ(backend("250-STARTTLS\r\n250-ETRN\r\n250-EXPN\r\n250 XFORWARD\r\n"),
              "250-relay\r\n250-SIZE 100\r\n250 CHUNKING\r\n");
    EXPECT_EQ(client("HELO a.example.org\r\n"), "HELO a.example.org\r\n");
    EXPECT_EQ(backend("250 relay\r\n"), "250 relay\r\n");
    EXPECT_EQ(client("BDAT 1 LAST\r\n"), "QUIT\r\n") << "the last reply did not offer it";
}

TEST_F(TransactionGuardTest, TakesNoLineThatTwoServersCouldReadInTwoWays) {
    for (const std::string line :
         {"NOOP\nXCLIENT LOGIN=boss\r\n", "NOOP\rXCLIENT LOGIN=boss\r\n", "\n", "\r\r\n", "NOOP\n"}) {
        for (std::size_t size = 1; size <= line.size(); ++size) {
            TransactionGuard guard(one_sender(), true);
            std::string passed;
            for (std::size_t at = 0; at < line.size(); at += size) passed += guard.from_client(line.substr(at, size));
            EXPECT_EQ(passed, "QUIT\r\n") << testing::PrintToString(line) << " in pieces of " << size;
            EXPECT_EQ(guard.from_backend("221 bye\r\n"), replies::bare_line_ending);
        }
    }
}

TEST_F(TransactionGuardTest, BoundsLinesOfBothSides) {
    EXPECT_EQ(client("NOOP " + std::string(TransactionGuard::longest_command, 'x')), "QUIT\r\n");
    EXPECT_EQ(backend("221 bye\r\n"), replies::line_too_long);
    EXPECT_EQ(backend("250 " + std::string(TransactionGuard::longest_reply_line, 'x')), "");
    EXPECT_TRUE(guard_.is_broken());
    TransactionGuard other(one_sender(), true);
    EXPECT_EQ(other.from_client("EHLO x\r\n"), "EHLO x\r\n");
    for (int i = 0; i < 100; ++i) std::ignore = other.from_backend("250-" + std::string(1000, 'x') + "\r\n");
    EXPECT_TRUE(other.is_broken());
}

TEST_F(TransactionGuardTest, WaitsWhenTooManyRepliesAreOutstanding) {
    std::string many;
    for (int i = 0; i < 100; ++i) many += "NOOP\r\n";
    EXPECT_EQ(client(many).size(), TransactionGuard::most_replies_awaited * 6);
    EXPECT_TRUE(guard_.awaits_backend());
    EXPECT_EQ(backend("250 ok\r\n"), "250 ok\r\n");
    EXPECT_EQ(client(""), "NOOP\r\n");
}

TEST_F(TransactionGuardTest, EndsASessionThatTriesTooOften) {
    std::string passed;
    for (std::uint32_t i = 0; i < TransactionGuard::most_refused_commands; ++i) {
        passed += client("AUTH PLAIN x\r\n");
        EXPECT_EQ(backend("250 ok\r\n"), replies::already_authenticated);
    }
    EXPECT_FALSE(passed.contains("QUIT"));
    EXPECT_EQ(client("AUTH PLAIN x\r\nNOOP\r\n"), "QUIT\r\n");
    EXPECT_EQ(backend("221 bye\r\n"), replies::too_many_bad_commands);
}

TEST_F(TransactionGuardTest, LimitsRecipients) {
    policy_.recipients = 1;
    EXPECT_EQ(client("RCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\n"), "RCPT TO:<a@x>\r\nNOOP\r\n");
    EXPECT_EQ(backend("250 a\r\n250 b\r\n"), "250 a\r\n" + std::string(replies::recipients_over.in(english)));
}

TEST_F(TransactionGuardTest, HandsOnThatTheBackendCloses) {
    EXPECT_EQ(backend("421 4.4.2 timeout\r\n"), "421 4.4.2 timeout\r\n") << "unasked";
    EXPECT_EQ(client("AUTH x\r\n"), "NOOP\r\n");
    EXPECT_EQ(backend("421 4.3.2 going\r\n"), "421 4.3.2 going\r\n") << "in place of ours";
    EXPECT_FALSE(guard_.is_broken());
}

TEST_F(TransactionGuardTest, IsBrokenByAReplyThatNobodyAskedFor) {
    for (const std::string said : {"250 ok\r\n", "hello\r\n", "250 a\n", "999 x\r\n", "25\r\n", "250_x\r\n"}) {
        TransactionGuard guard(one_sender(), true);
        EXPECT_EQ(guard.from_backend(said), "");
        EXPECT_TRUE(guard.is_broken()) << testing::PrintToString(said);
    }
}

TEST_F(TransactionGuardTest, SaysLastWordsOnlyBetweenCommands) {
    EXPECT_EQ(guard_.farewell(), replies::session_ends.in(english));
    EXPECT_EQ(client("MAIL FROM:<anna@example.org>\r\n"), "MAIL FROM:<anna@example.org>\r\n");
    EXPECT_EQ(guard_.farewell(), "");
    EXPECT_EQ(backend("250 o"), "");
    EXPECT_EQ(guard_.farewell(), "");
    EXPECT_EQ(backend("k\r\n"), "250 ok\r\n");
    EXPECT_EQ(guard_.farewell(), replies::session_ends.in(english));
    EXPECT_EQ(client("DATA\r\n"), "DATA\r\n");
    EXPECT_EQ(backend("354 go\r\n"), "354 go\r\n");
    EXPECT_EQ(guard_.farewell(), "") << "he would take it for the reply to his message";
}

TEST_F(TransactionGuardTest, GivesTheSameHoweverTheBytesArrive) {
    const std::string said =
        "EHLO x\r\nMAIL FROM:<anna@example.org>\r\nXCLIENT x\r\nRCPT TO:<a@x>\r\nDATA\r\na\n.\nb\r\n.\r\nBDAT 3\r\nab\r"
        "RSET\r\nQUIT\r\n";
    const std::vector<std::string> answers{"250-relay\r\n250-XCLIENT\r\n250 CHUNKING\r\n",
                                           "250 m\r\n",
                                           "250 n\r\n",
                                           "250 r\r\n",
                                           "354 d\r\n",
                                           "250 q\r\n",
                                           "250 b\r\n",
                                           "250 s\r\n",
                                           "221 bye\r\n"};
    std::string expected_up, expected_down;
    for (std::size_t size = said.size(); size >= 1; --size) {
        TransactionGuard guard(one_sender(), true);
        std::string up, down;
        std::size_t answered = 0;
        const auto answer = [&] {
            // One reply for each command that the backend has seen.
            while (guard.awaits_backend() && answered < answers.size()) {
                for (const char c : answers[answered]) down += guard.from_backend(std::string_view(&c, 1));
                ++answered;
                up += guard.from_client("");
            }
        };
        for (std::size_t at = 0; at < said.size(); at += size) {
            up += guard.from_client(said.substr(at, size));
            answer();
        }
        while (answered < answers.size()) {
            down += guard.from_backend(answers[answered++]);
            up += guard.from_client("");
        }
        if (expected_up.empty()) {
            expected_up = up;
            expected_down = down;
            EXPECT_TRUE(up.contains("a\r\n..\r\nb\r\n.\r\nBDAT 3\r\nab\rRSET\r\nQUIT\r\n")) << up;
            EXPECT_TRUE(down.starts_with("250-relay\r\n250 CHUNKING\r\n250 m\r\n502 ")) << down;
        }
        EXPECT_EQ(up, expected_up) << "in pieces of " << size;
        EXPECT_EQ(down, expected_down) << "in pieces of " << size;
    }
}

}  // namespace
}  // namespace postern::proxy::smtp
