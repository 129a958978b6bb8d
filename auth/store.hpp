/// What the auth core asks of a database: one verb for each thing that must hold, not tables.
#pragma once

#include "auth/account.hpp"
#include "auth/identifier.hpp"
#include "auth/verdict.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace postern::auth {

enum class StoreFault {
    not_found,          ///< no such account
    already_exists,     ///< a name is taken; `detail` is that name
    changed_meanwhile,  ///< somebody else was faster: the compare-and-set did not apply
    refused,            ///< a rule of the database forbids it
    wrong_schema,       ///< no store there, or one of another version: `postern store migrate`
    unavailable,        ///< locked, full, damaged, unreadable ...
};

/// `detail` is a sentence for the operator that says what to do where that is known. It never holds a password or
/// verifier.
struct StoreError {
    StoreFault fault = StoreFault::unavailable;
    std::string detail;
};

template <class T>
using StoreResult = std::expected<T, StoreError>;

/// An account and what its password is compared with. `verifier` is empty when it has no password.
struct LoginRecord {
    Account account;
    base::Secret verifier;
};

/// An account to be. `verifier` is empty when it has no password yet.
struct NewAccount {
    Identifier login;
    std::vector<Identifier> aliases;
    std::string display_name;
    std::vector<std::string> groups;
    AccountState state = AccountState::active;
    base::Secret verifier;
};

/// One page of accounts in the order of their logins. What is empty asks nothing.
struct AccountFilter {
    std::string group;
    std::optional<AccountState> state;
    std::string text;         ///< part of the login, an alias or the display name; letters A to Z in either case
    std::string after_login;  ///< only logins behind this one: the last of the page before
    std::size_t limit = 1000;
};

/// Every change is whole or not at all, and is durable when its verb returns without an error.
/// Thread rule: every member may be called from any number of threads at once; a call may block on the disk and on
/// other writers for some seconds.
class Store {
public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    Store(Store&&) = delete;
    Store& operator=(Store&&) = delete;
    virtual ~Store() = default;

    /// The account that goes by `name`, with what a login needs. not_found, unavailable.
    [[nodiscard]] virtual StoreResult<LoginRecord> find_for_login(const Identifier& name) = 0;
    /// The same without any secret.
    [[nodiscard]] virtual StoreResult<Account> find(const Identifier& name) = 0;
    [[nodiscard]] virtual StoreResult<std::vector<Account>> list(const AccountFilter& filter) = 0;
    /// Those of `names` that accounts go by already, in the order asked.
    [[nodiscard]] virtual StoreResult<std::vector<Identifier>> taken(std::span<const Identifier> names) = 0;

    /// Adds all of them or, with the first error, none. already_exists also when two of them share a name.
    [[nodiscard]] virtual StoreResult<void> add(std::span<const NewAccount> accounts) = 0;
    /// Gives the account this password, whether it had one or not.
    [[nodiscard]] virtual StoreResult<void> set_password(AccountId account, const base::Secret& verifier) = 0;
    /// The same password in another form: applies only while the account still has `expected`, else changed_meanwhile.
    [[nodiscard]] virtual StoreResult<void> replace_verifier(AccountId account,
                                                             const base::Secret& expected,
                                                             const base::Secret& fresh) = 0;
    [[nodiscard]] virtual StoreResult<void> set_state(AccountId account, AccountState state) = 0;
};

}  // namespace postern::auth
