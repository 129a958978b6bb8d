#include "proxy/routing/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace postern::proxy::routing {
namespace {

using config::MailProtocol;
using config::RouteConditions;
using testing::ElementsAre;

base::IpAddress address(std::string_view text) {
    return base::IpAddress::parse(text).value();
}
base::IpNetwork network(std::string_view text) {
    return base::IpNetwork::parse(text).value();
}

/// A teacher who reads mail from inside: what every case below changes one thing of.
struct Person {
    MailProtocol protocol = MailProtocol::imap;
    std::string listener = "imaps";
    std::string login = "alice@example.org";
    std::vector<std::string> groups{"teacher"};
    std::string client = "10.1.2.3";

    [[nodiscard]] RouteQuery query() const {
        return {
            .protocol = protocol, .listener = listener, .login = login, .groups = groups, .client = address(client)};
    }
};

struct ConditionCase {
    std::string name;
    RouteConditions when;
    std::function<void(Person&)> change;
    std::string want_reason;  // empty: the rule matches
};
class OneRule : public testing::TestWithParam<ConditionCase> {};

TEST_P(OneRule, MatchesOrSaysWhyNot) {
    Person person;
    GetParam().change(person);
    const config::RoutingSettings settings{
        .rules = {{.name = "the rule", .when = GetParam().when, .backend = "special", .line = 17}},
        .default_backend = {{MailProtocol::imap, "mailbox"}, {MailProtocol::submission, "relay"}}};
    const Router router(settings);
    const Explanation explanation = router.explain(person.query());

    ASSERT_EQ(explanation.outcomes.size(), 1U);
    EXPECT_EQ(explanation.outcomes[0].reason, GetParam().want_reason);
    EXPECT_EQ(explanation.outcomes[0].matched, GetParam().want_reason.empty());
    EXPECT_EQ(explanation.outcomes[0].rule, "the rule");
    EXPECT_EQ(explanation.outcomes[0].line, 17U);
    EXPECT_EQ(explanation.by_default, !GetParam().want_reason.empty());
    EXPECT_EQ(explanation.backend, router.route(person.query()).backend);
    const std::string default_backend = person.protocol == MailProtocol::imap ? "mailbox" : "relay";
    EXPECT_EQ(explanation.backend, GetParam().want_reason.empty() ? "special" : default_backend);
}

constexpr auto as_is = [](Person&) {};

std::vector<ConditionCase> condition_cases() {
    return {
        {"NoConditionMatchesEverybody", {}, as_is, ""},
        {"Protocol", {.protocol = MailProtocol::imap}, as_is, ""},
        {"AnotherProtocol",
         {.protocol = MailProtocol::imap},
         [](Person& p) { p.protocol = MailProtocol::submission; },
         "protocol: login is for submission, rule asks for imap"},
        {"Listener", {.listener = {"staff", "imaps"}}, as_is, ""},
        {"AnotherListener",
         {.listener = {"staff", "pupils"}},
         as_is,
         "listener: client came to imaps, rule asks for staff or pupils"},
        {"ListenerNamesHaveCase",
         {.listener = {"IMAPS"}},
         as_is,
         "listener: client came to imaps, rule asks for IMAPS"},
        {"Group", {.group = {"head", "teacher"}}, as_is, ""},
        {"AnotherGroup",
         {.group = {"administrative_staff"}},
         as_is,
         "group: account is in teacher, rule asks for administrative_staff"},
        {"SeveralOtherGroups",
         {.group = {"a", "b", "c"}},
         [](Person& p) { p.groups = {"teacher", "union"}; },
         "group: account is in teacher and union, rule asks for a, b or c"},
        {"OneOfSeveralGroups", {.group = {"union"}}, [](Person& p) { p.groups = {"teacher", "union"}; }, ""},
        {"NoGroup",
         {.group = {"a"}},
         [](Person& p) { p.groups.clear(); },
         "group: account is in no group, rule asks for a"},
        {"Domain", {.domain = {"example.net", "example.org"}}, as_is, ""},
        {"AnotherDomain",
         {.domain = {"example.net"}},
         as_is,
         "domain: login is in example.org, rule asks for example.net"},
        {"ASubdomainIsAnotherDomain",
         {.domain = {"example.org"}},
         [](Person& p) { p.login = "alice@sub.example.org"; },
         "domain: login is in sub.example.org, rule asks for example.org"},
        {"DomainIsBehindTheLastAt", {.domain = {"example.org"}}, [](Person& p) { p.login = "a@b@example.org"; }, ""},
        {"NoDomain",
         {.domain = {"example.org"}},
         [](Person& p) { p.login = "alice"; },
         "domain: login has no domain, rule asks for example.org"},
        {"UserPattern", {.user = {"bob*", "ALICE@*"}}, as_is, ""},
        {"AnotherUser",
         {.user = {"bob*", "?lice"}},
         as_is,
         "user: login is alice@example.org, rule asks for bob* or ?lice"},
        {"Network", {.network = {network("192.0.2.0/24"), network("10.0.0.0/8")}}, as_is, ""},
        {"AnotherNetwork",
         {.network = {network("10.0.0.0/8"), network("2001:db8::/32")}},
         [](Person& p) { p.client = "2001:db9::1"; },
         "network: client is 2001:db9::1, rule asks for 10.0.0.0/8 or 2001:db8::/32"},
        {"AMappedAddressIsItsIpv4Address",
         {.network = {network("10.0.0.0/8")}},
         [](Person& p) { p.client = "::ffff:10.9.9.9"; },
         ""},
        {"AllConditionsMustHold",
         {.protocol = MailProtocol::imap,
          .group = {"teacher"},
          .domain = {"example.org"},
          .network = {network("10.0.0.0/8")}},
         as_is,
         ""},
        {"TheFirstFailureIsTold",
         {.protocol = MailProtocol::imap, .group = {"head"}, .domain = {"example.net"}},
         as_is,
         "group: account is in teacher, rule asks for head"},
        {"TheLastConditionCounts",
         {.protocol = MailProtocol::imap,
          .listener = {"imaps"},
          .group = {"teacher"},
          .domain = {"example.org"},
          .user = {"*"},
          .network = {network("10.1.2.4")}},
         as_is,
         "network: client is 10.1.2.3, rule asks for 10.1.2.4/32"},
    };
}

INSTANTIATE_TEST_SUITE_P(Conditions, OneRule, testing::ValuesIn(condition_cases()), [](const auto& test) {
    return test.param.name;
});

class Rules : public testing::Test {
protected:
    config::RoutingSettings settings_{
        .rules = {{.name = "staff", .when = {.group = {"staff"}}, .backend = "staff-mail", .line = 3},
                  {.name = "teachers", .when = {.group = {"teacher"}}, .backend = "teacher-mail", .line = 5},
                  {.name = "everybody", .when = {}, .backend = "never-asked", .line = 8}},
        .default_backend = {{MailProtocol::imap, "mailbox"}, {MailProtocol::submission, "relay"}}};
    Router router_{settings_};
    Person person_;
};

TEST_F(Rules, TheFirstThatMatchesDecides) {
    person_.groups = {"staff", "teacher"};
    EXPECT_EQ(router_.route(person_.query()).backend, "staff-mail");
    EXPECT_EQ(router_.explain(person_.query()).outcomes.size(), 1U);
}

TEST_F(Rules, SayWhichSendersThoseWhoMatchMayUse) {
    EXPECT_EQ(router_.route(person_.query()).senders, std::nullopt);
    settings_.rules[1].senders = config::SenderCheck::any;
    EXPECT_EQ(router_.route(person_.query()).senders, config::SenderCheck::any);
    person_.groups = {"staff"};
    EXPECT_EQ(router_.route(person_.query()).senders, std::nullopt);
}

TEST_F(Rules, AreExplainedUpToTheOneThatMatches) {
    const auto explanation = router_.explain(person_.query());
    ASSERT_EQ(explanation.outcomes.size(), 2U);
    EXPECT_EQ(explanation.outcomes[0].line, 3U);
    EXPECT_EQ(explanation.outcomes[0].reason, "group: account is in teacher, rule asks for staff");
    EXPECT_EQ(explanation.outcomes[1].line, 5U);
    EXPECT_TRUE(explanation.outcomes[1].matched);
    EXPECT_FALSE(explanation.by_default);
    EXPECT_EQ(explanation.backend, "teacher-mail");
}

TEST_F(Rules, WithoutAnyTheDefaultOfTheProtocolDecides) {
    settings_.rules.clear();
    EXPECT_EQ(router_.route(person_.query()).backend, "mailbox");
    person_.protocol = MailProtocol::submission;
    EXPECT_EQ(router_.route(person_.query()).backend, "relay");
    const auto explanation = router_.explain(person_.query());
    EXPECT_TRUE(explanation.by_default);
    EXPECT_EQ(explanation.backend, "relay");
    EXPECT_TRUE(explanation.outcomes.empty());
}

struct ReachableCase {
    std::string name;
    std::vector<config::RouteRule> rules;
    std::vector<std::string_view> want;
};
class Reachable : public testing::TestWithParam<ReachableCase> {};

/// For those who submit at "submissions".
TEST_P(Reachable, AreTheBackendsOfRulesThatMayMatch) {
    const config::RoutingSettings settings{
        .rules = GetParam().rules,
        .default_backend = {{MailProtocol::imap, "mailbox"}, {MailProtocol::submission, "relay"}}};
    EXPECT_EQ(Router(settings).reachable(MailProtocol::submission, "submissions"), GetParam().want);
}

config::RouteRule rule(RouteConditions when, std::string backend) {
    return {.name = backend, .when = std::move(when), .backend = std::move(backend), .line = 1};
}

INSTANTIATE_TEST_SUITE_P(
    Rules,
    Reachable,
    testing::ValuesIn(std::vector<ReachableCase>{
        {"NoRules", {}, {"relay"}},
        {"OfSomePeople",
         {rule({.group = {"staff"}}, "a"), rule({.domain = {"example.net"}}, "b"), rule({.user = {"x*"}}, "c"),
          rule({.network = {network("10.0.0.0/8")}}, "d")},
         {"a", "b", "c", "d", "relay"}},
        {"EachOnce",
         {rule({.group = {"x"}}, "a"), rule({.group = {"y"}}, "relay"), rule({.group = {"z"}}, "a")},
         {"a", "relay"}},
        {"OfAnotherProtocol", {rule({.protocol = MailProtocol::imap}, "a")}, {"relay"}},
        {"OfAnotherListener", {rule({.listener = {"imaps", "starttls"}}, "a")}, {"relay"}},
        {"OfThisListener", {rule({.listener = {"imaps", "submissions"}, .group = {"x"}}, "a")}, {"a", "relay"}},
        {"BehindOneThatTakesEverybody",
         {rule({.group = {"x"}}, "a"), rule({.listener = {"submissions"}}, "b"), rule({.group = {"y"}}, "c")},
         {"a", "b"}},
        {"BehindOneThatTakesEverybodyElsewhere",
         {rule({.listener = {"starttls"}}, "b"), rule({.group = {"y"}}, "c")},
         {"c", "relay"}},
        {"OfTheProtocolAsAWhole", {rule({.protocol = MailProtocol::submission}, "a")}, {"a"}},
    }),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace postern::proxy::routing
