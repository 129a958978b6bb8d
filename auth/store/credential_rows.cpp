#include "auth/store/credential_rows.hpp"

#include "auth/store/bound_secret.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <stdexcept>
#include <utility>

namespace postern::auth::store {

using soci::into;
using soci::use;

namespace {

CredentialKind kind_named(const std::string& name) {
    for (const auto kind : {CredentialKind::password, CredentialKind::previous, CredentialKind::provisional,
                            CredentialKind::temporary, CredentialKind::app_password}) {
        if (name == name_of(kind)) return kind;
    }
    throw std::runtime_error("it holds a kind of credential that postern would not have written");
}

/// One row, as a statement fills it; the verifier is wiped.
struct Row {
    long long id = 0, account = 0, created_at = 0;
    std::string kind, verifier, scope, label, last_used_from;
    Nullable expires_at, last_used_at, issued_by;

    Row() = default;
    Row(const Row&) = delete;
    Row& operator=(const Row&) = delete;
    Row(Row&&) = delete;
    Row& operator=(Row&&) = delete;
    ~Row() { base::wipe(verifier); }

    [[nodiscard]] Credential credential() {
        Credential made{.id = id,
                        .account = account,
                        .kind = kind_named(kind),
                        .verifier = base::Secret(verifier),
                        .scope = scope,
                        .label = label,
                        .created_at = time_of(created_at),
                        .expires_at = expires_at.time(),
                        .last_used_at = last_used_at.time(),
                        .last_used_from = last_used_from,
                        .issued_by = issued_by.number()};
        base::wipe(verifier);
        return made;
    }
};

}  // namespace

template <class... Bound>
std::vector<Credential> CredentialRows::select(const std::string& where, Bound&&... bound) {
    Row row;
    std::vector<Credential> found;
    database_.each(
        "SELECT id, account_id, kind, verifier, scope, label, created_at, expires_at, last_used_at, last_used_from, "
        "issued_by FROM credential " +
            where,
        [&] { found.push_back(row.credential()); }, into(row.id), into(row.account), into(row.kind), into(row.verifier),
        into(row.scope), into(row.label), into(row.created_at), into(row.expires_at.value, row.expires_at.indicator),
        into(row.last_used_at.value, row.last_used_at.indicator), into(row.last_used_from),
        into(row.issued_by.value, row.issued_by.indicator), std::forward<Bound>(bound)...);
    return found;
}

std::vector<Credential> CredentialRows::of_account(AccountId account, std::optional<CredentialKind> kind) {
    const long long id = account;
    const std::string name(kind ? name_of(*kind) : "");
    return select("WHERE account_id = :id AND (:kind = '' OR kind = :kind) ORDER BY created_at, id", use(id, "id"),
                  use(name, "kind"));
}

std::optional<Credential> CredentialRows::find(CredentialId id) {
    const long long number = id;
    auto found = select("WHERE id = :id", use(number, "id"));
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

bool CredentialRows::add(const Credential& credential) {
    assert(credential.id > 0);
    const long long id = credential.id;
    const long long account = credential.account;
    const std::string kind(name_of(credential.kind));
    const BoundSecret verifier(credential.verifier);
    const long long created = seconds_of(credential.created_at);
    Nullable expires(credential.expires_at);
    Nullable issued_by(credential.issued_by ? std::optional<long long>(*credential.issued_by) : std::nullopt);
    return database_.execute(
               "INSERT INTO credential (id, account_id, kind, verifier, scope, label, created_at, expires_at, "
               "last_used_from, issued_by) VALUES (:id, :account, :kind, :verifier, :scope, :label, :created, "
               ":expires, '', :issued) ON CONFLICT DO NOTHING",
               use(id, "id"), use(account, "account"), use(kind, "kind"), use(verifier.text(), "verifier"),
               use(credential.scope, "scope"), use(credential.label, "label"), use(created, "created"),
               use(expires.value, expires.indicator, "expires"),
               use(issued_by.value, issued_by.indicator, "issued")) == 1;
}

bool CredentialRows::set_password(const Credential& password, Time now) {
    assert(password.kind == CredentialKind::password);
    const long long account = password.account;
    const long long at = seconds_of(now);
    // First of all, so that two who set a password at once come one after the other.
    const auto found = database_.execute(
        "UPDATE account SET epoch = epoch + 1, row_version = row_version + 1, changed_at = CASE WHEN :now > created_at "
        "THEN :now ELSE created_at END WHERE id = :id",
        use(at, "now"), use(account, "id"));
    if (found != 1) return false;
    database_.execute(
        "DELETE FROM credential WHERE account_id = :id AND kind IN ('previous', 'provisional', "
        "'temporary')",
        use(account, "id"));
    database_.execute(
        "UPDATE credential SET kind = 'previous', created_at = :now WHERE account_id = :id AND kind = "
        "'password'",
        use(at, "now"), use(account, "id"));
    return add(password);
}

bool CredentialRows::replace_verifier(CredentialId id, const base::Secret& expected, const base::Secret& fresh) {
    const long long number = id;
    const BoundSecret old_verifier(expected);
    const BoundSecret new_verifier(fresh);
    return database_.execute("UPDATE credential SET verifier = :fresh WHERE id = :id AND verifier = :expected",
                             use(new_verifier.text(), "fresh"), use(number, "id"),
                             use(old_verifier.text(), "expected")) == 1;
}

bool CredentialRows::consume(CredentialId id) {
    const long long number = id;
    return database_.execute("DELETE FROM credential WHERE id = :id", use(number, "id")) == 1;
}

bool CredentialRows::revoke(AccountId account, CredentialId id) {
    const long long owner = account;
    const long long number = id;
    return database_.execute("DELETE FROM credential WHERE id = :id AND account_id = :account", use(number, "id"),
                             use(owner, "account")) == 1;
}

std::size_t CredentialRows::revoke_all(AccountId account, CredentialKind kind) {
    const long long owner = account;
    const std::string name(name_of(kind));
    return static_cast<std::size_t>(
        database_.execute("DELETE FROM credential WHERE account_id = :account AND kind = :kind", use(owner, "account"),
                          use(name, "kind")));
}

void CredentialRows::touch(CredentialId id, std::string_view from, Time now) {
    const long long number = id;
    const std::string place(from);
    const long long at = seconds_of(now);
    const long long long_ago = seconds_of(now - between_touches);
    database_.execute(
        "UPDATE credential SET last_used_at = :now, last_used_from = :place WHERE id = :id AND "
        "(last_used_at IS NULL OR last_used_at < :ago OR last_used_from <> :place)",
        use(at, "now"), use(place, "place"), use(number, "id"), use(long_ago, "ago"));
}

std::size_t CredentialRows::purge(Time now, Time previous_before) {
    const long long at = seconds_of(now);
    const long long before = seconds_of(previous_before);
    return static_cast<std::size_t>(
        database_.execute("DELETE FROM credential WHERE expires_at <= :now OR (kind = 'previous' AND created_at < "
                          ":before)",
                          use(at, "now"), use(before, "before")));
}

std::vector<Credential> CredentialRows::after(CredentialId id, std::size_t limit) {
    const long long number = id;
    const auto most = static_cast<long long>(limit);
    return select("WHERE id > :id ORDER BY id LIMIT :most", use(number, "id"), use(most, "most"));
}

}  // namespace postern::auth::store
