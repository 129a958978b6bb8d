/// What the store knows of a person's access, without any secret.
#pragma once

#include "auth/identifier.hpp"
#include "auth/verdict.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

enum class AccountState {
    active,    ///< may log in
    disabled,  ///< may not, by decision of an administrator; told so only after the right password
};

/// "active" or "disabled", as commands, files and the database write it.
[[nodiscard]] std::string_view name_of(AccountState state);
/// The reverse; nullopt for any other text.
[[nodiscard]] std::optional<AccountState> account_state(std::string_view name);

struct Account {
    AccountId id = 0;
    Identifier login;                 ///< the main name: what backends, rules and logs know the account by
    std::vector<Identifier> aliases;  ///< further names it may log in with; sorted, without `login`
    std::string display_name;         ///< for people; see display_name.hpp
    std::vector<std::string> groups;  ///< sorted
    AccountState state = AccountState::active;
    bool has_password = false;  ///< without one nobody can log in
    std::chrono::sys_seconds created_at;
    std::chrono::sys_seconds changed_at;  ///< last change of state or password; a rehash is no change
};

/// Whether `name` is the login or one of the aliases.
[[nodiscard]] bool is_own_name(const Account& account, const Identifier& name);

}  // namespace postern::auth
