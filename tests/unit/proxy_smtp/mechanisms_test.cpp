// AUTH beyond passwords: EXTERNAL, and tokens with their failure in two steps.
#include "tests/unit/proxy_smtp/login_transcript.hpp"

#include <gtest/gtest.h>

namespace postern::proxy::smtp {
namespace {

const std::string good = "bixhPWFsaWNlLAFhdXRoPUJlYXJlciBnb29kAQE=";  // OAUTHBEARER, of alice
const std::string xbad = "dXNlcj1hbGljZQFhdXRoPUJlYXJlciBiYWQBAQ==";  // XOAUTH2, of alice
const std::string ehlo = "EHLO client.example\r\n";
const std::string refused = "535 5.7.8 ";

LoginDialogueOptions everything() {
    LoginDialogueOptions options = usual_options;
    options.sasl = {.certificate_name = "carol@example.org", .takes_tokens = true};
    return options;
}

/// What is said after the reply to EHLO; the same, however the bytes arrive.
std::string talk(const std::string& input,
                 const std::vector<Answer>& answers = {},
                 LoginDialogueOptions options = everything()) {
    Transcript whole(options, answers);
    whole.send(ehlo + input);
    Transcript bytes(options, answers);
    bytes.send_in_pieces(ehlo + input, 1);
    EXPECT_EQ(whole.text_without_rest(), bytes.text_without_rest());
    const std::string text = whole.text();
    const std::size_t end = text.find("\r\n", text.find("250 "));
    return text.substr(end + 2);
}

TEST(OfferedMechanisms, StandInTheReplyToEhlo) {
    Transcript transcript(everything());
    transcript.send(ehlo);
    EXPECT_TRUE(transcript.text().ends_with("250 AUTH PLAIN LOGIN EXTERNAL OAUTHBEARER XOAUTH2\r\n"))
        << transcript.text();
}

TEST(OfferedMechanisms, AreTheOnlyOnesThatAreTaken) {
    for (const std::string input : {"AUTH EXTERNAL =\r\n", "AUTH OAUTHBEARER\r\n", "AUTH XOAUTH2\r\n"})
        EXPECT_TRUE(talk(input, {}, usual_options).starts_with("504 5.5.4 ")) << input;
}

TEST(External, LetsInWhomTheCertificateNames) {
    EXPECT_TRUE(talk("AUTH EXTERNAL =\r\n", {LetIn{}}).starts_with("{certificate:carol@example.org/}235 "));
    EXPECT_TRUE(talk("AUTH EXTERNAL\r\n\r\n", {LetIn{}}).starts_with("334 \r\n{certificate:carol@example.org/}235 "));
    EXPECT_TRUE(talk("AUTH EXTERNAL Ym9i\r\n", {auth::Refusal::not_authorised})
                    .starts_with("{certificate:carol@example.org/bob}" + refused));
}

TEST(Token, LetsInOrIsExplainedBeforeTheReply) {
    EXPECT_TRUE(talk("AUTH OAUTHBEARER " + good + "\r\n", {LetIn{}}).starts_with("{token:alice/good}235 "));
    const std::string explained = "{token:alice/bad}334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=\r\n";
    const std::string ended = talk("AUTH XOAUTH2 " + xbad + "\r\n\r\nNOOP\r\n");
    EXPECT_TRUE(ended.starts_with(explained + refused)) << ended;
    EXPECT_TRUE(ended.contains("\r\n250 ")) << "the conversation goes on";
    EXPECT_TRUE(talk("AUTH XOAUTH2 " + xbad + "\r\n*\r\n").starts_with(explained + refused));
    EXPECT_TRUE(
        talk("AUTH XOAUTH2 " + xbad + "\r\n", {auth::Refusal::unavailable}).starts_with("{token:alice/bad}454 "));
}

TEST(Token, CountsAsALoginHoweverItsExchangeEnds) {
    LoginDialogueOptions options = everything();
    options.login_attempts = 2;
    const std::string one = "AUTH XOAUTH2 " + xbad + "\r\n*\r\n";
    EXPECT_TRUE(talk(one + one, {}, options).ends_with("[closed]"));
}

}  // namespace
}  // namespace postern::proxy::smtp
