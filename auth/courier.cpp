#include "auth/courier.hpp"

#include "auth/random_code.hpp"

#include <algorithm>

namespace postern::auth {

namespace {

constexpr std::chrono::seconds first_wait{30};
constexpr std::chrono::seconds longest_wait{3600};
constexpr int doublings = 7;

/// 30 s after the first try, twice as long after each further one, at most an hour.
std::chrono::seconds wait_after(int tries) {
    return std::min(longest_wait, first_wait * (1 << std::clamp(tries - 1, 0, doublings)));
}

std::string_view action_of(Courier::Outcome outcome) {
    switch (outcome) {
        case Courier::Outcome::sent:
            return "outbox.sent";
        case Courier::Outcome::postponed:
            return "outbox.postponed";
        case Courier::Outcome::failed:
            return "outbox.failed";
    }
    return "";
}

}  // namespace

Courier::Courier(Store& store, const Keyring& keyring, const base::Clock& clock, Delivery& delivery)
    : store_(store),
      clock_(clock),
      delivery_(delivery),
      outbox_(keyring),
      journal_(keyring),
      owner_(std::to_string(random_id())) {}

std::expected<void, DeliveryFailure> Courier::deliver(const OutboxItem& item, const std::stop_token& stop) {
    if (clock_.now() >= item.not_after) {
        const std::string last = item.last_error.empty() ? "" : ": " + item.last_error;
        return std::unexpected(DeliveryFailure{.is_final = true, .why = "it came too late to be of use" + last});
    }
    const auto message = outbox_.open(item);
    if (!message) return std::unexpected(DeliveryFailure{.is_final = false, .why = "the key file does not open it"});
    return delivery_.deliver(*message, {.id = item.id, .correlation = item.correlation, .created_at = item.created_at},
                             stop);
}

StoreResult<bool> Courier::settle(const OutboxItem& item, const Report& report) {
    return store_.change([&](Transaction& transaction) {
        const Time now = clock_.now();
        OutboxRecords& outbox = transaction.outbox();
        bool is_ours = false;
        switch (report.outcome) {
            case Outcome::sent:
                is_ours = outbox.sent(item.id, owner_, now);
                break;
            case Outcome::postponed:
                // The journal is told how it ended, not of every try.
                return outbox.postpone(item.id, owner_, now + wait_after(item.tries), report.why);
            case Outcome::failed:
                is_ours = outbox.fail(item.id, owner_, now, report.why);
                break;
        }
        if (is_ours) {
            journal_.append(
                transaction,
                {.actor = Actor::system, .channel = Channel::system, .client = {}, .correlation = item.correlation},
                {.action = action_of(report.outcome),
                 .outcome = report.outcome == Outcome::sent ? JournalOutcome::ok : JournalOutcome::error,
                 .subject = item.subject,
                 .detail = std::string(name_of(item.kind)) + ' ' + report.why},
                now);
        }
        return is_ours;
    });
}

StoreResult<std::optional<Courier::Report>> Courier::send_one(const std::stop_token& stop) {
    const auto is_due =
        store_.read([&](Transaction& transaction) { return transaction.outbox().is_due(clock_.now()); });
    if (!is_due) return std::unexpected(is_due.error());
    if (!*is_due) return std::nullopt;
    const auto item = store_.change([&](Transaction& transaction) {
        const Time now = clock_.now();
        return transaction.outbox().lease(owner_, now, now + courier_lease);
    });
    if (!item) return std::unexpected(item.error());
    if (!*item) return std::nullopt;
    const auto delivered = deliver(**item, stop);
    Report report{.id = (*item)->id,
                  .kind = (*item)->kind,
                  .outcome = Outcome::sent,
                  .correlation = (*item)->correlation,
                  .why = delivered ? "" : delivered.error().why,
                  .tries = (*item)->tries};
    if (!delivered) report.outcome = delivered.error().is_final ? Outcome::failed : Outcome::postponed;
    if (const auto settled = settle(**item, report); !settled) return std::unexpected(settled.error());
    return report;
}

}  // namespace postern::auth
