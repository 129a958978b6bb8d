#include "auth/store/outbox_rows.hpp"

#include <stdexcept>

namespace postern::auth::store {

using soci::into;
using soci::use;

namespace {

constexpr std::size_t max_error_bytes = 512;
const std::string columns =
    "id, kind, payload, subject_id, correlation, not_before, not_after, tries, created_at, CASE WHEN done_at IS NOT "
    "NULL THEN 'sent' WHEN failed_at IS NOT NULL THEN 'failed' ELSE 'waiting' END, last_error";
const std::string is_waiting = " done_at IS NULL AND failed_at IS NULL ";

struct Row {
    long long id = 0, not_before = 0, not_after = 0, created_at = 0;
    int tries = 0;
    std::string kind, payload, correlation, state, last_error;
    Nullable subject;

    [[nodiscard]] OutboxItem item() const {
        const auto known = outbox_kind(kind);
        const auto known_state = outbox_state(state);
        if (!known || !known_state) throw std::runtime_error("it holds a message that postern would not have written");
        return {.id = id,
                .kind = *known,
                .payload = payload,
                .subject = subject.number(),
                .correlation = correlation,
                .not_before = time_of(not_before),
                .not_after = time_of(not_after),
                .tries = tries,
                .created_at = time_of(created_at),
                .state = *known_state,
                .last_error = last_error};
    }
};

}  // namespace

template <class... Bound>
std::vector<OutboxItem> OutboxRows::select(const std::string& query, Bound&&... bound) {
    Row row;
    std::vector<OutboxItem> found;
    database_.each(
        query, [&] { found.push_back(row.item()); }, into(row.id), into(row.kind), into(row.payload),
        into(row.subject.value, row.subject.indicator), into(row.correlation), into(row.not_before),
        into(row.not_after), into(row.tries), into(row.created_at), into(row.state), into(row.last_error),
        std::forward<Bound>(bound)...);
    return found;
}

void OutboxRows::put(const OutboxItem& item) {
    const long long id = item.id;
    const std::string kind(name_of(item.kind));
    Nullable subject(item.subject);
    const long long not_before = seconds_of(item.not_before);
    const long long not_after = seconds_of(item.not_after);
    const long long created_at = seconds_of(item.created_at);
    database_.execute(
        "INSERT INTO outbox (id, kind, payload, subject_id, correlation, not_before, not_after, created_at) VALUES "
        "(:id, :kind, :payload, :subject, :correlation, :nbefore, :nafter, :created)",
        use(id, "id"), use(kind, "kind"), use(item.payload, "payload"),
        use(subject.value, subject.indicator, "subject"), use(item.correlation, "correlation"),
        use(not_before, "nbefore"), use(not_after, "nafter"), use(created_at, "created"));
}

bool OutboxRows::is_due(Time now) {
    const long long at = seconds_of(now);
    int found = 0;
    return database_.first(
        "SELECT 1 FROM outbox WHERE" + is_waiting + "AND not_before <= :now AND lease_until <= :now LIMIT 1",
        into(found), use(at, "now"));
}

std::optional<OutboxItem> OutboxRows::lease(std::string_view owner, Time now, Time until) {
    const std::string by(owner);
    const long long at = seconds_of(now);
    const long long end = seconds_of(until);
    // Processes that look at once each take another one.
    const std::string skip = database_.engine() == Engine::postgresql ? " FOR UPDATE SKIP LOCKED" : "";
    auto leased = select(
        "UPDATE outbox SET lease_owner = :owner, lease_until = :until, tries = tries + 1 WHERE id = "
        "(SELECT id FROM outbox WHERE" +
            is_waiting + "AND not_before <= :now AND lease_until <= :now ORDER BY not_before, id LIMIT 1" + skip +
            ") RETURNING " + columns,
        use(by, "owner"), use(end, "until"), use(at, "now"));
    if (leased.empty()) return std::nullopt;
    return std::move(leased.front());
}

bool OutboxRows::finish(
    std::int64_t id, std::string_view owner, std::string_view column, Time now, std::string_view error) {
    const long long number = id;
    const std::string by(owner);
    const long long at = seconds_of(now);
    const std::string why(error.substr(0, max_error_bytes));
    return database_.execute("UPDATE outbox SET " + std::string(column) +
                                 " = :now, payload = '-', lease_until = 0, last_error = :why WHERE id = :id AND "
                                 "lease_owner = :owner AND" +
                                 is_waiting,
                             use(at, "now"), use(why, "why"), use(number, "id"), use(by, "owner")) == 1;
}

bool OutboxRows::sent(std::int64_t id, std::string_view owner, Time now) {
    return finish(id, owner, "done_at", now, "");
}

bool OutboxRows::fail(std::int64_t id, std::string_view owner, Time now, std::string_view error) {
    return finish(id, owner, "failed_at", now, error);
}

bool OutboxRows::postpone(std::int64_t id, std::string_view owner, Time not_before, std::string_view error) {
    const long long number = id;
    const std::string by(owner);
    const long long at = seconds_of(not_before);
    const std::string why(error.substr(0, max_error_bytes));
    // Not past the time it is of use: then it fails by itself at the next look.
    return database_.execute(
               "UPDATE outbox SET not_before = CASE WHEN :at < not_after THEN :at ELSE not_after - 1 END, lease_until "
               "= "
               "0, last_error = :why WHERE id = :id AND lease_owner = :owner AND" +
                   is_waiting,
               use(at, "at"), use(why, "why"), use(number, "id"), use(by, "owner")) == 1;
}

std::vector<OutboxItem> OutboxRows::list(const OutboxFilter& filter) {
    const std::string state(filter.state ? name_of(*filter.state) : "");
    const long long subject = filter.subject.value_or(0);
    const auto most = static_cast<long long>(filter.limit);
    auto found = select(
        "SELECT " + columns +
            " FROM outbox WHERE (:subject = 0 OR subject_id = :subject) AND (:state = '' OR (:state = 'sent' AND "
            "done_at IS NOT NULL) OR (:state = 'failed' AND failed_at IS NOT NULL) OR (:state = 'waiting' AND" +
            is_waiting + ")) ORDER BY created_at DESC, id LIMIT :most",
        use(subject, "subject"), use(state, "state"), use(most, "most"));
    for (OutboxItem& item : found) item.payload.clear();
    return found;
}

OutboxBacklog OutboxRows::backlog() {
    long long waiting = 0;
    long long oldest = 0;
    database_.first("SELECT COUNT(*), COALESCE(MIN(created_at), 0) FROM outbox WHERE" + is_waiting, into(waiting),
                    into(oldest));
    OutboxBacklog backlog{.waiting = static_cast<std::size_t>(waiting), .oldest = {}};
    if (waiting > 0) backlog.oldest = time_of(oldest);
    return backlog;
}

std::size_t OutboxRows::hurry(Time now) {
    const long long at = seconds_of(now);
    return static_cast<std::size_t>(database_.execute(
        "UPDATE outbox SET not_before = :now WHERE" + is_waiting + "AND not_before > :now AND tries > 0",
        use(at, "now")));
}

std::size_t OutboxRows::purge(Time before) {
    const long long at = seconds_of(before);
    return static_cast<std::size_t>(
        database_.execute("DELETE FROM outbox WHERE done_at < :before OR failed_at < :before", use(at, "before")));
}

}  // namespace postern::auth::store
