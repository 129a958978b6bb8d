#include "app/route_command.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <sstream>

namespace postern::app {
namespace {

using config::MailProtocol;

config::BackendSettings backend(std::string name, std::string host, std::uint16_t port) {
    config::BackendSettings settings;
    settings.name = std::move(name);
    settings.servers.push_back({.name = host, .host = host, .port = port});
    return settings;
}

config::ListenerSettings listener(std::string name, config::ListenerProtocol protocol) {
    config::ListenerSettings settings;
    settings.name = std::move(name);
    settings.protocol = protocol;
    return settings;
}

class RouteExplain : public testing::Test {
protected:
    RouteExplain() {
        settings_.listeners = {listener("web", config::ListenerProtocol::https),
                               listener("imaps", config::ListenerProtocol::imap),
                               listener("imaps-staff", config::ListenerProtocol::imap),
                               listener("submissions", config::ListenerProtocol::submission)};
        settings_.backends.emplace("mailbox", backend("mailbox", "imap.example.org", 993));
        settings_.backends.emplace("staff", backend("staff", "2001:db8::7", 1993));
        settings_.backends.emplace("relay", backend("relay", "smtp.example.org", 465));
        settings_.routing = {
            .rules = {{.name = "staff", .when = {.group = {"administrative_staff"}}, .backend = "staff", .line = 41},
                      {.name = "by door", .when = {.listener = {"imaps-staff"}}, .backend = "staff", .line = 45}},
            .default_backend = {{MailProtocol::imap, "mailbox"}, {MailProtocol::submission, "relay"}}};
    }

    /// Exit status and output, as the command line would have them.
    std::pair<int, std::string> run(const RouteExplainOptions& options, bool json = false) const {
        std::ostringstream out;
        std::ostringstream err;
        const int status = route_explain(settings_, options, json, out, err);
        EXPECT_TRUE(status == 0 ? err.str().empty() : out.str().empty());
        return {status, out.str() + err.str()};
    }

    config::Settings settings_;
    RouteExplainOptions alice_{
        .user = "alice@example.org", .client = "10.1.2.3", .listener = "", .groups = {"teacher"}};
};

TEST_F(RouteExplain, TellsEveryRuleUpToTheDefault) {
    const auto [status, text] = run(alice_);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(text,
              "alice@example.org, imap on listener imaps, from 10.1.2.3, groups: teacher\n"
              "  line 41, rule staff: no, group: account is in teacher, rule asks for administrative_staff\n"
              "  line 45, rule by door: no, listener: client came to imaps, rule asks for imaps-staff\n"
              "  no rule matches: default for imap\n"
              "backend mailbox at imap.example.org:993\n");
}

TEST_F(RouteExplain, StopsAtTheRuleThatMatches) {
    alice_.listener = "imaps-staff";
    alice_.groups.clear();
    const auto [status, text] = run(alice_);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(text,
              "alice@example.org, imap on listener imaps-staff, from 10.1.2.3, groups: none\n"
              "  line 41, rule staff: no, group: account is in no group, rule asks for administrative_staff\n"
              "  line 45, rule by door: matches\n"
              "backend staff at [2001:db8::7]:1993\n");
}

TEST_F(RouteExplain, GivesTheSameAsJson) {
    alice_.protocol = MailProtocol::submission;
    alice_.groups = {"administrative_staff", "quoted \"group\""};
    const auto [status, text] = run(alice_, true);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(boost::json::parse(text), boost::json::parse(R"({
        "user": "alice@example.org", "protocol": "submission", "listener": "submissions", "client": "10.1.2.3",
        "groups": ["administrative_staff", "quoted \"group\""],
        "rules": [{"line": 41, "rule": "staff", "matched": true}],
        "by_default": false,
        "backend": {"name": "staff",
                    "servers": [{"name": "2001:db8::7", "host": "2001:db8::7", "port": 1993}]}})"));
}

TEST_F(RouteExplain, GivesReasonsInJson) {
    const auto [status, text] = run(alice_, true);
    EXPECT_EQ(status, 0);
    const auto answer = boost::json::parse(text);
    EXPECT_EQ(answer.at("by_default"), true);
    EXPECT_EQ(answer.at("rules").at(0).at("reason"),
              "group: account is in teacher, rule asks for administrative_staff");
    EXPECT_EQ(answer.at("rules").at(1).at("matched"), false);
}

struct MistakeCase {
    std::string name;
    std::string client;
    std::string listener;
    std::string want;
};
class RouteExplainMistake : public RouteExplain, public testing::WithParamInterface<MistakeCase> {};

TEST_P(RouteExplainMistake, IsToldInWordsWhateverTheFormOfTheAnswer) {
    alice_.client = GetParam().client;
    alice_.listener = GetParam().listener;
    for (const bool json : {false, true})
        EXPECT_EQ(run(alice_, json), std::pair(2, "postern: " + GetParam().want + "\n"));
}

INSTANTIATE_TEST_SUITE_P(Mistakes,
                         RouteExplainMistake,
                         testing::ValuesIn(std::vector<MistakeCase>{
                             {"NotAnAddress", "here", "", "not an IP address: here"},
                             {"UnknownListener", "::1", "imap", "no listener called imap speaks imap"},
                             {"ListenerOfAnotherProtocol", "::1", "submissions",
                              "no listener called submissions speaks imap"},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST_F(RouteExplain, NeedsAListenerOfTheProtocol) {
    std::erase_if(settings_.listeners, [](const auto& each) { return each.name == "submissions"; });
    alice_.protocol = MailProtocol::submission;
    EXPECT_EQ(run(alice_), std::pair(2, std::string("postern: no listener speaks submission\n")));
}

}  // namespace
}  // namespace postern::app
