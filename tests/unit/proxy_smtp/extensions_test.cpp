#include "proxy/smtp/extensions.hpp"

#include <gtest/gtest.h>

namespace postern::proxy::smtp {
namespace {

const Extensions postfix(Reply{.code = 250,
                               .lines = {"relay.example.org AUTH GREETING", "PIPELINING", "", "AUTH PLAIN login",
                                         "XCLIENT  NAME ADDR ", "size 1000"}});

struct OfferCase {
    std::string name;
    std::string keyword;
    std::string parameter;
    bool want;
};
class Offer : public testing::TestWithParam<OfferCase> {};

TEST_P(Offer, IsFoundOrNot) {
    EXPECT_EQ(postfix.offers(GetParam().keyword, GetParam().parameter), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Ehlo,
                         Offer,
                         testing::ValuesIn(std::vector<OfferCase>{
                             {"FirstParameter", "AUTH", "PLAIN", true},
                             {"LaterParameterInAnotherCase", "AUTH", "LOGIN", true},
                             {"KeywordInAnotherCase", "SIZE", "1000", true},
                             {"TwoSpaces", "XCLIENT", "NAME", true},
                             {"SpaceBehind", "XCLIENT", "ADDR", true},
                             {"MissingParameter", "XCLIENT", "LOGIN", false},
                             {"ParameterOfAnotherKeyword", "XCLIENT", "PLAIN", false},
                             {"PartOfAParameter", "AUTH", "PLAI", false},
                             {"TheKeywordIsNoParameter", "AUTH", "AUTH", false},
                             {"TheGreetingIsNoExtension", "AUTH", "GREETING", false},
                             {"EmptyParameter", "XCLIENT", "", false},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(Extensions, OfNothingOfferNothing) {
    EXPECT_FALSE(Extensions().offers("AUTH", "PLAIN"));
    EXPECT_FALSE(Extensions(Reply{.code = 250, .lines = {"mx"}}).offers("AUTH", "PLAIN"));
}

}  // namespace
}  // namespace postern::proxy::smtp
