#include "auth/journal.hpp"

#include "auth/coarse_network.hpp"
#include "auth/display_name.hpp"
#include "base/utf8.hpp"

#include <cassert>

namespace postern::auth {

namespace {

constexpr std::size_t max_detail_bytes = 2048;
constexpr std::size_t max_word_bytes = 64;
constexpr std::size_t page_rows = 500;

/// At most `most` bytes of valid UTF-8 in which nothing imitates another line.
std::string shown(std::string_view text, std::size_t most) {
    std::string safe;
    while (!text.empty()) {
        const std::size_t length = base::utf8_character_length(text);
        const std::string_view character = text.substr(0, length == 0 ? 1 : length);
        const bool is_good = length != 0 && check_display_name(character).has_value();
        const std::string_view kept = is_good ? character : "?";
        if (safe.size() + kept.size() > most) break;
        safe += kept;
        text.remove_prefix(character.size());
    }
    return safe;
}

std::string number_text(const std::optional<AccountId>& id) {
    return id ? std::to_string(*id) : "";
}

JournalRow row_of(const Origin& origin, const JournalEvent& event, Time now) {
    return {.at = now,
            .actor = std::string(name_of(origin.actor)),
            .actor_id = origin.actor_id,
            .subject_id = event.subject,
            .channel = std::string(name_of(origin.channel)),
            .action = shown(event.action, max_word_bytes),
            .outcome = std::string(name_of(event.outcome)),
            .reason = shown(event.reason, max_word_bytes),
            .network = origin.client ? coarse_network(*origin.client) : "",
            .correlation = shown(origin.correlation, max_word_bytes),
            .detail = shown(event.detail, max_detail_bytes)};
}

}  // namespace

std::string_view name_of(JournalOutcome outcome) {
    switch (outcome) {
        case JournalOutcome::ok:
            return "ok";
        case JournalOutcome::fail:
            return "fail";
        case JournalOutcome::refused:
            return "refused";
        case JournalOutcome::error:
            return "error";
    }
    return "";
}

std::string Journal::mac_of(const JournalRow& row, std::string_view previous) const {
    return keyring_.mac(MacUse::journal,
                        {previous, std::to_string(row.seq), std::to_string(row.at.time_since_epoch().count()),
                         row.actor, number_text(row.actor_id), number_text(row.subject_id), row.channel, row.action,
                         row.outcome, row.reason, row.network, row.correlation, row.detail});
}

void Journal::append(Transaction& transaction, const Origin& origin, const JournalEvent& event, Time now) const {
    assert(!event.action.empty());
    JournalRow row = row_of(origin, event, now);
    const JournalHead head = transaction.journal().take_head();
    row.seq = head.last_seq + 1;
    row.mac = mac_of(row, head.last_mac);
    transaction.journal().append(row);
}

/// Goes along the chain, row by row.
class Journal::Walk {
public:
    Walk(const Journal& journal, const JournalHead& head, const std::optional<JournalSummary>& known)
        : journal_(journal), last_{.last_seq = head.first_seq - 1, .last_mac = head.first_mac}, known_(known) {
        has_met_known_ = !known_ || known_->last_seq <= last_.last_seq;
    }

    [[nodiscard]] std::int64_t seq() const noexcept { return last_.last_seq; }

    std::optional<JournalFlaw> step(const JournalRow& row) {
        if (row.seq != last_.last_seq + 1) return JournalFlaw{last_.last_seq + 1, "is missing"};
        if (row.mac != journal_.mac_of(row, last_.last_mac))
            return JournalFlaw{row.seq, "was changed, or the one before it was"};
        if (known_ && row.seq == known_->last_seq) {
            if (row.mac != known_->last_mac) return JournalFlaw{row.seq, "is not the one that was noted"};
            has_met_known_ = true;
        }
        last_ = {.rows = last_.rows + 1, .last_seq = row.seq, .last_mac = row.mac};
        return std::nullopt;
    }

    [[nodiscard]] std::expected<JournalSummary, JournalFlaw> end(const JournalHead& head) const {
        const bool is_whole = last_.last_seq == head.last_seq && last_.last_mac == head.last_mac;
        if (!has_met_known_ || !is_whole)
            return std::unexpected(JournalFlaw{last_.last_seq + 1, "is missing: the end was cut off"});
        return last_;
    }

private:
    const Journal& journal_;
    JournalSummary last_;
    const std::optional<JournalSummary>& known_;
    bool has_met_known_ = false;
};

StoreResult<std::expected<JournalSummary, JournalFlaw>> Journal::verify(
    Store& store, const std::optional<JournalSummary>& known) const {
    // One transaction, so that what is appended or purged meanwhile does not look like a flaw.
    return store.read([&](Transaction& transaction) -> std::expected<JournalSummary, JournalFlaw> {
        const JournalHead head = transaction.journal().head();
        Walk walk(*this, head, known);
        for (;;) {
            const auto page = transaction.journal().after(walk.seq(), page_rows);
            for (const JournalRow& row : page) {
                if (auto flaw = walk.step(row)) return std::unexpected(std::move(*flaw));
            }
            if (page.size() < page_rows) return walk.end(head);
        }
    });
}

StoreResult<std::size_t> Journal::purge(Store& store, const Origin& origin, Time before, Time now) const {
    return store.change([&](Transaction& transaction) {
        std::ignore = transaction.journal().take_head();
        const std::size_t rows = transaction.journal().purge(before);
        if (rows > 0) {
            const std::string detail = std::to_string(rows) + " rows";
            append(transaction, origin, {.action = "journal.purge", .detail = detail}, now);
        }
        return rows;
    });
}

}  // namespace postern::auth
