#include "auth/store/account_rows.hpp"

#include "auth/store/account_select.hpp"
#include "base/ascii.hpp"

#include <algorithm>
#include <cassert>

namespace postern::auth::store {

using soci::into;
using soci::use;

namespace {

/// The clock may have been set back since the account was created; the order of its times must hold all the same.
const std::string changed_now = "changed_at = CASE WHEN :now > created_at THEN :now ELSE created_at END";

}  // namespace

std::optional<Account> AccountRows::find(const Identifier& name) {
    return AccountSelect::first(database_, "FROM identifier i JOIN account a ON a.id = i.account_id WHERE i.value = :v",
                                use(name.text(), "v"));
}

std::optional<Account> AccountRows::find(AccountId id) {
    const long long number = id;
    return AccountSelect::first(database_, "FROM account a WHERE a.id = :id", use(number, "id"));
}

std::optional<AccountId> AccountRows::find(const SecretIdentifier& identifier) {
    const std::string kind(name_of(identifier.kind));
    long long id = 0;
    if (!database_.first("SELECT account_id FROM secret_identifier WHERE kind = :kind AND mac = :mac", into(id),
                         use(kind, "kind"), use(identifier.mac, "mac"))) {
        return std::nullopt;
    }
    return id;
}

std::vector<AccountId> AccountRows::find_by_birth(std::string_view name_and_date, std::size_t limit) {
    const std::string mac(name_and_date);
    const auto most = static_cast<long long>(limit);
    long long id = 0;
    std::vector<AccountId> found;
    database_.each(
        "SELECT id FROM account WHERE name_birth_mac = :mac AND name_birth_mac <> '' ORDER BY id LIMIT :most",
        [&] { found.push_back(id); }, into(id), use(mac, "mac"), use(most, "most"));
    return found;
}

std::optional<AccountStamp> AccountRows::stamp(const Identifier& name) {
    long long id = 0;
    long long epoch = 0;
    long long version = 0;
    if (!database_.first("SELECT a.id, a.epoch, a.row_version FROM identifier i JOIN account a ON a.id = i.account_id "
                         "WHERE i.value = :value",
                         into(id), into(epoch), into(version), use(name.text(), "value"))) {
        return std::nullopt;
    }
    return AccountStamp{.id = id, .epoch = epoch, .row_version = version};
}

std::optional<AccountStamp> AccountRows::stamp(AccountId id) {
    const long long number = id;
    long long epoch = 0;
    long long version = 0;
    if (!database_.first("SELECT epoch, row_version FROM account WHERE id = :id", into(epoch), into(version),
                         use(number, "id"))) {
        return std::nullopt;
    }
    return AccountStamp{.id = id, .epoch = epoch, .row_version = version};
}

std::vector<Account> AccountRows::linked_to(const Account& account) {
    if (!account.link_group) return {};
    const long long id = account.id;
    const long long group = *account.link_group;
    return AccountSelect::all(database_, "FROM account a WHERE a.link_group = :grp AND a.id <> :id ORDER BY a.id",
                              use(group, "grp"), use(id, "id"));
}

std::vector<Account> AccountRows::list(const AccountFilter& filter) {
    const std::string state(filter.state ? name_of(*filter.state) : "");
    const std::string text = base::to_lower(filter.text);
    const auto limit = static_cast<long long>(filter.limit);
    return AccountSelect::all(
        database_,
        "FROM account a WHERE a.login > :after AND (:state = '' OR a.state = :state) AND (:grp = '' OR EXISTS (SELECT "
        "1 FROM membership WHERE account_id = a.id AND group_name = :grp) OR EXISTS (SELECT 1 FROM affiliation WHERE "
        "account_id = a.id AND profile = :grp)) AND (:unit = '' OR EXISTS (SELECT 1 FROM affiliation WHERE account_id "
        "= a.id AND unit = :unit)) AND (:text = '' OR " +
            database_.contains("lower(a.display_name)", ":text") +
            " OR EXISTS (SELECT 1 FROM identifier WHERE account_id = a.id AND " + database_.contains("value", ":text") +
            ")) ORDER BY a.login LIMIT :most",
        use(filter.after_login, "after"), use(state, "state"), use(filter.group, "grp"), use(filter.unit, "unit"),
        use(text, "text"), use(limit, "most"));
}

BirthProof AccountRows::birth_of(AccountId id) {
    const long long number = id;
    BirthProof birth;
    database_.first("SELECT birth_mac, name_birth_mac FROM account WHERE id = :id", into(birth.date),
                    into(birth.name_and_date), use(number, "id"));
    return birth;
}

std::optional<std::string> AccountRows::add(const NewAccount& account, Time now) {
    assert(account.id > 0 && account.state != AccountState::expired);
    const long long id = account.id;
    const std::string state(name_of(account.state));
    const std::string resumes_as(account.state == AccountState::suspended ? "active" : "");
    Nullable from(account.valid_from);
    Nullable until(account.valid_until);
    Nullable sponsor(account.sponsor ? std::optional<long long>(*account.sponsor) : std::nullopt);
    const int visitor = account.is_visitor ? 1 : 0;
    const long long at = seconds_of(now);
    const auto added = database_.execute(
        "INSERT INTO account (id, login, display_name, language, state, suspended_from, valid_from, valid_until, "
        "is_visitor, "
        "sponsor_id, birth_mac, name_birth_mac, created_at, changed_at) VALUES (:id, :login, :display_name, :language, "
        ":state, nullif(:resumes, ''), :vfrom, :vuntil, :visitor, :sponsor, :birth, :name_birth, :now, :now) ON "
        "CONFLICT (login) DO NOTHING",
        use(id, "id"), use(account.login.text(), "login"), use(account.display_name, "display_name"),
        use(account.language, "language"), use(state, "state"), use(resumes_as, "resumes"),
        use(from.value, from.indicator, "vfrom"), use(until.value, until.indicator, "vuntil"), use(visitor, "visitor"),
        use(sponsor.value, sponsor.indicator, "sponsor"), use(account.birth.date, "birth"),
        use(account.birth.name_and_date, "name_birth"), use(at, "now"));
    if (added != 1 || !add_name(id, account.login, "login")) return account.login.text();
    if (account.mail && !add_name(id, *account.mail, "mail")) return account.mail->text();
    for (const Identifier& alias : account.aliases) {
        if (!add_name(id, alias, "alias")) return alias.text();
    }
    for (const SecretIdentifier& identifier : account.secret_identifiers) {
        if (!add_secret_identifier(id, identifier)) return std::string(name_of(identifier.kind));
    }
    for (const Affiliation& affiliation : account.affiliations) add_affiliation(id, affiliation);
    for (const std::string& group : account.groups)
        database_.execute("INSERT INTO membership (account_id, group_name) VALUES (:id, :grp)", use(id, "id"),
                          use(group, "grp"));
    return std::nullopt;
}

bool AccountRows::set_state(AccountId id, AccountState from, AccountState to, Time now) {
    assert(may_become(from, to) && to != AccountState::suspended);
    const long long number = id;
    const std::string before(name_of(from));
    const std::string after(name_of(to));
    const long long at = seconds_of(now);
    const auto changed =
        database_.execute("UPDATE account SET state = :after, suspended_from = NULL, " + changed_now +
                              " WHERE id = :id AND state = :before",
                          use(after, "after"), use(at, "now"), use(number, "id"), use(before, "before"));
    return changed == 1 && touch(id);
}

bool AccountRows::suspend(AccountId id, Time now) {
    const long long number = id;
    const long long at = seconds_of(now);
    const auto changed = database_.execute("UPDATE account SET suspended_from = state, state = 'suspended', " +
                                               changed_now + " WHERE id = :id AND state NOT IN ('suspended', 'closed')",
                                           use(at, "now"), use(number, "id"));
    return changed == 1 && touch(id);
}

bool AccountRows::resume(AccountId id, Time now) {
    const long long number = id;
    const long long at = seconds_of(now);
    const auto changed = database_.execute("UPDATE account SET state = suspended_from, suspended_from = NULL, " +
                                               changed_now + " WHERE id = :id AND state = 'suspended'",
                                           use(at, "now"), use(number, "id"));
    return changed == 1 && touch(id);
}

bool AccountRows::set_dates(AccountId id, std::optional<Time> from, std::optional<Time> until) {
    const long long number = id;
    Nullable begin(from);
    Nullable end(until);
    const auto changed = database_.execute(
        "UPDATE account SET valid_from = :vfrom, valid_until = :vuntil WHERE id = :id",
        use(begin.value, begin.indicator, "vfrom"), use(end.value, end.indicator, "vuntil"), use(number, "id"));
    return changed == 1 && touch(id);
}

bool AccountRows::set_text(AccountId id, std::string_view column, std::string_view text) {
    const long long number = id;
    const std::string value(text);
    const auto changed = database_.execute("UPDATE account SET " + std::string(column) + " = :value WHERE id = :id",
                                           use(value, "value"), use(number, "id"));
    return changed == 1 && touch(id);
}

bool AccountRows::set_display_name(AccountId id, std::string_view display_name) {
    return set_text(id, "display_name", display_name);
}

bool AccountRows::set_language(AccountId id, std::string_view language) {
    return set_text(id, "language", language);
}

bool AccountRows::set_groups(AccountId id, std::span<const std::string> groups) {
    if (!touch(id)) return false;
    const long long number = id;
    database_.execute("DELETE FROM membership WHERE account_id = :id", use(number, "id"));
    for (const std::string& group : groups)
        database_.execute("INSERT INTO membership (account_id, group_name) VALUES (:id, :grp)", use(number, "id"),
                          use(group, "grp"));
    return true;
}

bool AccountRows::set_birth(AccountId id, const BirthProof& birth) {
    return set_text(id, "birth_mac", birth.date) && set_text(id, "name_birth_mac", birth.name_and_date);
}

bool AccountRows::set_sponsor(AccountId id, AccountId sponsor) {
    const long long number = id;
    const long long by = sponsor;
    const auto changed = database_.execute("UPDATE account SET sponsor_id = :sponsor WHERE id = :id",
                                           use(by, "sponsor"), use(number, "id"));
    return changed == 1 && touch(id);
}

bool AccountRows::add_alias(AccountId id, const Identifier& alias) {
    return add_name(id, alias, "alias") && touch(id);
}

bool AccountRows::remove_alias(AccountId id, const Identifier& alias) {
    const long long number = id;
    const auto removed =
        database_.execute("DELETE FROM identifier WHERE account_id = :id AND value = :value AND kind = 'alias'",
                          use(number, "id"), use(alias.text(), "value"));
    return removed == 1 && touch(id);
}

bool AccountRows::put_secret_identifier(AccountId id, const SecretIdentifier& identifier) {
    const long long number = id;
    const std::string kind(name_of(identifier.kind));
    // The account keeps its own when somebody else has the new one: then neither statement applies.
    const auto replaced = database_.execute(
        "UPDATE secret_identifier SET mac = :mac WHERE account_id = :id AND kind = :kind AND NOT EXISTS (SELECT 1 FROM "
        "secret_identifier other WHERE other.kind = :kind AND other.mac = :mac AND other.account_id <> :id)",
        use(identifier.mac, "mac"), use(number, "id"), use(kind, "kind"));
    return (replaced == 1 || add_secret_identifier(id, identifier)) && touch(id);
}

bool AccountRows::put_affiliation(AccountId id, const Affiliation& affiliation) {
    if (!touch(id)) return false;
    add_affiliation(id, affiliation);
    return true;
}

bool AccountRows::remove_affiliation(AccountId id, Profile profile, std::string_view unit) {
    const long long number = id;
    const std::string profile_text(name_of(profile));
    const std::string unit_text(unit);
    const auto removed =
        database_.execute("DELETE FROM affiliation WHERE account_id = :id AND profile = :profile AND unit = :unit",
                          use(number, "id"), use(profile_text, "profile"), use(unit_text, "unit"));
    return removed == 1 && touch(id);
}

void AccountRows::lock(AccountId id) {
    const long long number = id;
    database_.execute("UPDATE account SET row_version = row_version WHERE id = :id", use(number, "id"));
}

void AccountRows::raise_epoch(AccountId id) {
    const long long number = id;
    database_.execute("UPDATE account SET epoch = epoch + 1 WHERE id = :id", use(number, "id"));
    touch(id);
}

bool AccountRows::add_name(AccountId id, const Identifier& name, std::string_view kind) {
    const long long number = id;
    const std::string kind_text(kind);
    return database_.execute(
               "INSERT INTO identifier (value, account_id, kind) VALUES (:value, :id, :kind) "
               "ON CONFLICT (value) DO NOTHING",
               use(name.text(), "value"), use(number, "id"), use(kind_text, "kind")) == 1;
}

bool AccountRows::add_secret_identifier(AccountId id, const SecretIdentifier& identifier) {
    const long long number = id;
    const std::string kind(name_of(identifier.kind));
    return database_.execute(
               "INSERT INTO secret_identifier (kind, mac, account_id) VALUES (:kind, :mac, :id) "
               "ON CONFLICT DO NOTHING",
               use(kind, "kind"), use(identifier.mac, "mac"), use(number, "id")) == 1;
}

void AccountRows::add_affiliation(AccountId id, const Affiliation& affiliation) {
    const long long number = id;
    const std::string profile(name_of(affiliation.profile));
    const long long from = seconds_of(affiliation.valid_from);
    Nullable until(affiliation.valid_until);
    database_.execute(
        "INSERT INTO affiliation (account_id, profile, unit, valid_from, valid_until) VALUES (:id, :profile, :unit, "
        ":vfrom, :vuntil) ON CONFLICT (account_id, profile, unit) DO UPDATE SET valid_from = excluded.valid_from, "
        "valid_until = excluded.valid_until",
        use(number, "id"), use(profile, "profile"), use(affiliation.unit, "unit"), use(from, "vfrom"),
        use(until.value, until.indicator, "vuntil"));
}

bool AccountRows::touch(AccountId id) {
    const long long number = id;
    return database_.execute(
               "UPDATE account SET row_version = row_version + 1 WHERE id = :id OR link_group = "
               "(SELECT link_group FROM account WHERE id = :id)",
               use(number, "id")) > 0;
}

}  // namespace postern::auth::store
