/// What the store knows of a person's access, without any secret.
#pragma once

#include "auth/identifier.hpp"
#include "auth/verdict.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

using Time = std::chrono::sys_seconds;

/// The life of an account. Who may go from where to where: `may_become`. That somebody guesses passwords is no state:
/// it is counted per context (lockout), so nobody can force it on the owner.
enum class AccountState {
    imported,      ///< known from a source; nothing was handed out yet
    provisional,   ///< has a provisional password, waits for its first use
    pending_mail,  ///< a recovery address was typed, the mailed link was not opened yet
    charter,       ///< identity proven; the charter and a password of his own are missing
    active,        ///< may log in
    must_change,   ///< entered with a temporary password; must choose one of his own first
    suspended,     ///< may not, by decision of a person; told so only after the right password
    expired,       ///< outside `valid_from` to `valid_until`; derived, never stored
    closed,        ///< for good; keeps its names, so that nobody inherits them
};

/// "active", "pending_mail" ..., as commands, files and the database write it.
[[nodiscard]] std::string_view name_of(AccountState state);
/// The reverse; nullopt for any other text.
[[nodiscard]] std::optional<AccountState> account_state(std::string_view name);

/// Whether the state machine has this step. Lifting a suspension is not in it: it goes back to where it came from.
[[nodiscard]] bool may_become(AccountState from, AccountState to);

/// Why somebody belongs to the house. Each is also the name of a group that routing rules may use.
enum class Profile {
    pupil,
    student,
    teacher,
    staff,
    administrative_staff,
    researcher,
    doctoral,  ///< a student and a member of a laboratory at once: two sources, one account
    parent,
    alumni,
    visitor,  ///< has a sponsor and an end date
};

inline constexpr Profile every_profile[] = {
    Profile::pupil,      Profile::student,  Profile::teacher, Profile::staff,  Profile::administrative_staff,
    Profile::researcher, Profile::doctoral, Profile::parent,  Profile::alumni, Profile::visitor};

[[nodiscard]] std::string_view name_of(Profile profile);
[[nodiscard]] std::optional<Profile> profile_named(std::string_view name);

/// One reason to belong, with dates of its own. `valid_from` belongs to it, `valid_until` no more.
struct Affiliation {
    Profile profile = Profile::staff;
    std::string unit;  ///< school, faculty or service: 1 to 64 visible ASCII characters; see check_unit
    Time valid_from;
    std::optional<Time> valid_until;

    [[nodiscard]] bool is_live(Time now) const { return now >= valid_from && (!valid_until || now < *valid_until); }
    friend bool operator==(const Affiliation&, const Affiliation&) = default;
};

/// Stands for all units where rights over them are given (Delegation); no unit is called so.
inline constexpr std::string_view every_unit = "*";

/// Whether `unit` may name a unit.
[[nodiscard]] bool is_unit(std::string_view unit);

struct Account {
    AccountId id = 0;
    Identifier login;                             ///< the main name: what backends, rules and logs know the account by
    std::vector<Identifier> aliases;              ///< further names it may log in with; sorted, without `login`
    std::optional<Identifier> mail;               ///< its mail address, when that is not `login`; one of `aliases`
    std::string display_name;                     ///< for people; see display_name.hpp
    std::string language = "fr";                  ///< of mails to its owner: "fr" or "en"
    std::vector<std::string> groups;              ///< given by hand; sorted
    std::vector<Affiliation> affiliations;        ///< sorted by profile and unit
    AccountState state = AccountState::active;    ///< as stored: never `expired`. See state_at
    std::optional<Time> valid_from, valid_until;  ///< of the account as a whole
    bool is_visitor = false;                      ///< then `sponsor` and `valid_until` are there
    std::optional<AccountId> sponsor;
    std::optional<std::int64_t> link_group;  ///< accounts of one person that share their rights
    bool is_link_primary = false;
    bool has_password = false;     ///< without one nobody can log in by password
    std::int64_t epoch = 1;        ///< grows whenever what is known of old credentials must be forgotten everywhere
    std::int64_t row_version = 1;  ///< grows with every change of the account, its affiliations, groups or links
    Time created_at;
    Time changed_at;  ///< last change of state or password; a rehash is no change
};

/// `account.state`, or `expired` when the dates say so. Suspended and closed stay what they are.
[[nodiscard]] AccountState state_at(const Account& account, Time now);

/// Whether `name` is the login or one of the aliases.
[[nodiscard]] bool is_own_name(const Account& account, const Identifier& name);

/// Whether whoever logs in to `account` may be `act_as` (SASL authorization identity): nobody but himself, by any of
/// his names. Empty: himself. `default_domain` completes it as at a login.
[[nodiscard]] bool may_act_as(const Account& account, std::string_view act_as, std::string_view default_domain);

/// The groups of one account at `now`: those given by hand and the profiles of its live affiliations. Sorted, each
/// once.
[[nodiscard]] std::vector<std::string> groups_at(const Account& account, Time now);

/// When `groups_at` or `state_at` will next say something else by dates alone; nullopt: never.
[[nodiscard]] std::optional<Time> next_change_by_date(const Account& account, Time now);

}  // namespace postern::auth
