#include "proxy/routing/rule_checks.hpp"

#include "base/ascii.hpp"
#include "proxy/routing/glob.hpp"
#include "proxy/routing/router.hpp"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

namespace postern::proxy::routing {

namespace {

using config::RouteConditions;

bool is_among(const std::string& word, const std::vector<std::string>& words) {
    return std::ranges::any_of(words, [&](const std::string& each) { return base::iequals(each, word); });
}

/// Whether a condition of an earlier rule holds whenever that of a later one does, `covers` telling it of two entries.
template <class Entry, class Covers>
bool is_implied(const std::vector<Entry>& earlier, const std::vector<Entry>& later, Covers covers) {
    if (earlier.empty()) return true;
    return !later.empty() && std::ranges::all_of(later, [&](const Entry& asked) {
        return std::ranges::any_of(earlier, [&](const Entry& taken) { return covers(taken, asked); });
    });
}

bool is_same(const std::string& taken, const std::string& asked) {
    return base::iequals(taken, asked);
}

/// `taken` also matches everything that `asked` can stand for. A `?` would match one of its `*` as if it were a letter.
bool covers_pattern(const std::string& taken, const std::string& asked) {
    return is_same(taken, asked) || (!taken.contains('?') && glob_matches(taken, asked));
}

bool covers_network(const base::IpNetwork& taken, const base::IpNetwork& asked) {
    return taken.prefix_bits <= asked.prefix_bits && taken.contains(asked.address);
}

bool domain_is_implied(const RouteConditions& earlier, const RouteConditions& later) {
    if (is_implied(earlier.domain, later.domain, is_same)) return true;
    return !later.user.empty() && std::ranges::all_of(later.user, [&](const std::string& pattern) {
        const auto at = pattern.rfind('@');
        return at != std::string::npos && is_among(pattern.substr(at + 1), earlier.domain);
    });
}

bool takes_all_of(const RouteConditions& earlier, const RouteConditions& later) {
    return (!earlier.protocol || earlier.protocol == later.protocol) &&
           is_implied(earlier.listener, later.listener, is_same) && is_implied(earlier.group, later.group, is_same) &&
           domain_is_implied(earlier, later) && is_implied(earlier.user, later.user, covers_pattern) &&
           is_implied(earlier.network, later.network, covers_network);
}

void find_unreachable(std::span<const config::RouteRule> rules, std::vector<RuleProblem>& problems) {
    for (std::size_t i = 0; i != rules.size(); ++i) {
        const auto before = rules.first(i);
        const auto taker = std::ranges::find_if(
            before, [&](const auto& earlier) { return takes_all_of(earlier.when, rules[i].when); });
        if (taker == before.end()) continue;
        problems.push_back({.line = rules[i].line,
                            .path = "routing.rules[" + std::to_string(i) + ']',
                            .message = "nobody reaches this rule: `" + taker->name + "` on line " +
                                       std::to_string(taker->line) +
                                       " takes everybody it matches; put it before that one, or take it out"});
    }
}

const config::ListenerSettings* listener_for(const config::Settings& settings,
                                             const config::RouteExpectation& expectation) {
    const auto wanted = expectation.protocol == config::MailProtocol::imap ? config::ListenerProtocol::imap
                                                                           : config::ListenerProtocol::submission;
    const auto found = std::ranges::find_if(settings.listeners, [&](const config::ListenerSettings& each) {
        return each.protocol == wanted && (expectation.listener.empty() || each.name == expectation.listener);
    });
    return found == settings.listeners.end() ? nullptr : &*found;
}

/// Empty: it comes true.
std::string disappointment(const config::Settings& settings, const config::RouteExpectation& expectation) {
    for (const std::string& group : expectation.groups)
        if (std::ranges::find(settings.groups, group) == settings.groups.end())
            return "there is no group `" + group + "` in `groups`";
    const config::ListenerSettings* const listener = listener_for(settings, expectation);
    const std::string protocol(protocol_name(expectation.protocol));
    if (listener == nullptr)
        return "no listener" + (expectation.listener.empty() ? "" : " `" + expectation.listener + '`') + " speaks " +
               protocol;
    const Explanation explanation = Router(settings.routing)
                                        .explain({.protocol = expectation.protocol,
                                                  .listener = listener->name,
                                                  .login = expectation.user,
                                                  .groups = expectation.groups,
                                                  .client = expectation.address});
    if (explanation.backend == expectation.backend) return "";
    const std::string why = explanation.by_default
                                ? "no rule matches, so the default for " + protocol + " decides"
                                : "rule `" + explanation.outcomes.back().rule + "` on line " +
                                      std::to_string(explanation.outcomes.back().line) + " matches first";
    return expectation.user + " comes to " + explanation.backend + ", not to " + expectation.backend + ": " + why +
           " (`postern route explain` shows every rule)";
}

}  // namespace

std::vector<RuleProblem> rule_problems(const config::Settings& settings) {
    std::vector<RuleProblem> problems;
    find_unreachable(settings.routing.rules, problems);
    const auto& expectations = settings.routing.expect;
    for (std::size_t i = 0; i != expectations.size(); ++i) {
        std::string what = disappointment(settings, expectations[i]);
        if (what.empty()) continue;
        problems.push_back({.line = expectations[i].line,
                            .path = "routing.expect[" + std::to_string(i) + ']',
                            .message = std::move(what)});
    }
    std::ranges::sort(problems, {}, [](const RuleProblem& each) { return std::pair(each.line, each.path); });
    return problems;
}

}  // namespace postern::proxy::routing
