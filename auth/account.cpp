#include "auth/account.hpp"

#include <algorithm>

namespace postern::auth {

std::string_view name_of(AccountState state) {
    return state == AccountState::active ? "active" : "disabled";
}

std::optional<AccountState> account_state(std::string_view name) {
    for (const auto state : {AccountState::active, AccountState::disabled}) {
        if (name == name_of(state)) return state;
    }
    return std::nullopt;
}

bool is_own_name(const Account& account, const Identifier& name) {
    return account.login == name || std::ranges::find(account.aliases, name) != account.aliases.end();
}

}  // namespace postern::auth
