#include "proxy/routing/rule_checks.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace postern::proxy::routing {
namespace {

using config::MailProtocol;
using config::RouteConditions;

base::IpNetwork network(std::string_view text) {
    return *base::IpNetwork::parse(text);
}

struct Pair {
    std::string name;
    RouteConditions earlier, later;
    bool is_taken = false;
};
class Unreachable : public testing::TestWithParam<Pair> {};

TEST_P(Unreachable, IsTheRuleWhoseEveryMatchAnEarlierOneTakes) {
    config::Settings settings;
    settings.routing.rules = {
        {.name = "first", .when = GetParam().earlier, .backend = "a", .senders = {}, .line = 3},
        {.name = "other", .when = {.user = {"nobody-else"}}, .backend = "b", .senders = {}, .line = 4},
        {.name = "second", .when = GetParam().later, .backend = "c", .senders = {}, .line = 5}};
    const auto problems = rule_problems(settings);
    ASSERT_EQ(problems.size(), GetParam().is_taken ? 1U : 0U);
    if (problems.empty()) return;
    EXPECT_EQ(problems[0].line, 5U);
    EXPECT_EQ(problems[0].path, "routing.rules[2]");
    EXPECT_EQ(
        problems[0].message,
        "nobody reaches this rule: `first` on line 3 takes everybody it matches; put it before that one, or take it "
        "out");
}

INSTANTIATE_TEST_SUITE_P(
    Rule,
    Unreachable,
    testing::ValuesIn(std::vector<Pair>{
        {"Same", {.group = {"staff"}}, {.group = {"staff"}}, true},
        {"MoreConditions", {.group = {"staff"}}, {.group = {"staff"}, .domain = {"a.org"}}, true},
        {"FewerConditions", {.group = {"staff"}, .domain = {"a.org"}}, {.group = {"staff"}}, false},
        {"OneOfTwoGroups", {.group = {"staff", "teacher"}}, {.group = {"staff"}}, true},
        {"TwoGroupsOfOne", {.group = {"staff"}}, {.group = {"staff", "teacher"}}, false},
        {"Protocol", {.protocol = MailProtocol::imap}, {.protocol = MailProtocol::imap, .group = {"x"}}, true},
        {"OtherProtocol", {.protocol = MailProtocol::imap}, {.protocol = MailProtocol::submission}, false},
        {"AnyProtocolLater", {.protocol = MailProtocol::imap}, {.group = {"x"}}, false},
        {"Listener", {.listener = {"imaps", "devices"}}, {.listener = {"devices"}}, true},
        {"Domain", {.domain = {"a.org"}}, {.domain = {"A.ORG"}}, true},
        {"DomainOfPatterns", {.domain = {"a.org"}}, {.user = {"ce.*@a.org", "x@a.org"}}, true},
        {"DomainOfAnotherPattern", {.domain = {"a.org"}}, {.user = {"ce.*@a.org", "x@b.org"}}, false},
        {"PatternWithoutDomain", {.domain = {"a.org"}}, {.user = {"ce.*"}}, false},
        {"PatternInDomain", {.domain = {"a.org"}}, {.user = {"*@*.org"}}, false},
        {"WiderPattern", {.user = {"ce*@a.org"}}, {.user = {"ce.*@a.org"}}, true},
        {"NarrowerPattern", {.user = {"ce.*@a.org"}}, {.user = {"ce*@a.org"}}, false},
        {"OneCharacterIsNotAny", {.user = {"ce?"}}, {.user = {"ce*"}}, false},
        {"SamePatternOfOneCharacter", {.user = {"ce?"}}, {.user = {"CE?"}}, true},
        {"WiderNetwork", {.network = {network("10.0.0.0/8")}}, {.network = {network("10.1.0.0/16")}}, true},
        {"NarrowerNetwork", {.network = {network("10.1.0.0/16")}}, {.network = {network("10.0.0.0/8")}}, false},
        {"NetworkBeside", {.network = {network("10.1.0.0/16")}}, {.network = {network("10.2.0.0/16")}}, false},
    }),
    [](const auto& test) { return test.param.name; });

class Expectations : public testing::Test {
protected:
    Expectations() {
        settings_.groups = {"staff"};
        settings_.listeners = {{.name = "imaps", .protocol = config::ListenerProtocol::imap},
                               {.name = "inside", .protocol = config::ListenerProtocol::imap}};
        settings_.routing.rules = {
            {.name = "staff", .when = {.group = {"staff"}}, .backend = "staff-mail", .senders = {}, .line = 3},
            {.name = "inside", .when = {.listener = {"inside"}}, .backend = "inner", .senders = {}, .line = 4},
            {.name = "near",
             .when = {.network = {network("10.0.0.0/8")}},
             .backend = "near",
             .senders = {},
             .line = 5}};
        settings_.routing.default_backend = {{MailProtocol::imap, "mailbox"}};
    }
    std::string what(config::RouteExpectation expectation) {
        expectation.user = "anna@a.org";
        expectation.line = 9;
        settings_.routing.expect = {std::move(expectation)};
        const auto problems = rule_problems(settings_);
        return problems.empty()
                   ? ""
                   : std::to_string(problems[0].line) + ' ' + problems[0].path + ": " + problems[0].message;
    }
    config::Settings settings_;
};

TEST_F(Expectations, ComeTrue) {
    EXPECT_EQ(what({.backend = "mailbox"}), "");
    EXPECT_EQ(what({.groups = {"staff"}, .backend = "staff-mail"}), "");
    EXPECT_EQ(what({.listener = "inside", .backend = "inner"}), "");
    EXPECT_EQ(what({.address = *base::IpAddress::parse("10.1.2.3"), .backend = "near"}), "");
}

TEST_F(Expectations, AreToldWithWhatDecidedInstead) {
    EXPECT_EQ(what({.backend = "near"}),
              "9 routing.expect[0]: anna@a.org comes to mailbox, not to near: no rule matches, so the default for imap "
              "decides (`postern route explain` shows every rule)");
    EXPECT_EQ(what({.groups = {"staff"}, .listener = "inside", .backend = "inner"}),
              "9 routing.expect[0]: anna@a.org comes to staff-mail, not to inner: rule `staff` on line 3 matches first "
              "(`postern route explain` shows every rule)");
    EXPECT_EQ(what({.groups = {"cook"}, .backend = "mailbox"}),
              "9 routing.expect[0]: there is no group `cook` in `groups`");
    EXPECT_EQ(what({.listener = "outside", .backend = "mailbox"}),
              "9 routing.expect[0]: no listener `outside` speaks imap");
    EXPECT_EQ(what({.protocol = MailProtocol::submission, .backend = "mailbox"}),
              "9 routing.expect[0]: no listener speaks submission");
}

}  // namespace
}  // namespace postern::proxy::routing
