// Accounts that share their rights, and accounts that look after others.
#include "auth/store/account_rows.hpp"

namespace postern::auth::store {

using soci::into;
using soci::use;

std::optional<long long> AccountRows::link_group_of(AccountId id) {
    const long long number = id;
    Nullable group;
    database_.first("SELECT link_group FROM account WHERE id = :id", into(group.value, group.indicator),
                    use(number, "id"));
    return group.number();
}

bool AccountRows::link(AccountId primary, AccountId other, std::int64_t fresh_group) {
    // Written to first, and only then read: whoever changes the same group waits for this one, or was waited for.
    if (primary == other || !touch(primary)) return false;
    const long long group = link_group_of(primary).value_or(fresh_group);
    const long long first = primary;
    const long long second = other;
    const auto joined = database_.execute(
        "UPDATE account SET link_group = :grp, link_primary = 0 WHERE id = :id AND link_group IS NULL",
        use(group, "grp"), use(second, "id"));
    if (joined != 1) return false;
    database_.execute("UPDATE account SET link_group = :grp, link_primary = 1 WHERE id = :id AND link_group IS NULL",
                      use(group, "grp"), use(first, "id"));
    return touch(other);
}

bool AccountRows::unlink(AccountId id) {
    // As in `link`: those of one group leave it one after the other.
    if (!touch(id)) return false;
    const auto group = link_group_of(id);
    if (!group) return false;
    const long long number = id;
    database_.execute("UPDATE account SET link_group = NULL, link_primary = 0 WHERE id = :id", use(number, "id"));
    database_.execute(
        "UPDATE account SET link_group = NULL, link_primary = 0 WHERE link_group = :grp AND 1 = (SELECT "
        "count(*) FROM account WHERE link_group = :grp)",
        use(*group, "grp"));
    // If its head left, the oldest of those that stay takes over.
    database_.execute(
        "UPDATE account SET link_primary = 1 WHERE id = (SELECT min(id) FROM account WHERE link_group = "
        ":grp) AND NOT EXISTS (SELECT 1 FROM account WHERE link_group = :grp AND link_primary = 1)",
        use(*group, "grp"));
    return true;
}

void AccountRows::put_delegation(const Delegation& delegation) {
    const long long administrator = delegation.administrator;
    Nullable granted_by(delegation.granted_by != 0 ? std::optional<long long>(delegation.granted_by) : std::nullopt);
    const int reset = delegation.may_reset ? 1 : 0;
    const int manage = delegation.may_manage ? 1 : 0;
    const int keys = delegation.may_hand_over_keys ? 1 : 0;
    const long long until = seconds_of(delegation.valid_until);
    database_.execute(
        "INSERT INTO delegation (administrator_id, unit, may_reset, may_manage, may_hand_over_keys, granted_by, "
        "valid_until) VALUES (:admin, :unit, :reset, :manage, :keys, :granted, :vuntil) ON CONFLICT "
        "(administrator_id, unit) DO UPDATE SET may_reset = excluded.may_reset, may_manage = excluded.may_manage, "
        "may_hand_over_keys = excluded.may_hand_over_keys, granted_by = excluded.granted_by, valid_until = "
        "excluded.valid_until",
        use(administrator, "admin"), use(delegation.unit, "unit"), use(reset, "reset"), use(manage, "manage"),
        use(keys, "keys"), use(granted_by.value, granted_by.indicator, "granted"), use(until, "vuntil"));
}

bool AccountRows::remove_delegation(AccountId administrator, std::string_view unit) {
    const long long number = administrator;
    const std::string text(unit);
    return database_.execute("DELETE FROM delegation WHERE administrator_id = :admin AND unit = :unit",
                             use(number, "admin"), use(text, "unit")) == 1;
}

std::vector<Delegation> AccountRows::delegations_of(AccountId administrator, Time now) {
    const long long number = administrator;
    const long long at = seconds_of(now);
    Delegation row{.administrator = administrator};
    int reset = 0;
    int manage = 0;
    int keys = 0;
    long long granted_by = 0;
    long long until = 0;
    std::vector<Delegation> found;
    database_.each(
        "SELECT unit, may_reset, may_manage, may_hand_over_keys, coalesce(granted_by, 0), valid_until FROM delegation "
        "WHERE administrator_id = :admin AND valid_until > :now ORDER BY unit",
        [&] {
            row.may_reset = reset != 0;
            row.may_manage = manage != 0;
            row.may_hand_over_keys = keys != 0;
            row.granted_by = granted_by;
            row.valid_until = time_of(until);
            found.push_back(row);
        },
        into(row.unit), into(reset), into(manage), into(keys), into(granted_by), into(until), use(number, "admin"),
        use(at, "now"));
    return found;
}

}  // namespace postern::auth::store
