#include "auth/store/journal_rows.hpp"

#include <algorithm>
#include <utility>

namespace postern::auth::store {

using soci::into;
using soci::use;

JournalHead JournalRows::read_head(const std::string& query) {
    JournalHead head;
    long long first = 0;
    long long last = 0;
    database_.first(query, into(first), into(head.first_mac), into(last), into(head.last_mac));
    head.first_seq = first;
    head.last_seq = last;
    return head;
}

JournalHead JournalRows::head() {
    return read_head("SELECT first_seq, first_mac, last_seq, last_mac FROM journal_head WHERE id = 1");
}

JournalHead JournalRows::take_head() {
    return read_head(
        "UPDATE journal_head SET last_seq = last_seq WHERE id = 1 RETURNING first_seq, first_mac, last_seq, "
        "last_mac");
}

void JournalRows::append(const JournalRow& row) {
    const long long seq = row.seq;
    const long long at = seconds_of(row.at);
    Nullable actor(row.actor_id ? std::optional<long long>(*row.actor_id) : std::nullopt);
    Nullable subject(row.subject_id ? std::optional<long long>(*row.subject_id) : std::nullopt);
    database_.execute(
        "INSERT INTO journal (seq, at, actor, actor_id, subject_id, channel, action, outcome, reason, network, "
        "correlation, detail, mac) VALUES (:seq, :at, :actor, :actor_id, :subject_id, :channel, :action, :outcome, "
        ":reason, :network, :correlation, :detail, :mac)",
        use(seq, "seq"), use(at, "at"), use(row.actor, "actor"), use(actor.value, actor.indicator, "actor_id"),
        use(subject.value, subject.indicator, "subject_id"), use(row.channel, "channel"), use(row.action, "action"),
        use(row.outcome, "outcome"), use(row.reason, "reason"), use(row.network, "network"),
        use(row.correlation, "correlation"), use(row.detail, "detail"), use(row.mac, "mac"));
    database_.execute("UPDATE journal_head SET last_seq = :seq, last_mac = :mac WHERE id = 1", use(seq, "seq"),
                      use(row.mac, "mac"));
}

template <class... Bound>
std::vector<JournalRow> JournalRows::select(const std::string& rest, Bound&&... bound) {
    JournalRow row;
    long long seq = 0;
    long long at = 0;
    Nullable actor;
    Nullable subject;
    std::vector<JournalRow> found;
    database_.each(
        "SELECT seq, at, actor, actor_id, subject_id, channel, action, outcome, reason, network, correlation, detail, "
        "mac "
        "FROM journal " +
            rest,
        [&] {
            row.seq = seq;
            row.at = time_of(at);
            row.actor_id = actor.number();
            row.subject_id = subject.number();
            found.push_back(row);
        },
        into(seq), into(at), into(row.actor), into(actor.value, actor.indicator),
        into(subject.value, subject.indicator), into(row.channel), into(row.action), into(row.outcome),
        into(row.reason), into(row.network), into(row.correlation), into(row.detail), into(row.mac),
        std::forward<Bound>(bound)...);
    return found;
}

std::vector<JournalRow> JournalRows::after(std::int64_t seq, std::size_t limit) {
    const long long last = seq;
    const auto most = static_cast<long long>(limit);
    return select("WHERE seq > :seq ORDER BY seq LIMIT :most", use(last, "seq"), use(most, "most"));
}

std::vector<JournalRow> JournalRows::find(const JournalFilter& filter) {
    const long long subject = filter.subject.value_or(0);
    const long long since = filter.since ? seconds_of(*filter.since) : 0;
    const auto most = static_cast<long long>(filter.limit);
    auto rows = select(
        "WHERE (CAST(:subject AS BIGINT) = 0 OR subject_id = :subject) AND (:corr = '' OR correlation = "
        ":corr) AND at >= :since ORDER BY seq DESC LIMIT :most",
        use(subject, "subject"), use(filter.correlation, "corr"), use(since, "since"), use(most, "most"));
    std::ranges::reverse(rows);
    return rows;
}

std::size_t JournalRows::purge(Time before) {
    const long long at = seconds_of(before);
    // Not simply the rows before that time: the clock may have been set back, and the chain must stay without gaps.
    long long last = 0;
    std::string mac;
    if (!database_.first("SELECT seq, mac FROM journal WHERE seq < coalesce((SELECT min(seq) FROM journal WHERE at >= "
                         ":before), (SELECT last_seq + 1 FROM journal_head)) ORDER BY seq DESC LIMIT 1",
                         into(last), into(mac), use(at, "before"))) {
        return 0;
    }
    const auto purged = database_.execute("DELETE FROM journal WHERE seq <= :last", use(last, "last"));
    const long long first = last + 1;
    database_.execute("UPDATE journal_head SET first_seq = :first, first_mac = :mac WHERE id = 1", use(first, "first"),
                      use(mac, "mac"));
    return static_cast<std::size_t>(purged);
}

}  // namespace postern::auth::store
