#include "proxy/sasl_tokens.hpp"

#include "tests/support/evidence_text.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace postern::proxy {
namespace {

using namespace std::string_literals;

struct TokenCase {
    std::string name;
    std::string message;
    std::string want;  ///< "name|token"; empty: malformed
};

std::string text_of(const std::optional<auth::BearerToken>& token) {
    return token ? token->name + "|" + std::string(token->token.reveal()) : "";
}

class OAuthBearer : public testing::TestWithParam<TokenCase> {};

TEST_P(OAuthBearer, IsReadAsRfc7628Says) {
    EXPECT_EQ(text_of(decode_oauthbearer(GetParam().message)), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Sasl,
                         OAuthBearer,
                         testing::ValuesIn(std::vector<TokenCase>{
                             {"ExampleOfTheRfc",
                              "n,a=user@example.com,\x01host=server.example.com\x01port=143\x01"
                              "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01"s,
                              "user@example.com|vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="},
                             {"NoName",
                              "n,,\x01"
                              "auth=Bearer t.o-k_e~n+/=\x01\x01"s,
                              "|t.o-k_e~n+/="},
                             {"ChannelBindingThatTheServerHasNot",
                              "y,,\x01"
                              "auth=Bearer t\x01\x01"s,
                              "|t"},
                             {"SchemeHasNoCase",
                              "n,,\x01"
                              "auth=bEARER t\x01\x01"s,
                              "|t"},
                             {"EscapedName",
                              "n,a=a=2Cb=3Dc,\x01"
                              "auth=Bearer t\x01\x01"s,
                              "a,b=c|t"},
                             {"NameOutsideAscii",
                              "n,a=\xC3\xA9,\x01"
                              "auth=Bearer t\x01\x01"s,
                              "\xC3\xA9|t"},
                             {"OtherPairsInAnyOrder",
                              "n,,\x01"
                              "auth=Bearer t\x01mthd=POST\x01qs=a=b&c \t\r\n\x01x=\x01\x01"s,
                              "|t"},
                             {"ChannelBinding",
                              "p=tls-exporter,,\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"NonStandardFlag",
                              "F,n,,\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"NoHeader",
                              "\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"HeaderWithoutItsSecondComma",
                              "n,\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"NameWithoutItsKey",
                              "n,user,\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"EmptyName",
                              "n,a=,\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"UnknownEscape",
                              "n,a=a=41,\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"HalfAnEscape",
                              "n,a=a=2,\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"NameWithNul",
                              "n,a=a\0b,\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"NameWithLineEnd",
                              "n,a=a\r\nb,\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"NameWithSeparator",
                              "n,a=a\x01,\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"NameThatIsNotUtf8",
                              "n,a=\xE9,\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"NoSeparatorBehindTheHeader", "n,,auth=Bearer t\x01\x01"s, ""},
                             {"NoLastSeparator",
                              "n,,\x01"
                              "auth=Bearer t\x01"s,
                              ""},
                             {"NoSeparatorAtAll",
                              "n,,\x01"
                              "auth=Bearer t"s,
                              ""},
                             {"BytesBehindTheEnd",
                              "n,,\x01"
                              "auth=Bearer t\x01\x01x"s,
                              ""},
                             {"TwoEnds",
                              "n,,\x01"
                              "auth=Bearer t\x01\x01\x01"s,
                              ""},
                             {"NoAuth", "n,,\x01host=x\x01\x01"s, ""},
                             {"NoPairs", "n,,\x01\x01"s, ""},
                             {"AuthTwice",
                              "n,,\x01"
                              "auth=Bearer t\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"EmptyAuth",
                              "n,,\x01"
                              "auth=\x01\x01"s,
                              ""},
                             {"AnotherScheme",
                              "n,,\x01"
                              "auth=Basic dDp0\x01\x01"s,
                              ""},
                             {"NoToken",
                              "n,,\x01"
                              "auth=Bearer \x01\x01"s,
                              ""},
                             {"OnlyPadding",
                              "n,,\x01"
                              "auth=Bearer ==\x01\x01"s,
                              ""},
                             {"PaddingInTheMiddle",
                              "n,,\x01"
                              "auth=Bearer a=b\x01\x01"s,
                              ""},
                             {"SpaceInTheToken",
                              "n,,\x01"
                              "auth=Bearer a b\x01\x01"s,
                              ""},
                             {"QuoteInTheToken",
                              "n,,\x01"
                              "auth=Bearer a\"b\x01\x01"s,
                              ""},
                             {"NulInTheToken",
                              "n,,\x01"
                              "auth=Bearer a\0b\x01\x01"s,
                              ""},
                             {"PairWithoutEquals",
                              "n,,\x01host\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"PairWithoutKey",
                              "n,,\x01=x\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"KeyWithDigit",
                              "n,,\x01h1=x\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"NulInAValue",
                              "n,,\x01host=\0\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"ValueOutsideAscii",
                              "n,,\x01host=\xC3\xA9\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"TheClientsLastWord", "\x01"s, ""},
                             {"Nothing", ""s, ""},
                             {"APlainMessage", "\0alice\0secret"s, ""},
                             {"AnXoauth2Message",
                              "user=alice\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                         }),
                         [](const auto& test) { return test.param.name; });

class Xoauth2 : public testing::TestWithParam<TokenCase> {};

TEST_P(Xoauth2, IsReadAsItsInventorsSay) {
    EXPECT_EQ(text_of(decode_xoauth2(GetParam().message)), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Sasl,
                         Xoauth2,
                         testing::ValuesIn(std::vector<TokenCase>{
                             {"ExampleOfGoogle",
                              "user=someuser@example.com\x01"
                              "auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01"s,
                              "someuser@example.com|ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"},
                             {"SchemeHasNoCase",
                              "user=a\x01"
                              "auth=bearer t\x01\x01"s,
                              "a|t"},
                             {"NameWithEquals",
                              "user=a=b\x01"
                              "auth=Bearer t\x01\x01"s,
                              "a=b|t"},
                             {"NoName",
                              "user=\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"NoUser", "auth=Bearer t\x01\x01"s, ""},
                             {"NoAuth", "user=a\x01\x01"s, ""},
                             {"OtherOrder", "auth=Bearer t\x01user=a\x01\x01"s, ""},
                             {"AnotherPair",
                              "user=a\x01host=x\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"AnotherPairBehind",
                              "user=a\x01"
                              "auth=Bearer t\x01host=x\x01\x01"s,
                              ""},
                             {"OneSeparatorAtTheEnd",
                              "user=a\x01"
                              "auth=Bearer t\x01"s,
                              ""},
                             {"ThreeSeparatorsAtTheEnd",
                              "user=a\x01"
                              "auth=Bearer t\x01\x01\x01"s,
                              ""},
                             {"NoToken",
                              "user=a\x01"
                              "auth=Bearer \x01\x01"s,
                              ""},
                             {"AnotherScheme",
                              "user=a\x01"
                              "auth=MAC t\x01\x01"s,
                              ""},
                             {"NameWithNul",
                              "user=a\0b\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"NameThatIsNotUtf8",
                              "user=\xE9\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                             {"Nothing", ""s, ""},
                             {"OnlyTheEnd", "\x01\x01"s, ""},
                             {"UserAndTheEnd", "user=\x01\x01"s, ""},
                             {"AnOauthbearerMessage",
                              "n,,\x01"
                              "auth=Bearer t\x01\x01"s,
                              ""},
                         }),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace postern::proxy
