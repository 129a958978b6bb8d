#include "auth/store/contact_rows.hpp"

#include <stdexcept>

namespace postern::auth::store {

using soci::into;
using soci::use;

std::vector<Contact> ContactRows::of_account(AccountId account) {
    const long long number = account;
    long long id = 0;
    long long created_at = 0;
    long long usable_from = 0;
    std::string kind;
    Contact row{.account = account};
    std::vector<Contact> found;
    database_.each(
        "SELECT id, kind, rank, address, mac, created_at, usable_from FROM contact WHERE account_id = :account ORDER "
        "BY kind, rank",
        [&] {
            const auto known = contact_kind(kind);
            if (!known) throw std::runtime_error("it holds a kind of contact that postern would not have written");
            row.id = id;
            row.kind = *known;
            row.created_at = time_of(created_at);
            row.usable_from = time_of(usable_from);
            found.push_back(row);
        },
        into(id), into(kind), into(row.rank), into(row.address), into(row.mac), into(created_at), into(usable_from),
        use(number, "account"));
    return found;
}

void ContactRows::put(const Contact& contact) {
    const long long id = contact.id;
    const long long account = contact.account;
    const std::string kind(name_of(contact.kind));
    const long long created_at = seconds_of(contact.created_at);
    const long long usable_from = seconds_of(contact.usable_from);
    database_.execute(
        "INSERT INTO contact (id, account_id, kind, rank, address, mac, created_at, usable_from) VALUES (:id, "
        ":account, :kind, :rank, :address, :mac, :created, :usable) ON CONFLICT (account_id, kind, rank) DO UPDATE SET "
        "id = excluded.id, address = excluded.address, mac = excluded.mac, created_at = excluded.created_at, "
        "usable_from = excluded.usable_from",
        use(id, "id"), use(account, "account"), use(kind, "kind"), use(contact.rank, "rank"),
        use(contact.address, "address"), use(contact.mac, "mac"), use(created_at, "created"),
        use(usable_from, "usable"));
}

bool ContactRows::remove(AccountId account, ContactKind kind, int rank) {
    const long long number = account;
    const std::string text(name_of(kind));
    return database_.execute("DELETE FROM contact WHERE account_id = :account AND kind = :kind AND rank = :rank",
                             use(number, "account"), use(text, "kind"), use(rank, "rank")) == 1;
}

std::optional<Redirect> ContactRows::redirect_of(AccountId account) {
    const long long number = account;
    Redirect row{.account = account};
    int keep_copy = 0;
    std::string state;
    if (!database_.first("SELECT target, mac, keep_copy, state FROM redirect WHERE account_id = :account",
                         into(row.target), into(row.mac), into(keep_copy), into(state), use(number, "account"))) {
        return std::nullopt;
    }
    const auto known = redirect_state(state);
    if (!known) throw std::runtime_error("it holds a state of a redirect that postern would not have written");
    row.keep_copy = keep_copy == 1;
    row.state = *known;
    return row;
}

void ContactRows::put_redirect(const Redirect& redirect, Time now) {
    const long long account = redirect.account;
    const int keep_copy = redirect.keep_copy ? 1 : 0;
    const std::string state(name_of(redirect.state));
    Nullable verified(redirect.state == RedirectState::active ? std::optional(now) : std::nullopt);
    database_.execute(
        "INSERT INTO redirect (account_id, target, mac, keep_copy, state, verified_at) VALUES (:account, :target, "
        ":mac, :copy, :state, :verified) ON CONFLICT (account_id) DO UPDATE SET target = excluded.target, mac = "
        "excluded.mac, keep_copy = excluded.keep_copy, state = excluded.state, verified_at = excluded.verified_at",
        use(account, "account"), use(redirect.target, "target"), use(redirect.mac, "mac"), use(keep_copy, "copy"),
        use(state, "state"), use(verified.value, verified.indicator, "verified"));
}

bool ContactRows::set_redirect_state(AccountId account, RedirectState from, RedirectState to, Time now) {
    const long long number = account;
    const std::string before(name_of(from));
    const std::string after(name_of(to));
    const long long at = seconds_of(now);
    return database_.execute(
               "UPDATE redirect SET state = :after, verified_at = coalesce(verified_at, :now) WHERE account_id = "
               ":account AND state = :before",
               use(after, "after"), use(at, "now"), use(number, "account"), use(before, "before")) == 1;
}

bool ContactRows::remove_redirect(AccountId account) {
    const long long number = account;
    return database_.execute("DELETE FROM redirect WHERE account_id = :account", use(number, "account")) == 1;
}

bool ContactRows::add_charter(const Charter& charter) {
    const long long valid_from = seconds_of(charter.valid_from);
    return database_.execute(
               "INSERT INTO charter (version, language, sha256, body, valid_from) VALUES (:version, :language, "
               ":sha256, :body, :from) ON CONFLICT DO NOTHING",
               use(charter.version, "version"), use(charter.language, "language"), use(charter.sha256, "sha256"),
               use(charter.body, "body"), use(valid_from, "from")) == 1;
}

std::optional<Charter> ContactRows::charter(std::string_view language, Time now) {
    Charter row{.language = std::string(language), .sha256 = {}, .body = {}, .valid_from = {}};
    const long long at = seconds_of(now);
    long long valid_from = 0;
    if (!database_.first("SELECT version, sha256, body, valid_from FROM charter WHERE language = :language AND "
                         "valid_from <= :now ORDER BY version DESC LIMIT 1",
                         into(row.version), into(row.sha256), into(row.body), into(valid_from),
                         use(row.language, "language"), use(at, "now"))) {
        return std::nullopt;
    }
    row.valid_from = time_of(valid_from);
    return row;
}

bool ContactRows::accept_charter(AccountId account, int version, std::string_view language, Time now) {
    const long long number = account;
    const std::string text(language);
    const long long at = seconds_of(now);
    int found = 0;
    if (!database_.first("SELECT 1 FROM charter WHERE version = :version AND language = :language", into(found),
                         use(version, "version"), use(text, "language"))) {
        return false;
    }
    database_.execute(
        "INSERT INTO charter_acceptance (account_id, version, language, at) VALUES (:account, :version, :language, "
        ":now) ON CONFLICT DO NOTHING",
        use(number, "account"), use(version, "version"), use(text, "language"), use(at, "now"));
    return true;
}

int ContactRows::accepted_charter(AccountId account) {
    const long long number = account;
    int version = 0;
    database_.first("SELECT coalesce(max(version), 0) FROM charter_acceptance WHERE account_id = :account",
                    into(version), use(number, "account"));
    return version;
}

}  // namespace postern::auth::store
