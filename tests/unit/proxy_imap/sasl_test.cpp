#include "proxy/sasl.hpp"

#include "base/base64.hpp"
#include "proxy/sasl_passwords.hpp"
#include "tests/support/evidence_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::proxy {
namespace {

using namespace std::string_literals;

std::string base64(std::string_view bytes) {
    return std::string(base::view(base::base64_encode(bytes)));
}

/// What was shown, "+challenge" or "error n".
std::string text_of(const SaslResult& step) {
    if (!step) return "error " + std::to_string(static_cast<int>(step.error()));
    if (const auto* challenge = std::get_if<SaslChallenge>(&*step)) return "+" + std::string(challenge->base64);
    return test::text_of(std::get<auth::Evidence>(*step));
}

const SaslTerms everything{.certificate_name = "carol@example.org", .takes_tokens = true};

const std::string unsupported = "error 0";
const std::string malformed = "error 1";
const std::string cancelled = "error 2";
const std::string too_long = "error 3";
const std::string refused = "error 4";

struct PlainCase {
    std::string name;
    std::string message;
    std::string want;
};
class Plain : public testing::TestWithParam<PlainCase> {};

TEST_P(Plain, IsReadAsRfc4616Says) {
    SaslExchange exchange;
    EXPECT_EQ(text_of(exchange.start("PLAIN", base64(GetParam().message))), GetParam().want);
    EXPECT_FALSE(exchange.in_progress());
}

INSTANTIATE_TEST_SUITE_P(Rfc4616,
                         Plain,
                         testing::ValuesIn(std::vector<PlainCase>{
                             {"WithoutAuthzid", "\0alice\0secret"s, "alice||secret"},
                             {"WithAnotherAuthzid", "bob\0alice\0secret"s, "alice|bob|secret"},
                             {"AuthzidThatIsTheAuthcidIsNobodyElse", "alice\0alice\0secret"s, "alice||secret"},
                             {"SpacesAndControlsAreKept", "\0al ice\r\n\0 se\tcret "s, "al ice\r\n|| se\tcret "},
                             {"Utf8", "\0andr\xC3\xA9\0\xF0\x9F\x94\x91"s, "andr\xC3\xA9||\xF0\x9F\x94\x91"},
                             {"NoNul", "alice secret", malformed},
                             {"OneNul", "alice\0secret"s, malformed},
                             {"ThreeNuls", "\0alice\0secret\0"s, malformed},
                             {"TrailingGarbageBehindANul", "\0alice\0secret\0x"s, malformed},
                             {"OnlyNuls", "\0\0"s, malformed},
                             {"EmptyMessage", "", malformed},
                             {"EmptyAuthcid", "bob\0\0secret"s, malformed},
                             {"EmptyPassword", "\0alice\0"s, malformed},
                             {"AuthcidWithAStrayContinuationByte", "\0al\x80ice\0secret"s, malformed},
                             {"AuthcidTruncatedInACharacter", "\0alice\xC3\0secret"s, malformed},
                             {"OverlongSlash", "\0al\xC0\xAFice\0secret"s, malformed},
                             {"OverlongInThreeBytes", "\0\xE0\x80\xAF\0secret"s, malformed},
                             {"Surrogate", "\0\xED\xA0\x80\0secret"s, malformed},
                             {"AboveTheLastCharacter", "\0\xF4\x90\x80\x80\0secret"s, malformed},
                             {"ByteThatUtf8NeverUses", "\0\xFF\0secret"s, malformed},
                             {"PasswordThatIsNotUtf8", "\0alice\0se\xE9ret"s, malformed},
                             {"AuthzidThatIsNotUtf8", "\xE9\0alice\0secret"s, malformed},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(PlainForABackend, IsReadBackAsItWasMeant) {
    const base::Secret password("p\xC3\xA4ss");
    const auto message = base::base64_decode(base::view(encode_sasl_plain("bob", "master", password)));
    ASSERT_TRUE(message);
    EXPECT_EQ(base::view(*message), "bob\0master\0p\xC3\xA4ss"s);
    EXPECT_EQ(base::view(encode_sasl_plain("", "alice", base::Secret("secret"))), "AGFsaWNlAHNlY3JldA==");
}

/// One call after the other; "-" as initial response means none.
struct ExchangeCase {
    std::string name;
    std::string mechanism;
    std::string initial_response;
    std::vector<std::string> responses;
    std::string want;
};
class Exchange : public testing::TestWithParam<ExchangeCase> {};

TEST_P(Exchange, GivesTheseSteps) {
    SaslExchange exchange;
    const auto& [name, mechanism, initial_response, responses, want] = GetParam();
    std::string steps = initial_response == "-" ? text_of(exchange.start(mechanism, std::nullopt))
                                                : text_of(exchange.start(mechanism, initial_response));
    for (const std::string& response : responses) {
        ASSERT_TRUE(exchange.in_progress());
        steps += " " + text_of(exchange.respond(response));
    }
    EXPECT_EQ(steps, want);
    EXPECT_FALSE(exchange.in_progress());
}

INSTANTIATE_TEST_SUITE_P(
    Sasl,
    Exchange,
    testing::ValuesIn(std::vector<ExchangeCase>{
        {"PlainAsksWithAnEmptyChallenge", "PLAIN", "-", {"AGFsaWNlAHNlY3JldA=="}, "+ alice||secret"},
        {"MechanismsHaveNoCase", "pLaIn", "AGFsaWNlAHNlY3JldA==", {}, "alice||secret"},
        {"LoginAsksTwice", "LOGIN", "-", {"YWxpY2U=", "c2VjcmV0"}, "+VXNlcm5hbWU6 +UGFzc3dvcmQ6 alice||secret"},
        {"LoginTakesTheNameAtOnce", "LOGIN", "YWxpY2U=", {"c2VjcmV0"}, "+UGFzc3dvcmQ6 alice||secret"},
        {"EqualsSignIsAnEmptyMessage", "PLAIN", "=", {}, malformed},
        {"EqualsSignIsAnEmptyName", "LOGIN", "=", {}, malformed},
        {"EqualsSignIsNoResponse", "PLAIN", "-", {"="}, "+ " + malformed},
        {"EmptyResponse", "PLAIN", "-", {""}, "+ " + malformed},
        {"EmptyName", "LOGIN", "-", {""}, "+VXNlcm5hbWU6 " + malformed},
        {"EmptyPassword", "LOGIN", "YWxpY2U=", {""}, "+UGFzc3dvcmQ6 " + malformed},
        {"NameWithNul", "LOGIN", "YQBi", {}, malformed},
        {"PasswordWithNul", "LOGIN", "YWxpY2U=", {"YQBi"}, "+UGFzc3dvcmQ6 " + malformed},
        {"NameThatIsNotUtf8", "LOGIN", "6Q==", {}, malformed},
        {"PlainCancelled", "PLAIN", "-", {"*"}, "+ " + cancelled},
        {"LoginCancelledAtTheName", "LOGIN", "-", {"*"}, "+VXNlcm5hbWU6 " + cancelled},
        {"LoginCancelledAtThePassword", "LOGIN", "YWxpY2U=", {"*"}, "+UGFzc3dvcmQ6 " + cancelled},
        {"StarIsNoInitialResponse", "PLAIN", "*", {}, malformed},
        {"NoPadding", "PLAIN", "AGFsaWNlAHNlY3JldA", {}, malformed},
        {"NotBase64", "PLAIN", "-", {"hello!!!"}, "+ " + malformed},
        {"SpaceInBase64", "PLAIN", "AGFsaWNl AHNlY3JldA==", {}, malformed},
        {"UnknownMechanism", "CRAM-MD5", "-", {}, unsupported},
        {"UnknownMechanismWithResponse", "XOAUTH2", "AGFsaWNlAHNlY3JldA==", {}, unsupported},
        {"NoMechanism", "", "-", {}, unsupported},
        {"PrefixOfAMechanism", "PLAI", "-", {}, unsupported},
    }),
    [](const auto& test) { return test.param.name; });

TEST(Exchange, RefusesOneByteMoreThanTheLimitAndTakesTheLimit) {
    const std::string password(max_sasl_response / 4 * 3 - 7, 'p');  // with NUL, "alice" and NUL exactly the limit
    const std::string longest = base64("\0alice\0"s + password);
    ASSERT_EQ(longest.size(), max_sasl_response);
    SaslExchange exchange;
    EXPECT_EQ(text_of(exchange.start("PLAIN", longest)), "alice||" + password);
    EXPECT_EQ(text_of(exchange.start("PLAIN", base64("\0alice\0p"s + password))), too_long);
    EXPECT_EQ(text_of(exchange.start("PLAIN", std::nullopt)), "+");
    EXPECT_EQ(text_of(exchange.respond(std::string(max_sasl_response + 1, 'A'))), too_long);
    EXPECT_FALSE(exchange.in_progress());
}

TEST(Exchange, KeepsNothingOfTheOneBefore) {
    SaslExchange exchange;
    EXPECT_EQ(text_of(exchange.start("LOGIN", base64("alice"))), "+UGFzc3dvcmQ6");
    EXPECT_EQ(text_of(exchange.start("LOGIN", std::nullopt)), "+VXNlcm5hbWU6");
    EXPECT_EQ(text_of(exchange.respond(base64("bob"))), "+UGFzc3dvcmQ6");
    EXPECT_EQ(text_of(exchange.respond(base64("secret"))), "bob||secret");
    EXPECT_EQ(text_of(exchange.start("LOGIN", base64("alice"))), "+UGFzc3dvcmQ6");
    EXPECT_EQ(text_of(exchange.start("PLAIN", base64("\0bob\0secret"s))), "bob||secret");
}

TEST(Mechanisms, AreOfferedWhereTheyCanWork) {
    using Names = std::vector<std::string_view>;
    EXPECT_EQ(offered_mechanisms({}), (Names{"PLAIN", "LOGIN"}));
    EXPECT_EQ(offered_mechanisms({.certificate_name = "carol@example.org"}), (Names{"PLAIN", "LOGIN", "EXTERNAL"}));
    EXPECT_EQ(offered_mechanisms({.certificate_name = {}, .takes_tokens = true}),
              (Names{"PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2"}));
    EXPECT_EQ(offered_mechanisms(everything), (Names{"PLAIN", "LOGIN", "EXTERNAL", "OAUTHBEARER", "XOAUTH2"}));
}

TEST(Mechanisms, ThatAreNotOfferedAreUnknown) {
    for (const std::string_view name : {"EXTERNAL", "OAUTHBEARER", "XOAUTH2"}) {
        SaslExchange exchange;
        EXPECT_EQ(text_of(exchange.start(name, "=")), unsupported) << name;
        EXPECT_EQ(text_of(exchange.start(name, std::nullopt)), unsupported) << name;
        EXPECT_FALSE(exchange.refuse()) << name;
    }
    SaslExchange with_certificate(SaslTerms{.certificate_name = "carol@example.org"});
    EXPECT_EQ(text_of(with_certificate.start("XOAUTH2", std::nullopt)), unsupported);
    SaslExchange with_tokens(SaslTerms{.certificate_name = {}, .takes_tokens = true});
    EXPECT_EQ(text_of(with_tokens.start("EXTERNAL", "=")), unsupported);
}

TEST(External, SaysWhomTheClientWantsToBe) {
    const std::string itself = "certificate:carol@example.org|";
    SaslExchange exchange(everything);
    EXPECT_EQ(text_of(exchange.start("external", "=")), itself);
    EXPECT_EQ(text_of(exchange.start("EXTERNAL", std::nullopt)), "+");
    EXPECT_EQ(text_of(exchange.respond("")), itself);
    EXPECT_EQ(text_of(exchange.start("EXTERNAL", base64("bob@example.org"))), itself + "bob@example.org");
    EXPECT_FALSE(exchange.refuse()) << "nothing is said but the reply";
    EXPECT_EQ(text_of(exchange.start("EXTERNAL", base64("bob\0"s))), malformed);
    EXPECT_EQ(text_of(exchange.start("EXTERNAL", base64("b\xF6"))), malformed);
    EXPECT_EQ(text_of(exchange.start("EXTERNAL", "Ym9i!")), malformed);
    EXPECT_EQ(text_of(exchange.start("EXTERNAL", std::nullopt)), "+");
    EXPECT_EQ(text_of(exchange.respond("*")), cancelled);
    EXPECT_EQ(text_of(exchange.start("EXTERNAL", std::string(max_sasl_response + 4, 'A'))), too_long);
}

struct FailureCase {
    std::string mechanism;
    std::string message;
    std::string challenge;  ///< decoded
};
class TokenExchange : public testing::TestWithParam<FailureCase> {};

TEST_P(TokenExchange, ShowsATokenAndNoPassword) {
    SaslExchange exchange(everything);
    const auto& [mechanism, message, challenge] = GetParam();
    EXPECT_EQ(text_of(exchange.start(mechanism, base64(message))), "token:alice|t");
    EXPECT_FALSE(exchange.in_progress());
    EXPECT_EQ(text_of(exchange.start(mechanism, std::nullopt)), "+");
    EXPECT_EQ(text_of(exchange.respond(base64(message))), "token:alice|t");
    EXPECT_EQ(text_of(exchange.start(mechanism, "=")), malformed);
    EXPECT_EQ(text_of(exchange.start(mechanism, std::nullopt)), "+");
    EXPECT_EQ(text_of(exchange.respond("*")), cancelled);
    EXPECT_FALSE(exchange.refuse()) << "nothing was shown";
}

TEST_P(TokenExchange, EndsARefusalWithAChallengeAndWhateverTheClientSaysToIt) {
    const auto& [mechanism, message, challenge] = GetParam();
    for (const std::string& said : {base64("\x01"), ""s, "*"s, "!"s, base64(message), std::string(20'000, 'A')}) {
        SaslExchange exchange(everything);
        (void)exchange.start(mechanism, base64(message));
        const auto failure = exchange.refuse();
        ASSERT_TRUE(failure);
        const auto decoded = base::base64_decode(failure->base64);
        ASSERT_TRUE(decoded);
        EXPECT_EQ(base::view(*decoded), challenge);
        ASSERT_TRUE(exchange.in_progress());
        EXPECT_EQ(text_of(exchange.respond(said)), refused) << said.substr(0, 50);
        EXPECT_FALSE(exchange.in_progress());
        EXPECT_FALSE(exchange.refuse()) << "once";
    }
}

INSTANTIATE_TEST_SUITE_P(Sasl,
                         TokenExchange,
                         testing::Values(FailureCase{"OAUTHBEARER",
                                                     "n,a=alice,\x01"
                                                     "auth=Bearer t\x01\x01",
                                                     R"({"status":"invalid_token"})"},
                                         FailureCase{"XOAUTH2",
                                                     "user=alice\x01"
                                                     "auth=Bearer t\x01\x01",
                                                     R"({"status":"401","schemes":"bearer"})"}),
                         [](const auto& test) { return test.param.mechanism; });

TEST(TokenExchange, ForgetsARefusalWhenAnotherBegins) {
    SaslExchange exchange(everything);
    (void)exchange.start("XOAUTH2", base64("user=alice\x01"
                                           "auth=Bearer t\x01\x01"));
    EXPECT_EQ(text_of(exchange.start("PLAIN", "AGFsaWNlAHNlY3JldA==")), "alice||secret");
    EXPECT_FALSE(exchange.refuse());
    (void)exchange.start("XOAUTH2", base64("user=alice\x01"
                                           "auth=Bearer t\x01\x01"));
    exchange.cancel();
    EXPECT_FALSE(exchange.refuse());
}

}  // namespace
}  // namespace postern::proxy
