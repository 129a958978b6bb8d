#include "proxy/smtp/extensions.hpp"
#include "tests/unit/proxy_smtp/login_transcript.hpp"

#include <gtest/gtest.h>

namespace postern::proxy::smtp {
namespace {

using auth::Refusal;

std::string play(std::string_view input, std::size_t piece, const std::vector<Answer>& answers) {
    Transcript transcript(usual_options, answers);
    transcript.send_in_pieces(input, piece);
    return transcript.text();
}

struct DialogueCase {
    std::string name;
    std::string input;
    std::string want;
    std::vector<Answer> answers = {};  // NOLINT(readability-redundant-member-init): named in few cases
};
class Dialogue : public testing::TestWithParam<DialogueCase> {};

/// Where to cut an input of `size` bytes: everywhere, but in a very long one only near its ends.
bool is_worth_a_cut(std::size_t at, std::size_t size) {
    return size < 1000 || at < 100 || size - at < 100;
}

TEST_P(Dialogue, GoesTheSameWayHoweverTheBytesArrive) {
    const auto& [name, input, want, answers] = GetParam();
    EXPECT_EQ(play(input, input.size(), answers), want) << "in one piece";
    // What is left after a login depends on how much had come with it.
    if (want.find("[rest: ") != std::string::npos) return;
    for (std::size_t at = 1; at < input.size(); ++at) {
        if (!is_worth_a_cut(at, input.size())) continue;
        EXPECT_EQ(play(input, at, answers), want) << "in pieces of " << at;
        Transcript transcript(usual_options, answers);
        transcript.send(std::string_view(input).substr(0, at));
        transcript.send(std::string_view(input).substr(at));
        EXPECT_EQ(transcript.text(), want) << "cut at " << at;
    }
}

const std::string ehlo = "EHLO pc.example.org\r\n";
const std::string too_many = "421 4.7.0 Too many invalid commands\r\n[closed]";

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

std::vector<DialogueCase> command_cases() {
    return {
        {"Ehlo", ehlo, ehlo_reply},
        {"EhloInLowerCase", "ehlo pc\r\n", ehlo_reply},
        {"EhloWithSpacesAround", "EHLO  pc \r\n", ehlo_reply},
        {"EhloWithAnAddress", "EHLO [192.168.1.2]\r\n", ehlo_reply},
        {"EhloAgain", ehlo + ehlo, ehlo_reply + ehlo_reply},
        {"Helo", "HELO pc\r\n", "250 mail.example.org\r\n"},
        {"EhloWithoutName", "EHLO\r\n", "501 5.5.4 Invalid argument\r\n"},
        {"EhloWithTwoNames", "EHLO a b\r\n", "501 5.5.4 Invalid argument\r\n"},
        {"EhloWithUtf8", "EHLO p\xC3\xA9\r\n", "501 5.5.4 Invalid argument\r\n"},
        {"EhloWithTab", "EHLO a\tb\r\n", "501 5.5.4 Invalid argument\r\n"},
        {"EhloWithNul", std::string("EHLO a\0b\r\n", 10), "501 5.5.4 Invalid argument\r\n"},
        {"EhloWithTheLongestName", "EHLO " + std::string(255, 'a') + "\r\n", ehlo_reply},
        {"EhloWithTooLongAName", "EHLO " + std::string(256, 'a') + "\r\n", "501 5.5.4 Invalid argument\r\n"},
        {"HeloOf300Bytes", "HELO " + std::string(300, 'a') + "\r\n", "501 5.5.4 Invalid argument\r\n"},
        {"Noop", "NOOP\r\n", "250 2.0.0 Ok\r\n"},
        {"NoopWithText", "noop anything at all\r\n", "250 2.0.0 Ok\r\n"},
        {"Rset", "RSET\r\n", "250 2.0.0 Ok\r\n"},
        {"Help", "HELP\r\n", "214 2.0.0 Commands: EHLO HELO AUTH NOOP RSET HELP QUIT\r\n"},
        {"Quit", "QUIT\r\nNOOP\r\n", "221 2.0.0 Bye\r\n[closed]"},
        {"TheProbeOfThunderbird", "EHLO we-guess.mozilla.org\r\nQUIT\r\n", ehlo_reply + "221 2.0.0 Bye\r\n[closed]"},
        {"Unknown", "HELLO\r\n", "500 5.5.1 Unknown command\r\n"},
        {"AnEmptyLine", "\r\n", "500 5.5.1 Unknown command\r\n"},
        {"ASpaceFirst", " NOOP\r\n", "500 5.5.1 Unknown command\r\n"},
        {"ATabBehindTheVerb", "NOOP\t\r\n", "500 5.5.1 Unknown command\r\n"},
        {"StarttlsWithinTls", "STARTTLS\r\nNOOP\r\n", "503 5.5.1 TLS is in use already\r\n250 2.0.0 Ok\r\n"},
        {"Http", "GET /<script>alert(1)</script> HTTP/1.1\r\nHost: a\r\n\r\n", "[closed]"},
        {"HttpAfterCommands", "NOOP\r\nPOST / HTTP/1.1\r\n", "250 2.0.0 Ok\r\n[closed]"},
        {"TlsWithinTls", std::string("\x16\x03\x01\x02\x00\x01", 6), "[closed]"},
        {"BareLf", "NOOP\nQUIT\r\n",
         "500 5.5.2 Lines must end in CR LF\r\n421 4.7.0 Closing the connection\r\n[closed]"},
        {"BareCrInAName", "EHLO a\rMAIL\r\n",
         "500 5.5.2 Lines must end in CR LF\r\n421 4.7.0 Closing the connection\r\n[closed]"},
        {"LongestLine", "NOOP " + std::string(8187, 'x') + "\r\n", "250 2.0.0 Ok\r\n"},
        {"LineTooLong", "NOOP " + std::string(8188, 'x'),
         "500 5.5.2 Line too long\r\n421 4.7.0 Closing the connection\r\n[closed]"},
        {"TooManyBadCommands", repeated("BAD\r\n", 12), repeated("500 5.5.1 Unknown command\r\n", 10) + too_many},
        {"BadCommandsOfAllKindsCount",
         ehlo + repeated("BAD\r\nEHLO\r\nSTARTTLS\r\nAUTH X\r\nAUTH PLAIN !\r\n", 2) + "BAD\r\n",
         ehlo_reply +
             repeated("500 5.5.1 Unknown command\r\n501 5.5.4 Invalid argument\r\n503 5.5.1 TLS is in use already\r\n"
                      "504 5.5.4 Unknown authentication mechanism\r\n"
                      "501 5.5.2 Cannot decode the authentication response\r\n",
                      2) +
             too_many},
        {"TooManyCommands", repeated("NOOP\r\n", 101),
         repeated("250 2.0.0 Ok\r\n", 100) + "421 4.7.0 Too many commands without a login\r\n[closed]"},
    };
}
INSTANTIATE_TEST_SUITE_P(Commands, Dialogue, testing::ValuesIn(command_cases()), [](const auto& test) {
    return test.param.name;
});

std::vector<DialogueCase> login_first_cases() {
    std::vector<DialogueCase> cases;
    for (const std::string command :
         {"MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "DATA", "VRFY postmaster", "EXPN list",
          "ETRN example.org", "BURL imap://x LAST", "XCLIENT LOGIN=boss", "XFORWARD ADDR=1.2.3.4", "mail from:<>"}) {
        const std::string verb = command.substr(0, command.find(' '));
        cases.push_back({verb + "AfterEhlo", ehlo + command + "\r\nNOOP\r\n",
                         ehlo_reply + "530 5.7.0 Authentication required\r\n250 2.0.0 Ok\r\n"});
        cases.push_back({verb + "First", command + "\r\n", "530 5.7.0 Authentication required\r\n"});
    }
    cases.push_back({"BdatCloses", ehlo + "BDAT 6 LAST\r\nNOOP\r\n",
                     ehlo_reply + "530 5.7.0 Authentication required\r\n421 4.7.0 Closing the connection\r\n[closed]"});
    cases.push_back({"ManyRecipientsAreNotBadCommands", repeated("RCPT TO:<b@example.org>\r\n", 20),
                     repeated("530 5.7.0 Authentication required\r\n", 20)});
    return cases;
}
INSTANTIATE_TEST_SUITE_P(LoginFirst, Dialogue, testing::ValuesIn(login_first_cases()), [](const auto& test) {
    return test.param.name;
});

const std::string plain = alice_plain();
const std::string wrong = "{alice//secret}535 5.7.8 Authentication failed\r\n";
const std::string user_prompt = "334 VXNlcm5hbWU6\r\n";
const std::string password_prompt = "334 UGFzc3dvcmQ6\r\n";

std::vector<DialogueCase> auth_cases() {
    const std::string undecodable = "501 5.5.2 Cannot decode the authentication response\r\n";
    return {
        {"PlainWithResponse", ehlo + "AUTH PLAIN " + plain + "\r\n", ehlo_reply + wrong},
        {"PlainInLowerCase", ehlo + "auth plain " + plain + "\r\n", ehlo_reply + wrong},
        {"PlainOnRequest", ehlo + "AUTH PLAIN\r\n" + plain + "\r\n", ehlo_reply + "334 \r\n" + wrong},
        {"PlainWithATrailingSpace", ehlo + "AUTH PLAIN \r\n" + plain + "\r\n", ehlo_reply + "334 \r\n" + wrong},
        {"PlainForSomebodyElse",
         ehlo + "AUTH PLAIN " + base64(std::string_view("boss\0alice\0secret", 17)) + "\r\n",
         ehlo_reply + "{alice/boss/secret}535 5.7.8 Authentication failed\r\n",
         {Refusal::not_authorised}},
        {"Login", ehlo + "AUTH LOGIN\r\n" + base64("alice") + "\r\n" + base64("secret") + "\r\n",
         ehlo_reply + user_prompt + password_prompt + wrong},
        {"LoginWithUser", ehlo + "AUTH LOGIN " + base64("alice") + "\r\n" + base64("secret") + "\r\n",
         ehlo_reply + password_prompt + wrong},
        {"AfterHelo", "HELO pc\r\nAUTH PLAIN " + plain + "\r\n", "250 mail.example.org\r\n" + wrong},
        {"BeforeEhlo", "AUTH PLAIN " + plain + "\r\n", "503 5.5.1 Send EHLO first\r\n"},
        {"AfterARefusedEhlo", "EHLO\r\nAUTH PLAIN " + plain + "\r\n",
         "501 5.5.4 Invalid argument\r\n503 5.5.1 Send EHLO first\r\n"},
        {"WithoutMechanism", ehlo + "AUTH\r\n", ehlo_reply + "501 5.5.4 Invalid argument\r\n"},
        {"UnknownMechanism", ehlo + "AUTH CRAM-MD5\r\n", ehlo_reply + "504 5.5.4 Unknown authentication mechanism\r\n"},
        {"CancelledPlain", ehlo + "AUTH PLAIN\r\n*\r\nNOOP\r\n",
         ehlo_reply + "334 \r\n501 5.7.0 Authentication cancelled\r\n250 2.0.0 Ok\r\n"},
        {"CancelledLoginName", ehlo + "AUTH LOGIN\r\n*\r\n",
         ehlo_reply + user_prompt + "501 5.7.0 Authentication cancelled\r\n"},
        {"CancelledLoginPassword", ehlo + "AUTH LOGIN " + base64("alice") + "\r\n*\r\n",
         ehlo_reply + password_prompt + "501 5.7.0 Authentication cancelled\r\n"},
        {"BadBase64", ehlo + "AUTH PLAIN !!!!\r\n", ehlo_reply + undecodable},
        {"BadBase64OnRequest", ehlo + "AUTH PLAIN\r\nNOOP\r\nNOOP\r\n",
         ehlo_reply + "334 \r\n" + undecodable + "250 2.0.0 Ok\r\n"},
        {"AnArgumentTooMany", ehlo + "AUTH PLAIN " + plain + " " + plain + "\r\n", ehlo_reply + undecodable},
        {"PlainEmptyResponse", ehlo + "AUTH PLAIN =\r\n", ehlo_reply + undecodable},
        {"PlainEmptyLine", ehlo + "AUTH PLAIN\r\n\r\n", ehlo_reply + "334 \r\n" + undecodable},
        {"PlainWithoutNul", ehlo + "AUTH PLAIN " + base64("alice") + "\r\n", ehlo_reply + undecodable},
        {"PlainWithOneNul", ehlo + "AUTH PLAIN " + base64(std::string_view("alice\0secret", 12)) + "\r\n",
         ehlo_reply + undecodable},
        {"PlainWithOnlyNuls", ehlo + "AUTH PLAIN " + base64(std::string(2, '\0')) + "\r\n", ehlo_reply + undecodable},
        {"PlainWithManyNuls", ehlo + "AUTH PLAIN " + base64(std::string(50, '\0')) + "\r\n", ehlo_reply + undecodable},
        {"PlainWithMoreBehind", ehlo + "AUTH PLAIN " + base64(std::string_view("\0alice\0secret\0x", 15)) + "\r\n",
         ehlo_reply + undecodable},
        {"PlainWithBrokenUtf8", ehlo + "AUTH PLAIN " + base64(std::string_view("\0al\xC3\0secret", 11)) + "\r\n",
         ehlo_reply + undecodable},
        {"LoginWithAnEmptyName", ehlo + "AUTH LOGIN =\r\n", ehlo_reply + undecodable},
        {"LongestSaslLine", ehlo + "AUTH PLAIN\r\n" + repeated("QUJD", 3072) + "\r\n",
         ehlo_reply + "334 \r\n" + undecodable},
        {"SaslLineTooLong", ehlo + "AUTH PLAIN\r\n" + repeated("QUJD", 3072) + "Q",
         ehlo_reply + "334 \r\n500 5.5.6 Authentication exchange line is too long\r\n"
                      "421 4.7.0 Closing the connection\r\n[closed]"},
        {"ACommandMayNotBeAsLongAsASaslLine", ehlo + "AUTH PLAIN " + repeated("QUJD", 2047),
         ehlo_reply + "500 5.5.2 Line too long\r\n421 4.7.0 Closing the connection\r\n[closed]"},
        {"MailQueuedBehindAFailedLogin", ehlo + "AUTH PLAIN " + plain + "\r\nMAIL FROM:<a@example.org>\r\n",
         ehlo_reply + wrong + "530 5.7.0 Authentication required\r\n"},
        {"Suspended",
         ehlo + "AUTH PLAIN " + plain + "\r\nNOOP\r\n",
         ehlo_reply + "{alice//secret}525 5.7.13 Account is suspended\r\n250 2.0.0 Ok\r\n",
         {Refusal::account_suspended}},
        {"Expired",
         ehlo + "AUTH PLAIN " + plain + "\r\n",
         ehlo_reply + "{alice//secret}525 5.7.13 Account has expired\r\n",
         {Refusal::account_expired}},
        {"NotActivated",
         ehlo + "AUTH PLAIN " + plain + "\r\n",
         ehlo_reply + "{alice//secret}535 5.7.8 Activate your account on the account portal first\r\n",
         {Refusal::not_activated}},
        {"MustChange",
         ehlo + "AUTH PLAIN " + plain + "\r\n",
         ehlo_reply + "{alice//secret}535 5.7.8 Choose a new password on the account portal first\r\n",
         {Refusal::must_change}},
        {"AppPasswordRequired",
         ehlo + "AUTH PLAIN " + plain + "\r\n",
         ehlo_reply + "{alice//secret}534 5.7.9 Use an app password here; create one on the account portal\r\n",
         {Refusal::app_password_required}},
        {"Throttled",
         ehlo + "AUTH PLAIN " + plain + "\r\nNOOP\r\n",
         ehlo_reply + "{alice//secret}454 4.7.0 Temporary authentication failure, try again later\r\n250 2.0.0 Ok\r\n",
         {Refusal::throttled}},
        {"TheSecondTryKnowsNothingOfTheFirst",
         ehlo + "AUTH LOGIN\r\n" + base64("bob") + "\r\n*\r\nAUTH PLAIN " + plain + "\r\nAUTH LOGIN " + base64("eve") +
             "\r\n" + base64("x") + "\r\n",
         ehlo_reply + user_prompt + password_prompt + "501 5.7.0 Authentication cancelled\r\n" + wrong +
             password_prompt + "{eve//x}535 5.7.8 Authentication failed\r\n"},
        {"FiveWrongPasswords", ehlo + repeated("AUTH PLAIN " + plain + "\r\n", 6),
         ehlo_reply + repeated(wrong, 5) + "421 4.7.0 Too many failed logins\r\n[closed]"},
    };
}
INSTANTIATE_TEST_SUITE_P(Auth, Dialogue, testing::ValuesIn(auth_cases()), [](const auto& test) {
    return test.param.name;
});

std::vector<DialogueCase> temporary_failures() {
    const std::string later = "{alice//secret}454 4.7.0 Temporary authentication failure, try again later\r\n";
    const std::string input = ehlo + "AUTH PLAIN " + plain + "\r\n";
    std::vector<DialogueCase> cases;
    for (const auto& [name, answer] : {std::pair<std::string, Answer>{"Busy", Refusal::busy},
                                       {"Unavailable", Refusal::unavailable},
                                       {"BackendDown", BackendDown{}}}) {
        cases.push_back({name + "LeavesTheSessionUsable",
                         input + "NOOP\r\nAUTH PLAIN " + plain + "\r\nMAIL FROM:<>\r\n",
                         ehlo_reply + later +
                             "250 2.0.0 Ok\r\n{alice//secret}235 2.7.0 Authentication successful\r\n"
                             "[rest: MAIL FROM:<>\r\n]",
                         {answer, LetIn{}}});
        cases.push_back({name + "IsNoFailedAttempt", ehlo + repeated("AUTH PLAIN " + plain + "\r\n", 7),
                         ehlo_reply + repeated(later, 7), std::vector<Answer>(7, answer)});
    }
    return cases;
}
INSTANTIATE_TEST_SUITE_P(TemporaryFailure, Dialogue, testing::ValuesIn(temporary_failures()), [](const auto& test) {
    return test.param.name;
});

TEST(Ehlo, TellsOnlyOfWhatEveryRelayHas) {
    const auto lists = [](Capabilities relays) {
        LoginDialogueOptions options = usual_options;
        options.backends = relays;
        Transcript transcript(options);
        transcript.send("EHLO pc.example.org\r\n");
        return transcript.text();
    };
    const std::string begin = "250-mail.example.org\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n";
    const std::string end = "250 AUTH PLAIN LOGIN\r\n";
    Capabilities limit_alone;
    limit_alone.limit_messages(1000);
    EXPECT_EQ(lists(limit_alone), begin + end) << "a relay that was never heard of may not know SIZE";
    Capabilities all;
    for (const auto& [keyword, capability] : carried_extensions) all.add(capability);
    EXPECT_EQ(lists(all),
              begin + "250-8BITMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-DSN\r\n" + end);
    all.add(Capability::size);
    all.limit_messages(10'240'000);
    EXPECT_TRUE(lists(all).ends_with("250-DSN\r\n250-SIZE 10240000\r\n" + end));
}

TEST(LoggedIn, BytesBehindTheLoginGoToTheBackendUnchanged) {
    using namespace std::string_literals;
    const std::string rest = "MAIL FROM:<a@example.org>\r\nbad\n\r\0\x16 GET / HTTP/1.1\r\n"s;
    for (const std::string& login : {"AUTH PLAIN " + plain + "\r\n", "AUTH PLAIN\r\n" + plain + "\r\n",
                                     "AUTH LOGIN\r\n" + base64("alice") + "\r\n" + base64("secret") + "\r\n"}) {
        Transcript transcript(usual_options, {LetIn{}});
        transcript.send(ehlo + login + rest);
        EXPECT_TRUE(transcript.let_in());
        EXPECT_TRUE(transcript.text().ends_with("235 2.7.0 Authentication successful\r\n[rest: " + rest + "]"))
            << transcript.text();
    }
}

TEST(LoggedIn, BytesThatComeWhileTheVerdictIsOutAreKept) {
    LoginDialogue dialogue(usual_options);
    dialogue.receive(ehlo + "AUTH PLAIN " + plain + "\r\nMAIL ");
    EXPECT_TRUE(std::holds_alternative<Authenticate>(dialogue.next()));
    dialogue.receive("FROM:<>\r\n");
    dialogue.welcome({});
    EXPECT_EQ(base::view(dialogue.take_unread()), "MAIL FROM:<>\r\n");
}

TEST(Greeting, NamesTheServer) {
    LoginDialogue dialogue(usual_options);
    dialogue.greet();
    EXPECT_EQ(dialogue.take_output(), "220 mail.example.org ESMTP ready\r\n");
}

TEST(Greeting, OfTheClientIsKeptAsItWas) {
    Transcript transcript;
    EXPECT_EQ(transcript.dialogue().client_greeting().name, "");
    transcript.send("HELO Pc_1.Example.ORG\r\n");
    EXPECT_EQ(transcript.dialogue().client_greeting().name, "Pc_1.Example.ORG");
    EXPECT_FALSE(transcript.dialogue().client_greeting().extended);
    transcript.send("EHLO [IPv6:2001:db8::1]\r\n");
    EXPECT_EQ(transcript.dialogue().client_greeting().name, "[IPv6:2001:db8::1]");
    EXPECT_TRUE(transcript.dialogue().client_greeting().extended);
    transcript.send("EHLO a b\r\nRSET\r\n");
    EXPECT_EQ(transcript.dialogue().client_greeting().name, "[IPv6:2001:db8::1]");
}

struct FarewellCase {
    std::string name;
    Farewell reason;
    std::string want;
};
class FarewellTest : public testing::TestWithParam<FarewellCase> {};

TEST_P(FarewellTest, IsSaidAndIsTheEnd) {
    LoginDialogue dialogue(usual_options);
    dialogue.say_farewell(GetParam().reason);
    dialogue.receive("NOOP\r\n");
    EXPECT_TRUE(std::holds_alternative<Close>(dialogue.next()));
    EXPECT_EQ(dialogue.take_output(), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Reasons,
                         FarewellTest,
                         testing::ValuesIn(std::vector<FarewellCase>{
                             {"LoginTimeout", Farewell::login_timeout, "421 4.4.2 Login took too long\r\n"},
                             {"ShuttingDown", Farewell::shutting_down, "421 4.3.2 Server is shutting down\r\n"},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(LimitsOfTheSettings, AreTheOnesThatCount) {
    LoginDialogueOptions strict = usual_options;
    strict.bad_commands = 1;
    strict.login_attempts = 1;
    Transcript bad(strict);
    bad.send("A\r\nB\r\n");
    EXPECT_EQ(bad.text(), "500 5.5.1 Unknown command\r\n" + too_many);
    Transcript guesser(strict);
    guesser.send("HELO a\r\nAUTH PLAIN " + plain + "\r\n");
    EXPECT_EQ(guesser.text(), "250 mail.example.org\r\n" + wrong + "421 4.7.0 Too many failed logins\r\n[closed]");
}

}  // namespace
}  // namespace postern::proxy::smtp
