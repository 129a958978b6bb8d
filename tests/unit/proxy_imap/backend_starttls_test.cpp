// STARTTLS towards a backend: TLS or nothing, and nothing of what was said before it.
#include "proxy/imap/backend_starttls.hpp"

#include "backend_driver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>

namespace postern::proxy::imap {
namespace {

using namespace std::string_literals;

const std::string ask = "S STARTTLS\r\n";
const std::string greeting = "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n";

/// What we wrote, and "tls", "more" or "failed <fault> <detail>".
struct Asking {
    std::string written;
    std::string last = "more";

    BackendStartTls request = BackendStartTls{};

    void hear(std::string_view bytes) {
        if (last != "more") return;
        request.receive(bytes);
        const BackendTlsStep step = request.next();
        written += request.take_output();
        if (std::holds_alternative<StartTls>(step)) last = "tls";
        if (const auto* failed = std::get_if<BackendFailed>(&step)) last = fakes::describe(BackendStep(*failed));
    }
};

struct StartCase {
    std::string name;
    std::string greets;   ///< what comes before we have asked
    std::string answers;  ///< and after
    std::string want;
};

void PrintTo(const StartCase& test, std::ostream* stream) {
    *stream << test.name;
}

class Starting : public testing::TestWithParam<StartCase> {};

TEST_P(Starting, ComesToThatHoweverTheBytesArrive) {
    const auto& [name, greets, answers, want] = GetParam();
    for (std::size_t piece = 1; piece <= greets.size(); ++piece) {
        Asking asking;
        for (std::size_t at = 0; at < greets.size(); at += piece)
            asking.hear(std::string_view(greets).substr(at, piece));
        if (!answers.empty()) {
            EXPECT_EQ(asking.written, ask);
            EXPECT_EQ(asking.last, "more");
        }
        asking.hear(answers);
        EXPECT_EQ(asking.last, want) << "greeting in pieces of " << piece;
    }
    // Only what comes with the end of its OK counts as being behind it: the rest is read as TLS, and so fails.
    for (std::size_t at = 0; at < std::min(answers.size(), answers.find("\r\n")); ++at) {
        Asking asking;
        asking.hear(greets);
        asking.hear(std::string_view(answers).substr(0, at));
        asking.hear(std::string_view(answers).substr(at));
        EXPECT_EQ(asking.last, want) << "answer cut at " << at;
    }
}

const StartCase start_cases[] = {
    {"Ok", greeting, "S OK begin\r\n", "tls"},
    {"WithoutCapabilities", "* OK ready\r\n", "S OK begin\r\n", "tls"},
    {"CapabilitiesAreNotBelieved", "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n", "S OK begin\r\n", "tls"},
    {"UntaggedLinesArePassedOver", greeting, "* OK patience\r\n* 3 EXISTS\r\nT OK other\r\nS OK begin\r\n", "tls"},
    {"Preauth", "* PREAUTH welcome anne\r\n", "", "failed 3 its greeting is not OK: PREAUTH welcome anne"},
    {"Bye", "* BYE busy\r\n", "", "failed 0 it greets with BYE: BYE busy"},
    {"NoGreeting", "220 smtp.example.org\r\n", "", "failed 3 no IMAP greeting: smtp.example.org"},
    {"TlsAtOnce", "\x16\x03\x01\r\n", "", "failed 3 a line is no IMAP response"},
    {"Bad", greeting, "S BAD unknown\r\n", "failed 2 it does not take STARTTLS: BAD unknown"},
    {"No", greeting, "S NO not here\r\n", "failed 2 it does not take STARTTLS: NO not here"},
    {"NotNow", greeting, "S NO [UNAVAILABLE] later\r\n", "failed 0 it does not take STARTTLS: NO [UNAVAILABLE] later"},
    {"Goodbye", greeting, "* BYE shutdown\r\n", "failed 0 it says BYE: BYE shutdown"},
    {"PreauthAsAnswer", greeting, "S PREAUTH anne\r\n", "failed 2 it does not take STARTTLS: PREAUTH anne"},
    {"Continuation", greeting, "+ go\r\n", "failed 3 it asks for more than there is: go"},
};

INSTANTIATE_TEST_SUITE_P(All, Starting, testing::ValuesIn(start_cases), [](const auto& test) {
    return test.param.name;
});

/// CVE-2021-38371 and its kin: replies that an attacker adds in plaintext to be read within TLS.
TEST(BackendStartTls, FailsWhenAnythingStandsBehindItsOk) {
    for (const std::string& injected :
         {"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"s, "C OK\r\n"s, "* PREAUTH eve\r\n"s, "*"s, "\r\n"s, "\0"s}) {
        for (std::size_t with_it = 1; with_it <= injected.size(); ++with_it) {
            Asking asking;
            asking.hear(greeting);
            asking.hear("S OK begin\r\n" + injected.substr(0, with_it));
            EXPECT_EQ(asking.last, "failed 3 it says more between STARTTLS and TLS");
            EXPECT_EQ(asking.written, ask) << "and nothing more is written";
        }
    }
}

TEST(BackendStartTls, FailsWhenTheAnswerWasThereBeforeTheQuestion) {
    Asking asking;
    asking.hear(greeting + "S OK begin\r\n");
    EXPECT_EQ(asking.last, "failed 3 it answers STARTTLS before it was sent: OK begin");
    EXPECT_EQ(asking.written, "");
}

TEST(BackendStartTls, BoundsWhatItListensTo) {
    Asking asking;
    asking.hear(greeting);
    std::string endless;
    for (int i = 0; i < 1000; ++i) endless += "* OK still there\r\n";
    asking.hear(endless);
    EXPECT_EQ(asking.last, "failed 3 too many lines before the login is answered");
}

TEST(BackendLoginAfterStartTls, AsksForCapabilitiesAnewAndExpectsNoGreeting) {
    fakes::Visitor visitor;
    visitor.backend.tls = config::BackendTls::starttls;
    BackendLogin login(visitor.user());
    EXPECT_TRUE(std::holds_alternative<ReadMore>(login.next()));
    EXPECT_EQ(base::view(login.take_output()), "C CAPABILITY\r\n");
    login.receive("* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\nC OK\r\n");
    EXPECT_TRUE(std::holds_alternative<ReadMore>(login.next()));
    EXPECT_EQ(base::view(login.take_output()), "L AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==\r\n");
    login.receive("L OK [CAPABILITY IMAP4rev1 IDLE] in\r\n");
    EXPECT_EQ(fakes::describe(login.next()), "ready IMAP4rev1 IDLE");
}

}  // namespace
}  // namespace postern::proxy::imap
