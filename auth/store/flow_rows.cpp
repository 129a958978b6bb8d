#include "auth/store/flow_rows.hpp"

#include <stdexcept>

namespace postern::auth::store {

using soci::into;
using soci::use;

namespace {

constexpr int most_sent_a_day = 5;

long long day_of(Time time) {
    return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

bool is_one_an_account(FlowKind kind) {
    return kind == FlowKind::activation || kind == FlowKind::recovery || kind == FlowKind::redirect;
}

}  // namespace

template <class... Bound>
std::optional<Flow> FlowRows::select(const std::string& where, Time now, Bound&&... bound) {
    Flow row;
    long long id = 0;
    long long created_at = 0;
    long long expires_at = 0;
    const long long at = seconds_of(now);
    std::string kind;
    Nullable account;
    if (!database_.first("SELECT id, kind, account_id, step, handle, data, created_at, expires_at FROM flow WHERE "
                         "done_at IS NULL AND expires_at > :now AND " +
                             where,
                         into(id), into(kind), into(account.value, account.indicator), into(row.step), into(row.handle),
                         into(row.data), into(created_at), into(expires_at), use(at, "now"),
                         std::forward<Bound>(bound)...)) {
        return std::nullopt;
    }
    const auto known = flow_kind(kind);
    if (!known) throw std::runtime_error("it holds a kind of procedure that postern would not have written");
    row.id = id;
    row.kind = *known;
    row.account = account.number();
    row.created_at = time_of(created_at);
    row.expires_at = time_of(expires_at);
    return row;
}

void FlowRows::begin(const Flow& flow, Time now) {
    const long long id = flow.id;
    const std::string kind(name_of(flow.kind));
    const long long at = seconds_of(now);
    const long long expires_at = seconds_of(flow.expires_at);
    Nullable account(flow.account);
    if (flow.account && is_one_an_account(flow.kind)) {
        // Whoever begins at the same moment waits here, so that one of the two is the account's.
        database_.execute("UPDATE account SET row_version = row_version WHERE id = :account",
                          use(account.value, "account"));
        database_.execute(
            "UPDATE flow SET done_at = :now WHERE account_id = :account AND kind = :kind AND done_at IS NULL",
            use(at, "now"), use(account.value, "account"), use(kind, "kind"));
    }
    database_.execute(
        "INSERT INTO flow (id, kind, account_id, step, handle, data, created_at, expires_at) VALUES (:id, :kind, "
        ":account, :step, :handle, :data, :now, :expires)",
        use(id, "id"), use(kind, "kind"), use(account.value, account.indicator, "account"), use(flow.step, "step"),
        use(flow.handle, "handle"), use(flow.data, "data"), use(at, "now"), use(expires_at, "expires"));
}

std::optional<Flow> FlowRows::find(FlowKind kind, std::string_view handle, Time now) {
    const std::string text(name_of(kind));
    const std::string mac(handle);
    return select("kind = :kind AND handle = :handle", now, use(text, "kind"), use(mac, "handle"));
}

std::optional<Flow> FlowRows::find(std::int64_t id, Time now) {
    const long long number = id;
    return select("id = :id", now, use(number, "id"));
}

std::optional<Flow> FlowRows::of_account(FlowKind kind, AccountId account, Time now) {
    const std::string text(name_of(kind));
    const long long number = account;
    return select("kind = :kind AND account_id = :account ORDER BY created_at DESC LIMIT 1", now, use(text, "kind"),
                  use(number, "account"));
}

std::optional<Flow> FlowRows::latest(FlowKind kind, AccountId account) {
    return of_account(kind, account, Time{});  // everything ends later than that
}

bool FlowRows::move(std::int64_t id, std::string_view from, std::string_view to, std::string_view data, Time now) {
    const long long number = id;
    const std::string before(from);
    const std::string after(to);
    const std::string sealed(data);
    const long long at = seconds_of(now);
    return database_.execute(
               "UPDATE flow SET step = :after, data = :data WHERE id = :id AND step = :before AND done_at IS NULL AND "
               "expires_at > :now",
               use(after, "after"), use(sealed, "data"), use(number, "id"), use(before, "before"), use(at, "now")) == 1;
}

bool FlowRows::finish(std::int64_t id, std::string_view from, Time now) {
    const long long number = id;
    const std::string before(from);
    const long long at = seconds_of(now);
    return database_.execute(
               "UPDATE flow SET done_at = :now, data = '' WHERE id = :id AND step = :before AND done_at IS NULL AND "
               "expires_at > :now",
               use(at, "now"), use(number, "id"), use(before, "before")) == 1;
}

void FlowRows::prolong(std::int64_t id, Time expires_at) {
    const long long number = id;
    const long long end = seconds_of(expires_at);
    database_.execute("UPDATE flow SET expires_at = :end WHERE id = :id", use(end, "end"), use(number, "id"));
    database_.execute(
        "UPDATE mailed_secret SET expires_at = :end WHERE flow_id = :id AND used_at IS NULL AND superseded_at IS NULL",
        use(end, "end"), use(number, "id"));
}

void FlowRows::end_all(AccountId account, Time now) {
    const long long number = account;
    const long long at = seconds_of(now);
    database_.execute(
        "UPDATE flow SET done_at = :now, data = '' WHERE account_id = :account AND done_at IS NULL AND kind <> 'undo'",
        use(at, "now"), use(number, "account"));
}

void FlowRows::put_secret(const MailedSecret& secret, Time now) {
    const long long id = secret.id;
    const long long flow = secret.flow;
    const std::string purpose(name_of(secret.purpose));
    const long long at = seconds_of(now);
    const long long expires_at = seconds_of(secret.expires_at);
    database_.execute(
        "UPDATE mailed_secret SET superseded_at = :now WHERE flow_id = :flow AND purpose = :purpose AND used_at IS "
        "NULL AND superseded_at IS NULL",
        use(at, "now"), use(flow, "flow"), use(purpose, "purpose"));
    database_.execute(
        "INSERT INTO mailed_secret (id, flow_id, purpose, hash, destination, created_at, expires_at) VALUES (:id, "
        ":flow, :purpose, :hash, :destination, :now, :expires)",
        use(id, "id"), use(flow, "flow"), use(purpose, "purpose"), use(secret.hash, "hash"),
        use(secret.destination, "destination"), use(at, "now"), use(expires_at, "expires"));
}

template <class... Bound>
std::optional<MailedSecret> FlowRows::select_secret(const std::string& where, Time now, Bound&&... bound) {
    MailedSecret row;
    long long id = 0;
    long long flow = 0;
    long long created_at = 0;
    long long expires_at = 0;
    const long long at = seconds_of(now);
    std::string purpose;
    if (!database_.first(
            "SELECT m.id, m.flow_id, m.purpose, m.hash, m.destination, m.created_at, m.expires_at FROM mailed_secret m "
            "JOIN flow f ON f.id = m.flow_id WHERE m.used_at IS NULL AND m.superseded_at IS NULL AND m.expires_at > "
            ":now AND f.done_at IS NULL AND f.expires_at > :now AND " +
                where,
            into(id), into(flow), into(purpose), into(row.hash), into(row.destination), into(created_at),
            into(expires_at), use(at, "now"), std::forward<Bound>(bound)...)) {
        return std::nullopt;
    }
    row.id = id;
    row.flow = flow;
    row.purpose = purpose == name_of(SecretPurpose::link) ? SecretPurpose::link : SecretPurpose::code;
    row.created_at = time_of(created_at);
    row.expires_at = time_of(expires_at);
    return row;
}

std::optional<MailedSecret> FlowRows::secret(std::string_view hash, Time now) {
    const std::string mac(hash);
    return select_secret("m.hash = :hash", now, use(mac, "hash"));
}

std::optional<MailedSecret> FlowRows::secret_of(std::int64_t flow, SecretPurpose purpose, Time now) {
    const long long number = flow;
    const std::string text(name_of(purpose));
    return select_secret("m.flow_id = :flow AND m.purpose = :purpose", now, use(number, "flow"), use(text, "purpose"));
}

std::optional<MailedSecret> FlowRows::latest_secret(std::int64_t flow, SecretPurpose purpose) {
    return secret_of(flow, purpose, Time{});
}

bool FlowRows::use_secret(std::int64_t id, Time now) {
    const long long number = id;
    const long long at = seconds_of(now);
    return database_.execute(
               "UPDATE mailed_secret SET used_at = :now WHERE id = :id AND used_at IS NULL AND superseded_at IS NULL "
               "AND expires_at > :now",
               use(at, "now"), use(number, "id")) == 1;
}

bool FlowRows::charge_code(std::int64_t id, Time now) {
    const long long number = id;
    const long long at = seconds_of(now);
    return database_.execute(
               "UPDATE mailed_secret SET tries = tries + 1 WHERE id = :id AND tries < 5 AND used_at IS NULL AND "
               "superseded_at IS NULL AND expires_at > :now",
               use(number, "id"), use(at, "now")) == 1;
}

bool FlowRows::charge_send(std::string_view destination, std::chrono::seconds gap, Time now) {
    const std::string mac(destination);
    const long long day = day_of(now);
    const long long at = seconds_of(now);
    const long long latest = at - gap.count();
    const long long yesterday = day - 1;
    long long recent = 0;
    database_.first("SELECT count(*) FROM send_budget WHERE destination = :mac AND day = :day AND last_at > :latest",
                    into(recent), use(mac, "mac"), use(yesterday, "day"), use(latest, "latest"));
    if (recent > 0) return false;
    return database_.execute(
               "INSERT INTO send_budget (destination, day, n, last_at) VALUES (:mac, :day, 1, :now) ON CONFLICT "
               "(destination, day) DO UPDATE SET n = send_budget.n + 1, last_at = excluded.last_at WHERE "
               "send_budget.n < " +
                   std::to_string(most_sent_a_day) + " AND send_budget.last_at <= :latest",
               use(mac, "mac"), use(day, "day"), use(at, "now"), use(latest, "latest")) == 1;
}

std::size_t FlowRows::purge(Time before) {
    const long long at = seconds_of(before);
    const long long day = day_of(before);
    const auto flows = database_.execute("DELETE FROM flow WHERE expires_at < :before", use(at, "before"));
    const auto budgets = database_.execute("DELETE FROM send_budget WHERE day < :day", use(day, "day"));
    return static_cast<std::size_t>(flows + budgets);
}

}  // namespace postern::auth::store
