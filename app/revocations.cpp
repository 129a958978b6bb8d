#include "app/revocations.hpp"

#include "net/log.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <set>

namespace postern::app {
namespace {

constexpr std::chrono::seconds between_looks{2};

}  // namespace

Revocations::Revocations(auth::Store& store,
                         const base::Clock& clock,
                         const config::AuthSettings& settings,
                         const proxy::OpenSessions& sessions)
    : store_(store),
      clock_(clock),
      settings_(settings),
      sessions_(sessions),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Revocations::run(const std::stop_token& stop) {
    auth::DecisionWatch decisions(store_, clock_);
    bool is_blind = false;
    while (!stop.stop_requested()) {
        const auto looked = look(decisions);
        // One line when it begins, and one when it is over: the store may be away for long.
        if (!looked && !is_blind)
            net::log(
                config::LogLevel::error, "revocations_unseen",
                {{"reason", looked.error().detail}, {"advice", "nobody's session is cut until the store answers"}});
        if (looked && is_blind) net::log(config::LogLevel::info, "revocations_seen");
        is_blind = !looked;
        std::unique_lock lock(mutex_);
        stopped_.wait_for(lock, stop, between_looks, [] { return false; });
    }
}

auth::StoreResult<void> Revocations::look(auth::DecisionWatch& decisions) {
    const auto decided = decisions.accounts();
    if (!decided) return std::unexpected(decided.error());
    const auth::Time now = clock_.now();
    const std::set<auth::AccountId> accounts(decided->begin(), decided->end());
    const auto in_doubt = sessions_.list(
        [&](const proxy::OpenSession& session) {
            return accounts.contains(session.account) ||
                   (session.standing.changes_at && *session.standing.changes_at <= now);
        },
        std::numeric_limits<std::size_t>::max());
    std::set<std::uint64_t> over;
    for (const proxy::OpenSession& session : in_doubt) {
        const auto objection = store_.read([&](auth::Transaction& transaction) {
            return auth::objection_to_staying(transaction, session.account, session.standing, settings_, now);
        });
        if (!objection) return std::unexpected(objection.error());
        if (*objection) over.insert(session.number);
    }
    if (!over.empty())
        sessions_.cut([&](const proxy::OpenSession& session) { return over.contains(session.number); },
                      proxy::Cut::revoked);
    return {};
}

}  // namespace postern::app
