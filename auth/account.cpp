#include "auth/account.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::auth {

namespace {

constexpr std::size_t max_unit_bytes = 64;

constexpr std::array<std::pair<AccountState, std::string_view>, 9> state_names{{
    {AccountState::imported, "imported"},
    {AccountState::provisional, "provisional"},
    {AccountState::pending_mail, "pending_mail"},
    {AccountState::charter, "charter"},
    {AccountState::active, "active"},
    {AccountState::must_change, "must_change"},
    {AccountState::suspended, "suspended"},
    {AccountState::expired, "expired"},
    {AccountState::closed, "closed"},
}};

constexpr std::array<std::pair<Profile, std::string_view>, 10> profile_names{{
    {Profile::pupil, "pupil"},
    {Profile::student, "student"},
    {Profile::teacher, "teacher"},
    {Profile::staff, "staff"},
    {Profile::administrative_staff, "administrative_staff"},
    {Profile::researcher, "researcher"},
    {Profile::doctoral, "doctoral"},
    {Profile::parent, "parent"},
    {Profile::alumni, "alumni"},
    {Profile::visitor, "visitor"},
}};

template <class Table, class Value>
std::string_view name_in(const Table& table, Value value) {
    return std::ranges::find(table, value, &Table::value_type::first)->second;
}

template <class Table>
auto value_in(const Table& table, std::string_view name) -> std::optional<typename Table::value_type::first_type> {
    const auto found = std::ranges::find(table, name, &Table::value_type::second);
    if (found == table.end()) return std::nullopt;
    return found->first;
}

using enum AccountState;

/// Every step of the state machine but the ways into and out of suspension.
constexpr std::array<std::pair<AccountState, AccountState>, 16> steps{{
    {imported, provisional},
    {imported, charter},  // identity proven by NUMEN and date of birth
    {imported, active},   // an administrator gave a password, or it came with the import
    {provisional, pending_mail},
    {provisional, charter},  // no recovery address asked for, or proven otherwise
    {provisional, active},
    {pending_mail, provisional},  // the link was not opened in time
    {pending_mail, charter},
    {charter, active},
    {charter, provisional},  // the activation was begun again
    {active, must_change},
    {must_change, active},
    {active, provisional},  // the path without a recovery address: handed out anew
    {must_change, provisional},
    {imported, must_change},
    {provisional, must_change},
}};

}  // namespace

std::string_view name_of(AccountState state) {
    return name_in(state_names, state);
}

std::optional<AccountState> account_state(std::string_view name) {
    return value_in(state_names, name);
}

bool may_become(AccountState from, AccountState to) {
    if (from == closed || from == expired || to == expired || to == imported) return false;
    if (to == closed) return true;
    if (to == suspended) return from != suspended;
    return std::ranges::find(steps, std::pair(from, to)) != steps.end();
}

std::string_view name_of(Profile profile) {
    return name_in(profile_names, profile);
}

std::optional<Profile> profile_named(std::string_view name) {
    return value_in(profile_names, name);
}

bool is_unit(std::string_view unit) {
    return !unit.empty() && unit != every_unit && unit.size() <= max_unit_bytes &&
           std::ranges::all_of(unit, base::is_visible);
}

AccountState state_at(const Account& account, Time now) {
    if (account.state == suspended || account.state == closed) return account.state;
    const bool is_late = account.valid_until && now >= *account.valid_until;
    const bool is_early = account.valid_from && now < *account.valid_from;
    return is_late || is_early ? expired : account.state;
}

bool is_own_name(const Account& account, const Identifier& name) {
    return account.login == name || std::ranges::find(account.aliases, name) != account.aliases.end();
}

bool may_act_as(const Account& account, std::string_view act_as, std::string_view default_domain) {
    if (act_as.empty()) return true;
    return std::ranges::any_of(meanings(act_as, default_domain),
                               [&](const Identifier& name) { return is_own_name(account, name); });
}

std::vector<std::string> groups_at(const Account& account, Time now) {
    std::vector<std::string> groups = account.groups;
    for (const Affiliation& affiliation : account.affiliations) {
        if (affiliation.is_live(now)) groups.emplace_back(name_of(affiliation.profile));
    }
    std::ranges::sort(groups);
    const auto repeated = std::ranges::unique(groups);
    groups.erase(repeated.begin(), repeated.end());
    return groups;
}

std::optional<Time> next_change_by_date(const Account& account, Time now) {
    std::optional<Time> next;
    const auto consider = [&](const std::optional<Time>& date) {
        if (date && *date > now && (!next || *date < *next)) next = date;
    };
    consider(account.valid_from);
    consider(account.valid_until);
    for (const Affiliation& affiliation : account.affiliations) {
        consider(affiliation.valid_from);
        consider(affiliation.valid_until);
    }
    return next;
}

}  // namespace postern::auth
