#include "app/revocations.hpp"

#include "net/log.hpp"

#include <limits>

namespace postern::app {
namespace {

constexpr std::chrono::seconds between_looks{2};
// Beside a login's own time: that of its thread to come to the next step.
constexpr std::chrono::minutes beside_a_login{2};

}  // namespace

Revocations::Revocations(auth::Store& store,
                         const base::Clock& clock,
                         const config::AuthSettings& settings,
                         proxy::OpenSessions& sessions)
    : store_(store),
      clock_(clock),
      settings_(settings),
      sessions_(sessions),
      decisions_(store, clock),
      longest_login_(config::LimitSettings().login_timeout) {}

auth::StoreResult<void> Revocations::start() {
    if (const auto begun = decisions_.begin(); !begun) return begun;
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    return {};
}

void Revocations::run(const std::stop_token& stop) {
    bool is_blind = false;
    while (!stop.stop_requested()) {
        const auto looked = look(stop);
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

auth::StoreResult<void> Revocations::look(const std::stop_token& stop) {
    const auto decided = decisions_.look();
    if (!decided) return std::unexpected(decided.error());
    const auth::Time now = clock_.now();
    const auto in_doubt = sessions_.list(
        [&](const proxy::OpenSession& session) {
            const auto decision = decided->find(session.account);
            return (decision != decided->end() && session.examined < decision->second) ||
                   (session.standing.changes_at && *session.standing.changes_at <= now);
        },
        std::numeric_limits<std::size_t>::max());
    for (const proxy::OpenSession& session : in_doubt) {
        if (stop.stop_requested()) return {};
        const auto found = store_.read([&](auth::Transaction& transaction) {
            return auth::look_again(transaction, session.account, session.standing, settings_, now);
        });
        if (!found) return std::unexpected(found.error());
        if (!found->objection) {
            sessions_.renew(session.number, found->changes_at, decisions_.number());
            continue;
        }
        sessions_.cut(session.number, proxy::Cut::revoked);
    }
    decisions_.finish(std::chrono::ceil<std::chrono::seconds>(longest_login_.load()) + beside_a_login);
    return {};
}

}  // namespace postern::app
