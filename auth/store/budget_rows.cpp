#include "auth/store/budget_rows.hpp"

namespace postern::auth::store {

using soci::into;
using soci::use;

namespace {

constexpr int most_fingerprints = 16;
constexpr long long between_visits = 3600;

// After this long a bucket without charges says nothing: waits are over, and a day has taken the last failure away.
constexpr long long bucket_life = 120LL * 86400;
constexpr long long fingerprint_life = 30LL * 86400;
constexpr long long context_life = 30LL * 86400;

std::string_view name_of(ContextKind kind) {
    return kind == ContextKind::network ? "network" : "device";
}

/// What is left of the failures of a bucket `b` after one was taken away for each whole day since the last.
const std::string left =
    "(CASE WHEN :now <= b.at THEN b.n WHEN b.n > (:now - b.at) / 86400 THEN b.n - (:now - b.at) / 86400 ELSE 0 END)";

/// How long to wait after failure number `n`.
std::string wait_after(const std::string& n) {
    return "(CASE WHEN " + n + " <= :free THEN 0 WHEN " + n + " - :free > 20 THEN :longest WHEN :first * (CAST(1 AS " +
           "BIGINT) << CAST(" + n + " - :free - 1 AS INTEGER)) > :longest THEN :longest ELSE :first * (CAST(1 AS " +
           "BIGINT) << CAST(" + n + " - :free - 1 AS INTEGER)) END)";
}

long long milliseconds_of(Time now) {
    return seconds_of(now) * 1000;
}

}  // namespace

std::optional<WaitReceipt> BudgetRows::charge(const Bucket& bucket, const WaitRule& rule, Time now) {
    const std::string kind(auth::name_of(bucket.kind));
    const long long at = seconds_of(now);
    const long long first = rule.first_wait.count();
    const long long longest = rule.longest_wait.count();
    // What it was before is asked for only to be able to refund; the decision is the one statement behind it.
    long long previous = 0;
    database_.first("SELECT next_at FROM bucket WHERE kind = :kind AND key = :key", into(previous), use(kind, "kind"),
                    use(bucket.key, "key"));
    long long n = 0;
    const bool is_granted = database_.first(
        "INSERT INTO bucket AS b (kind, key, n, total, next_at, at) VALUES (:kind, :key, 1, 1, CASE WHEN :free >= 1 "
        "THEN 0 ELSE CAST(:now AS BIGINT) + :first END, :now) ON CONFLICT (kind, key) DO UPDATE SET n = " +
            left + " + 1, total = b.total + 1, next_at = CAST(:now AS BIGINT) + " + wait_after("(" + left + " + 1)") +
            ", at = CASE WHEN :now > b.at THEN :now ELSE b.at END WHERE b.next_at <= :now AND " + left +
            " < :closed RETURNING n",
        into(n), use(kind, "kind"), use(bucket.key, "key"), use(at, "now"), use(rule.free_failures, "free"),
        use(first, "first"), use(longest, "longest"), use(rule.closed_at, "closed"));
    if (!is_granted) return std::nullopt;
    return WaitReceipt{.bucket = bucket, .n = static_cast<int>(n), .previous_next_at = time_of(previous)};
}

void BudgetRows::refund(const WaitReceipt& receipt) {
    const std::string kind(auth::name_of(receipt.bucket.kind));
    const long long previous = seconds_of(receipt.previous_next_at);
    database_.execute(
        "UPDATE bucket SET next_at = CASE WHEN n = :n THEN :previous ELSE next_at END, n = n - 1, total = "
        "total - 1 WHERE kind = :kind AND key = :key AND n > 0 AND total > 0",
        use(receipt.n, "n"), use(previous, "previous"), use(kind, "kind"), use(receipt.bucket.key, "key"));
}

bool BudgetRows::charge(const Bucket& bucket, const RateRule& rule, int weight, Time now) {
    const std::string kind(auth::name_of(bucket.kind));
    const long long at = seconds_of(now);
    const long long ms = milliseconds_of(now);
    const long long cost = rule.interval.count() * weight;
    const long long tolerance = rule.interval.count() * (rule.burst - 1);
    long long n = 0;
    return database_.first(
        "INSERT INTO bucket AS b (kind, key, n, total, tat, at) VALUES (:kind, :key, 0, 1, CAST(:ms AS BIGINT) + "
        ":cost, :now) ON "
        "CONFLICT (kind, key) DO UPDATE SET tat = CASE WHEN b.tat > :ms THEN b.tat ELSE :ms END + :cost, total = "
        "b.total + 1, at = CASE WHEN :now > b.at THEN :now ELSE b.at END WHERE b.tat - :ms <= :tolerance AND (:closed "
        "= "
        "0 OR b.total < :closed) RETURNING total",
        into(n), use(kind, "kind"), use(bucket.key, "key"), use(ms, "ms"), use(cost, "cost"), use(at, "now"),
        use(tolerance, "tolerance"), use(rule.closed_at, "closed"));
}

void BudgetRows::refund(const Bucket& bucket, const RateRule& rule, int weight) {
    const std::string kind(auth::name_of(bucket.kind));
    const long long cost = rule.interval.count() * weight;
    database_.execute(
        "UPDATE bucket SET tat = tat - :cost, total = total - 1 WHERE kind = :kind AND key = :key AND total > 0",
        use(cost, "cost"), use(kind, "kind"), use(bucket.key, "key"));
}

bool BudgetRows::is_open(const Bucket& bucket, const WaitRule& rule, Time now) {
    const std::string kind(auth::name_of(bucket.kind));
    const long long at = seconds_of(now);
    int closed = 0;
    return !database_.first(
        "SELECT 1 FROM bucket b WHERE kind = :kind AND key = :key AND (b.next_at > :now OR " + left + " >= :closed)",
        into(closed), use(kind, "kind"), use(bucket.key, "key"), use(at, "now"), use(rule.closed_at, "closed"));
}

bool BudgetRows::is_open(const Bucket& bucket, const RateRule& rule, Time now) {
    const std::string kind(auth::name_of(bucket.kind));
    const long long ms = milliseconds_of(now);
    const long long tolerance = rule.interval.count() * (rule.burst - 1);
    int closed = 0;
    return !database_.first(
        "SELECT 1 FROM bucket WHERE kind = :kind AND key = :key AND (tat - :ms > :tolerance OR "
        "(:closed <> 0 AND total >= :closed))",
        into(closed), use(kind, "kind"), use(bucket.key, "key"), use(ms, "ms"), use(tolerance, "tolerance"),
        use(rule.closed_at, "closed"));
}

std::optional<BucketState> BudgetRows::find(const Bucket& bucket) {
    const std::string kind(auth::name_of(bucket.kind));
    BucketState state;
    long long next_at = 0;
    long long at = 0;
    if (!database_.first("SELECT n, total, next_at, at FROM bucket WHERE kind = :kind AND key = :key", into(state.n),
                         into(state.total), into(next_at), into(at), use(kind, "kind"), use(bucket.key, "key"))) {
        return std::nullopt;
    }
    state.next_at = time_of(next_at);
    state.at = time_of(at);
    return state;
}

bool BudgetRows::reset(const Bucket& bucket) {
    const std::string kind(auth::name_of(bucket.kind));
    return database_.execute("DELETE FROM bucket WHERE kind = :kind AND key = :key", use(kind, "kind"),
                             use(bucket.key, "key")) == 1;
}

bool BudgetRows::knows_wrong(std::string_view subject, std::uint16_t fingerprint, Time since) {
    const std::string who(subject);
    const int bits = fingerprint;
    const long long from = seconds_of(since);
    int known = 0;
    return database_.first(
        "SELECT 1 FROM wrong_password WHERE subject = :subject AND fingerprint = :bits AND at >= "
        ":since",
        into(known), use(who, "subject"), use(bits, "bits"), use(from, "since"));
}

void BudgetRows::remember_wrong(std::string_view subject, std::uint16_t fingerprint, Time now) {
    const std::string who(subject);
    const int bits = fingerprint;
    const long long at = seconds_of(now);
    database_.execute(
        "INSERT INTO wrong_password (subject, fingerprint, at) VALUES (:subject, :bits, :now) ON CONFLICT "
        "(subject, fingerprint) DO UPDATE SET at = excluded.at",
        use(who, "subject"), use(bits, "bits"), use(at, "now"));
    database_.execute(
        "DELETE FROM wrong_password WHERE subject = :subject AND fingerprint NOT IN (SELECT fingerprint "
        "FROM wrong_password WHERE subject = :subject ORDER BY at DESC, fingerprint LIMIT :most)",
        use(who, "subject"), use(most_fingerprints, "most"));
}

void BudgetRows::forget_wrong(std::string_view subject) {
    const std::string who(subject);
    database_.execute("DELETE FROM wrong_password WHERE subject = :subject", use(who, "subject"));
}

bool BudgetRows::knows_context(AccountId account, ContextKind kind, std::string_view mac, Time since) {
    const long long id = account;
    const std::string kind_text(name_of(kind));
    const std::string key(mac);
    const long long from = seconds_of(since);
    int known = 0;
    return database_.first(
        "SELECT 1 FROM known_context WHERE account_id = :id AND kind = :kind AND mac = :mac AND "
        "last_at >= :since",
        into(known), use(id, "id"), use(kind_text, "kind"), use(key, "mac"), use(from, "since"));
}

bool BudgetRows::remember_context(AccountId account, ContextKind kind, std::string_view mac, Time now) {
    const long long id = account;
    const std::string kind_text(name_of(kind));
    const std::string key(mac);
    const long long at = seconds_of(now);
    const long long long_ago = at - between_visits;
    long long successes = 0;
    const bool has_written = database_.first(
        "INSERT INTO known_context AS c (account_id, kind, mac, first_at, last_at) VALUES (:id, :kind, :mac, :now, "
        ":now) "
        "ON CONFLICT (account_id, kind, mac) DO UPDATE SET last_at = :now, successes = c.successes + 1 WHERE c.last_at "
        "< "
        ":ago RETURNING successes",
        into(successes), use(id, "id"), use(kind_text, "kind"), use(key, "mac"), use(at, "now"), use(long_ago, "ago"));
    return has_written && successes == 1;
}

void BudgetRows::forget_contexts(AccountId account) {
    const long long id = account;
    database_.execute("DELETE FROM known_context WHERE account_id = :id", use(id, "id"));
}

int BudgetRows::accounts_entered_from(std::string_view mac, Time since, int most) {
    const std::string key(mac);
    const long long from = seconds_of(since);
    int count = 0;
    database_.first(
        "SELECT count(*) FROM (SELECT 1 FROM known_context WHERE mac = :mac AND last_at >= :since LIMIT "
        ":most) AS entered",
        into(count), use(key, "mac"), use(from, "since"), use(most, "most"));
    return count;
}

std::size_t BudgetRows::purge(Time now) {
    const auto delete_older = [&](const std::string& statement, long long life) {
        const long long before = seconds_of(now) - life;
        return static_cast<std::size_t>(database_.execute(statement, use(before, "before")));
    };
    return delete_older("DELETE FROM bucket WHERE at < :before", bucket_life) +
           delete_older("DELETE FROM wrong_password WHERE at < :before", fingerprint_life) +
           delete_older("DELETE FROM known_context WHERE last_at < :before", context_life);
}

}  // namespace postern::auth::store
