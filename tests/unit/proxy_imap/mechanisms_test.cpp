// AUTHENTICATE beyond passwords: EXTERNAL, and tokens with their failure in two steps.
#include "tests/unit/proxy_imap/dialogue_driver.hpp"

#include <gtest/gtest.h>

namespace postern::proxy::imap {
namespace {

const SaslTerms everything{.certificate_name = "carol@example.org", .takes_tokens = true};
const std::string good = "bixhPWFsaWNlLAFhdXRoPUJlYXJlciBnb29kAQE=";  // OAUTHBEARER, of alice
const std::string bad = "bixhPWFsaWNlLAFhdXRoPUJlYXJlciBiYWQBAQ==";
const std::string xgood = "dXNlcj1hbGljZQFhdXRoPUJlYXJlciBnb29kAQE=";  // XOAUTH2, of alice
const std::string xbad = "dXNlcj1hbGljZQFhdXRoPUJlYXJlciBiYWQBAQ==";
const std::string down = "dXNlcj1kb3duAWF1dGg9QmVhcmVyIHQBAQ==";
const std::string broken = "dXNlcj1icm9rZW4BYXV0aD1CZWFyZXIgdAEB";
const std::string invalid = "+ eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=\r\n";
const std::string xinvalid = "+ eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=\r\n";
const std::string refused = "a NO [AUTHENTICATIONFAILED] Wrong user name or password.\r\n";

/// Everything at once, and byte by byte: the same must come of it.
fakes::Played talk(const std::string& input, DialogueLimits limits = {}) {
    const fakes::Played whole = fakes::play(input, input.size(), limits, Transport::tls, everything);
    const fakes::Played bytes = fakes::play(input, 1, limits, Transport::tls, everything);
    EXPECT_EQ(whole.output, bytes.output);
    EXPECT_EQ(whole.asked, bytes.asked);
    return whole;
}

TEST(OfferedMechanisms, StandInTheGreetingAndInCapability) {
    EXPECT_TRUE(fakes::Driver({}, Transport::tls, everything)
                    .greeting()
                    .contains(" AUTH=PLAIN AUTH=LOGIN AUTH=EXTERNAL AUTH=OAUTHBEARER AUTH=XOAUTH2] "));
    EXPECT_TRUE(
        talk("a CAPABILITY\r\n").output.contains(" AUTH=LOGIN AUTH=EXTERNAL AUTH=OAUTHBEARER AUTH=XOAUTH2\r\n"));
    EXPECT_FALSE(fakes::Driver({}, Transport::plaintext, everything).greeting().contains("AUTH="));
}

TEST(OfferedMechanisms, AreTheOnlyOnesThatAreTaken) {
    for (const std::string input :
         {"a AUTHENTICATE EXTERNAL =\r\n", "a AUTHENTICATE OAUTHBEARER\r\n", "a AUTHENTICATE XOAUTH2\r\n"})
        EXPECT_EQ(fakes::play(input).output, "a NO Unsupported authentication mechanism.\r\n") << input;
}

TEST(External, LetsInWhomTheCertificateNames) {
    const auto at_once = talk("a AUTHENTICATE EXTERNAL =\r\nb SELECT INBOX\r\n");
    EXPECT_TRUE(at_once.welcomed);
    EXPECT_EQ(at_once.asked, (std::vector<std::string>{"certificate:carol@example.org|"}));
    EXPECT_EQ(at_once.unread, "b SELECT INBOX\r\n");
    EXPECT_TRUE(talk("a AUTHENTICATE EXTERNAL\r\n\r\n").output.starts_with("+ \r\na OK "));
    // bob@example.org
    const auto other = talk("a AUTHENTICATE EXTERNAL Ym9iQGV4YW1wbGUub3Jn\r\n");
    EXPECT_EQ(other.output, "a NO [AUTHORIZATIONFAILED] You may not act as this user.\r\n");
    // A control character, which no account can have: nobody is asked.
    EXPECT_TRUE(talk("a AUTHENTICATE EXTERNAL Ym8KYg==\r\n").asked.empty());
}

TEST(Token, LetsIn) {
    for (const std::string& input :
         {"a AUTHENTICATE OAUTHBEARER " + good + "\r\n", "a AUTHENTICATE XOAUTH2\r\n" + xgood + "\r\n"}) {
        const auto played = talk(input);
        EXPECT_TRUE(played.welcomed) << input;
        EXPECT_EQ(played.asked, (std::vector<std::string>{"token:alice|good"}));
    }
}

TEST(Token, ThatIsRefusedIsExplainedBeforeTheReply) {
    EXPECT_EQ(talk("a AUTHENTICATE OAUTHBEARER " + bad + "\r\nAQ==\r\nb NOOP\r\n").output,
              invalid + refused + "b OK NOOP completed.\r\n");
    EXPECT_EQ(talk("a AUTHENTICATE XOAUTH2 " + xbad + "\r\n\r\nb NOOP\r\n").output,
              xinvalid + refused + "b OK NOOP completed.\r\n");
    EXPECT_EQ(talk("a AUTHENTICATE XOAUTH2 " + xbad + "\r\n*\r\n").output, xinvalid + refused);
    EXPECT_EQ(talk("a AUTHENTICATE XOAUTH2 " + xbad + "\r\n" + xgood + "\r\n").output, xinvalid + refused)
        << "an answer to the challenge is no new try";
}

TEST(Token, ThatCannotBeCheckedNowGetsTheReplyAtOnce) {
    EXPECT_TRUE(talk("a AUTHENTICATE XOAUTH2 " + down + "\r\n").output.starts_with("a NO [UNAVAILABLE]"));
    EXPECT_TRUE(talk("a AUTHENTICATE XOAUTH2 " + broken + "\r\n").output.starts_with("a NO [UNAVAILABLE]"));
}

TEST(Token, OfBeforeHasNothingToDoWithARefusedPassword) {
    const auto played = talk("x AUTHENTICATE XOAUTH2 " + broken + "\r\na LOGIN alice wrong\r\n");
    EXPECT_TRUE(played.output.ends_with("\r\n" + refused)) << played.output;
    EXPECT_FALSE(played.output.contains("+ "));
}

TEST(Token, CountsAsALoginHoweverItsExchangeEnds) {
    DialogueLimits limits;
    limits.login_attempts = 2;
    limits.bad_commands = 100;
    const std::string one = "a AUTHENTICATE XOAUTH2 " + xbad + "\r\n";
    for (const std::string ending : {"\r\n", "*\r\n", "x\n"}) {
        const auto played = talk(one + ending + one + "\r\n", limits);
        EXPECT_TRUE(played.closed) << ending;
        EXPECT_EQ(played.asked.size(), 2U);
    }
}

}  // namespace
}  // namespace postern::proxy::imap
