#include "proxy/imap/command_guard.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::proxy::imap {
namespace {

using namespace std::string_literals;

class CommandGuardTest : public testing::Test {
protected:
    std::string client(std::string_view bytes) { return std::string(guard_.from_client(bytes)); }
    std::string backend(std::string_view bytes) { return std::string(guard_.from_backend(bytes)); }

    CommandGuard guard_{true};
};

TEST_F(CommandGuardTest, LetsOrdinaryTrafficPassAsItIs) {
    for (const std::string line : {"a1 SELECT INBOX\r\n", "a2 UID FETCH 1:* (FLAGS)\r\n", "a3 IDLE\r\n", "DONE\r\n",
                                   "\r\n", "a\r\n", "a4 SEARCH SUBJECT \"LOGIN {5}\"\r\n", "a5 UNAUTHENTICATED\r\n",
                                   "a6 XLOGIN x y\r\n", "a7 STORE 1 LOGIN\r\n"}) {
        EXPECT_EQ(client(line), line);
        EXPECT_FALSE(guard_.awaits_backend());
    }
    EXPECT_EQ(guard_.refused(), 0U);
}

TEST_F(CommandGuardTest, ChangesTheWordOfWhatItKeepsBackAndNothingElse) {
    EXPECT_EQ(client("a UNAUTHENTICATE\r\nb NOOP\r\n"), "a XNAUTHENTICATE\r\nb NOOP\r\n");
    EXPECT_EQ(client("a unauthenticate\r\n"), "a Xnauthenticate\r\n");
    EXPECT_EQ(client("c LOGIN boss secret\r\n"), "c XOGIN boss secret\r\n");
    EXPECT_EQ(client("d Authenticate PLAIN AA==\r\n"), "d Xuthenticate PLAIN AA==\r\n");
    EXPECT_EQ(client("e STARTTLS\r\n"), "e XTARTTLS\r\n");
    EXPECT_EQ(client("f COMPRESS DEFLATE\r\n"), "f XOMPRESS DEFLATE\r\n");
    EXPECT_EQ(client("  g \t LOGIN a b\r\n"), "  g \t XOGIN a b\r\n") << "a server may put up with more spaces";
    EXPECT_EQ(client("h LOGIN\n"), "h XOGIN\n") << "or with a bare line feed";
    EXPECT_EQ(guard_.refused(), 8U);
}

TEST_F(CommandGuardTest, SkipsALiteralThatNobodyHasToWaitFor) {
    const std::string append = "a APPEND INBOX {22+}\r\nb UNAUTHENTICATE\r\nmail\r\nb NOOP\r\n";
    EXPECT_EQ(client(append), append);
    EXPECT_EQ(client("c LOGIN {1+}\r\na {1+}\r\nb\r\nd LOGIN a b\r\n"),
              "c XOGIN {1+}\r\na {1+}\r\nb\r\nd XOGIN a b\r\n");
}

TEST_F(CommandGuardTest, AwaitsTheWordOfTheBackendBeforeALiteral) {
    EXPECT_EQ(client("a APPEND INBOX {18}\r\nb UNAUTHENTICATE\r\n\r\nc LOGIN x y\r\n"), "a APPEND INBOX {18}\r\n");
    EXPECT_TRUE(guard_.awaits_backend());
    EXPECT_EQ(backend("* 5 EXISTS\r\nz OK earlier\r\n"), "* 5 EXISTS\r\nz OK earlier\r\n");
    EXPECT_TRUE(guard_.awaits_backend());
    EXPECT_EQ(backend("+ go"), "+ go");
    EXPECT_FALSE(guard_.awaits_backend());
    EXPECT_EQ(client(""), "b UNAUTHENTICATE\r\n\r\nc XOGIN x y\r\n") << "the first 18 bytes are the literal";
}

TEST_F(CommandGuardTest, TakesForCommandsWhatFollowsALiteralThatWasRefused) {
    EXPECT_EQ(client("a APPEND INBOX {1000}\r\nb UNAUTHENTICATE\r\n"), "a APPEND INBOX {1000}\r\n");
    for (const char c : std::string("* OK {3}\r\n+ a\r\naa NO other\r\n")) {
        std::ignore = backend(std::string(1, c));
        EXPECT_TRUE(guard_.awaits_backend()) << "the + is in a literal, the tag is another one";
    }
    EXPECT_EQ(backend("a NO [TOOBIG]"), "a NO [TOOBIG]");
    EXPECT_TRUE(guard_.awaits_backend()) << "the line is not whole";
    EXPECT_EQ(backend(" too big\r\n"), " too big\r\n");
    EXPECT_EQ(client(""), "b XNAUTHENTICATE\r\n");
}

TEST_F(CommandGuardTest, SeesNoCommandInALiteralOfTheBackend) {
    EXPECT_EQ(client("a LOGIN {4}\r\n"), "a XOGIN {4}\r\n");
    const std::string fetched = "* 1 FETCH (BODY[] {12}\r\n+ x\r\na OK\r\n\r\n)\r\n";
    EXPECT_EQ(backend(fetched), fetched);
    EXPECT_TRUE(guard_.awaits_backend());
}

TEST_F(CommandGuardTest, EndsTheSessionWhereServersDifferAboutALiteral) {
    for (const std::string line :
         {"a X foo{21+}\r\n", "a X \"foo {21+}\r\n", "a X \"foo\\\" {21+}\r\n", "a X foo{21}\r\n", "{21+}\r\n",
          "a{2}\r\n", "a X {2000000001+}\r\n", "a X {18446744073709551615+}\r\n", "a X {99999999999999999999+}\r\n"}) {
        for (std::size_t size = 1; size <= line.size(); ++size) {
            CommandGuard guard(true);
            for (std::size_t at = 0; at < line.size(); at += size)
                std::ignore = guard.from_client(line.substr(at, size));
            EXPECT_TRUE(guard.is_broken()) << line << " in pieces of " << size;
            EXPECT_EQ(guard.from_client("b UNAUTHENTICATE\r\n"), "");
        }
    }
    CommandGuard guard(false);
    EXPECT_EQ(guard.from_client("a APPEND INBOX {18+}\r\nb UNAUTHENTICATE\r\n").find("UNAUTH"), std::string::npos);
    EXPECT_TRUE(guard.is_broken()) << "a backend without LITERAL+ would read commands there";
    for (const std::string line : {"a X \"foo\\\\\" {21+}\r\n", "a X ({21+}\r\n", "a APPEND x ~{21+}\r\n"}) {
        CommandGuard good(true);
        EXPECT_EQ(good.from_client(line + "b UNAUTHENTICATE\r\n"), line + "b UNAUTHENTICATE\r\n") << line;
        EXPECT_FALSE(good.is_broken());
    }
}

TEST_F(CommandGuardTest, TakesWhatIsNoSizeForText) {
    for (const std::string line : {"a X {}\r\n", "a X {x}\r\n", "a X {99999999999999999999999999}\r\n", "a X {-1}\r\n",
                                   "a X {1}x\r\n", "a X 5}\r\n"}) {
        EXPECT_EQ(client(line + "b LOGIN a b\r\n"), line + "b XOGIN a b\r\n");
    }
}

TEST_F(CommandGuardTest, TakesWhatIsNoSizeForTextHoweverItArrives) {
    const std::string no_size = " {99999999999999999999999999}\r\n";
    const std::string from_client = "a X" + no_size + "b LOGIN a b\r\n";
    const std::string from_backend = "* OK" + no_size + "* CAPABILITY IMAP4rev1 UNAUTHENTICATE\r\n";
    for (std::size_t size = 1; size <= from_backend.size(); ++size) {
        CommandGuard guard(true);
        std::string up;
        for (std::size_t at = 0; at < from_client.size(); at += size)
            up += guard.from_client(from_client.substr(at, size));
        EXPECT_EQ(up, "a X" + no_size + "b XOGIN a b\r\n") << "in pieces of " << size;
        std::string down;
        for (std::size_t at = 0; at < from_backend.size(); at += size)
            down += guard.from_backend(from_backend.substr(at, size));
        EXPECT_EQ(down, "* OK" + no_size + "* CAPABILITY IMAP4rev1\r\n") << "in pieces of " << size;
    }
}

TEST_F(CommandGuardTest, GivesTheSameHoweverTheBytesArrive) {
    const std::string said =
        "a SELECT INBOX\r\nb LOGIN {4+}\r\nanna {2+}\r\nxy\r\n c COMPRESS DEFLATE\r\nd APPEND \"IN\\\"BOX\" {9+}\r\n"
        "e LOGIN \n\r\nf UNAUTHENTICATE\r\nDONE\r\n";
    std::string expected = said;
    for (const std::string_view kept : {"b LOGIN", "c COMPRESS", "f UNAUTHENTICATE"})
        expected[expected.find(kept) + 2] = 'X';
    for (std::size_t size = 1; size <= said.size(); ++size) {
        CommandGuard guard(true);
        std::string passed;
        for (std::size_t at = 0; at < said.size(); at += size) passed += guard.from_client(said.substr(at, size));
        EXPECT_EQ(passed, expected) << "in pieces of " << size;
    }
}

TEST_F(CommandGuardTest, HoldsNoMoreThanTheHeadOfACommand) {
    EXPECT_EQ(client(std::string(100'000, 'x')).size(), 100'000U);
    EXPECT_EQ(client("\r\na LOGIN x y\r\n"), "\r\na XOGIN x y\r\n");
    EXPECT_EQ(client("tag"), "");
    EXPECT_EQ(client(" NOOP"), "");
    EXPECT_EQ(client("\r\n"), "tag NOOP\r\n");
}

TEST_F(CommandGuardTest, HandsOutALiteralWithoutCopyingIt) {
    EXPECT_EQ(client("a APPEND INBOX {100000+}\r\n"), "a APPEND INBOX {100000+}\r\n");
    const std::string body(50'000, 'x');
    EXPECT_EQ(guard_.from_client(body).data(), body.data());
}

TEST_F(CommandGuardTest, TakesFromAListWhatNobodyMayUse) {
    const std::string said =
        "* 1 EXISTS\r\n* capability IMAP4rev1 AUTH=PLAIN COMPRESS=DEFLATE UNAUTHENTICATE IDLE\r\n"
        "* CAPABILITIES x\r\n* C\r\n* 1 FETCH (BODY[] {25}\r\n* CAPABILITY AUTH=PLAIN\r\n"
        "* CAPABILITY STARTTLS)\r\na OK done\r\n";
    std::string expected = said;
    const std::string list = "* capability IMAP4rev1 AUTH=PLAIN COMPRESS=DEFLATE UNAUTHENTICATE IDLE\r\n";
    expected.replace(expected.find(list), list.size(), "* CAPABILITY IMAP4rev1 IDLE\r\n");
    for (std::size_t size = 1; size <= said.size(); ++size) {
        CommandGuard guard(true);
        std::string passed;
        for (std::size_t at = 0; at < said.size(); at += size) passed += guard.from_backend(said.substr(at, size));
        EXPECT_EQ(passed, expected) << "in pieces of " << size;
        EXPECT_FALSE(guard.is_broken());
    }
}

TEST_F(CommandGuardTest, EndsTheSessionAtAListThatIsNone) {
    EXPECT_EQ(backend("* 1 EXISTS\r\n* CAPABILITY IMAP4rev1 {5}\r\nhello\r\n"), "* 1 EXISTS\r\n");
    EXPECT_TRUE(guard_.is_broken());
    CommandGuard other(true);
    std::size_t passed = other.from_backend("* CAPABILITY ").size();
    for (int i = 0; i < 20; ++i) passed += other.from_backend(std::string(1000, 'X')).size();
    EXPECT_TRUE(other.is_broken());
    EXPECT_EQ(passed, 0U);
}

TEST_F(CommandGuardTest, HandsOutWhatIsNoListWithoutCopyingIt) {
    const std::string fetched = "* 1 FETCH (FLAGS ())\r\n* 2 FETCH (FLAGS ())\r\na OK done\r\n";
    EXPECT_EQ(guard_.from_backend(fetched).data(), fetched.data());
}

TEST_F(CommandGuardTest, SaysLastWordsOnlyBetweenResponses) {
    EXPECT_EQ(guard_.farewell(), "* BYE The session is ended by the server\r\n");
    for (const std::string part : {"* 1 FE", "TCH (BODY[] {4}\r\n", "ab", "cd"}) {
        std::ignore = backend(part);
        EXPECT_EQ(guard_.farewell(), "") << part;
    }
    std::ignore = backend(")\r\n");
    EXPECT_NE(guard_.farewell(), "");
}

/// Where COMPRESS may pass.
class CompressingGuardTest : public testing::Test {
protected:
    std::string client(std::string_view bytes) { return std::string(guard_.from_client(bytes)); }
    std::string backend(std::string_view bytes) { return std::string(guard_.from_backend(bytes)); }

    /// The client asks, and sends `more` without waiting.
    void ask(const std::string& more = "") {
        EXPECT_EQ(client("a NOOP\r\nc compress DEFLATE\r\n" + more), "a NOOP\r\nc compress DEFLATE\r\n");
        EXPECT_TRUE(guard_.awaits_backend());
        EXPECT_EQ(guard_.refused(), 0U);
    }

    CommandGuard guard_{true, config::Compression::pass};
};

TEST_F(CompressingGuardTest, IsBlindFromTheOkOn) {
    ask();
    EXPECT_EQ(backend("* 3 EXISTS\r\na OK done\r\nc OK go\r\n\x01{9}\r\nzz"),
              "* 3 EXISTS\r\na OK done\r\nc OK go\r\n\x01{9}\r\nzz");
    EXPECT_FALSE(guard_.awaits_backend());
    const std::string bytes = "d LOGIN a b\r\nx{5}\r\n\0"s + std::string(3000, '{');
    EXPECT_EQ(client(bytes), bytes);
    EXPECT_EQ(guard_.from_client(bytes).data(), bytes.data()) << "without a copy";
    EXPECT_EQ(backend("+ {1000}\r\n"), "+ {1000}\r\n");
    EXPECT_FALSE(guard_.is_broken());
    EXPECT_EQ(guard_.farewell(), "") << "clear text would be taken for compressed";
}

TEST_F(CompressingGuardTest, KnowsTheOkHoweverItArrives) {
    const std::string said = "* OK {3}\r\nc O\r\nab OK x\r\nC OK x\r\nc OK [X] go\r\n";
    ask();
    std::string passed;
    for (const char c : said) {
        EXPECT_TRUE(guard_.awaits_backend());
        passed += backend(std::string(1, c));
    }
    EXPECT_EQ(passed, said);
    EXPECT_FALSE(guard_.awaits_backend());
    EXPECT_EQ(client("d LOGIN a b\r\n"), "d LOGIN a b\r\n");
}

class Refusal : public CompressingGuardTest, public testing::WithParamInterface<std::string> {};

TEST_P(Refusal, LeavesTheGuardOn) {
    ask("d LOGIN a b\r\n");
    EXPECT_EQ(backend("a OK done\r\n" + GetParam()), "a OK done\r\n" + GetParam());
    EXPECT_EQ(client(""), "d XOGIN a b\r\n") << "what was sent behind it is read like any other";
    EXPECT_NE(guard_.farewell(), "");
    EXPECT_EQ(guard_.refused(), 1U);
}

INSTANTIATE_TEST_SUITE_P(OfCompression,
                         Refusal,
                         testing::Values("c NO [COMPRESSIONACTIVE] it is\r\n", "c BAD no\r\n", "c OKAY\r\n", "c \r\n"));

TEST_F(CompressingGuardTest, TellsOfCompressionAndLooksAtNoListThatIsCompressed) {
    EXPECT_EQ(backend("* CAPABILITY IMAP4rev1 COMPRESS=DEFLATE AUTH=PLAIN\r\n"),
              "* CAPABILITY IMAP4rev1 COMPRESS=DEFLATE\r\n");
    ask();
    EXPECT_EQ(backend("* CAPABILITY AUTH=PLAIN\r\nc OK go\r\n* CAPABILITY AUTH=PLAIN\r\n"),
              "* CAPABILITY IMAP4rev1\r\nc OK go\r\n* CAPABILITY AUTH=PLAIN\r\n");
    EXPECT_EQ(backend("* CAPABILITY AUTH=PLAIN\r\n"), "* CAPABILITY AUTH=PLAIN\r\n");
}

TEST_F(CompressingGuardTest, HoldsWhatIsSentBehindItUntilTheAnswer) {
    ask("\x02\x03");
    EXPECT_EQ(client("\x04"), "");
    EXPECT_EQ(backend("c OK go\r\n"), "c OK go\r\n");
    EXPECT_EQ(client(""), "\x02\x03\x04");
    EXPECT_EQ(client("\x05"), "\x05");
}

TEST_F(CompressingGuardTest, KeepsBackWhatIsNoPlainCompress) {
    EXPECT_EQ(client("  c COMPRESS DEFLATE\r\nd  COMPRESS DEFLATE\r\n"),
              "  c XOMPRESS DEFLATE\r\nd  XOMPRESS DEFLATE\r\n")
        << "its answer could not be told from others";
    EXPECT_EQ(client("e LOGIN a b\r\nf UNAUTHENTICATE\r\n"), "e XOGIN a b\r\nf XNAUTHENTICATE\r\n");
    EXPECT_FALSE(guard_.awaits_backend());
    EXPECT_EQ(client("c COMPRESS {7+}\r\nDEFLATE\r\n"), "c COMPRESS") << "the line does not end";
    EXPECT_TRUE(guard_.is_broken());
}

}  // namespace
}  // namespace postern::proxy::imap
