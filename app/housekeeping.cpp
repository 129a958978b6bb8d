#include "app/housekeeping.hpp"

#include "net/log.hpp"

#include <chrono>

namespace postern::app {

namespace {

// Not at once, so that processes that are started over and over do not purge over and over.
constexpr std::chrono::minutes first_wait{5};
constexpr std::chrono::hours between{1};
constexpr std::chrono::days previous_passwords{90};
constexpr std::chrono::days procedures{7};
constexpr std::chrono::days sent_messages{30};

}  // namespace

auth::StoreResult<void> tidy_up(auth::Store& store,
                                const auth::Keyring& keyring,
                                std::uint16_t journal_months,
                                auth::Time now) {
    // One transaction each: none of them is to hold up a login for long.
    const auto budgets = store.change([&](auth::Transaction& t) { return t.budgets().purge(now); });
    if (!budgets) return std::unexpected(budgets.error());
    const auto credentials =
        store.change([&](auth::Transaction& t) { return t.credentials().purge(now, now - previous_passwords); });
    if (!credentials) return std::unexpected(credentials.error());
    const auto flows = store.change([&](auth::Transaction& t) { return t.flows().purge(now - procedures); });
    if (!flows) return std::unexpected(flows.error());
    const auto outbox = store.change([&](auth::Transaction& t) { return t.outbox().purge(now - sent_messages); });
    if (!outbox) return std::unexpected(outbox.error());
    const auth::Origin by_itself{.actor = auth::Actor::system,
                                 .actor_id = {},
                                 .channel = auth::Channel::system,
                                 .client = {},
                                 .correlation = {}};
    const auto before = now - std::chrono::floor<std::chrono::seconds>(std::chrono::months(journal_months));
    const auto journal = auth::Journal(keyring).purge(store, by_itself, before, now);
    if (!journal) return std::unexpected(journal.error());
    return {};
}

Housekeeping::Housekeeping(auth::Store& store,
                           const auth::Keyring& keyring,
                           const base::Clock& clock,
                           std::uint16_t journal_months)
    : store_(store),
      keyring_(keyring),
      clock_(clock),
      journal_months_(journal_months),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Housekeeping::run(const std::stop_token& stop) {
    std::chrono::milliseconds wait = first_wait;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            stopped_.wait_for(lock, stop, wait, [] { return false; });
        }
        if (stop.stop_requested()) return;
        wait = between;
        const auto done = tidy_up(store_, keyring_, journal_months_, clock_.now());
        if (!done) net::log(config::LogLevel::warning, "housekeeping_failed", {{"reason", done.error().detail}});
    }
}

}  // namespace postern::app
