/// `postern account ...`: what an administrator does with accounts, one function for each command.
#pragma once

#include "app/password_prompt.hpp"
#include "auth/accounts.hpp"
#include "auth/password_verifiers.hpp"

#include <istream>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace postern::app {

/// What the commands work with; nothing of it is owned. Results go to `out`, for people or as JSON; what went wrong
/// goes to `err` in words that say what to do next. No command writes a password or a verifier to either.
struct AccountTools {
    const auth::Accounts& accounts;
    const auth::PasswordVerifiers& hasher;
    const auth::Keyring& keyring;
    const base::Clock& clock;
    const std::vector<std::string>& groups;  ///< those an account may be in: `groups` of the settings
    PasswordPrompt& prompt;
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool shows_progress = false;  ///< `err` is a terminal
};

struct AccountAddOptions {
    std::string login;
    std::vector<std::string> aliases;
    std::vector<std::string> groups;
    std::string display_name;
    std::string password_file;  ///< see PasswordSource
    bool no_password = false;   ///< nobody can log in until `account passwd`; not together with `password_file`
    bool provisional = false;   ///< waits for its activation, with a password made here; instead of both
    bool json = false;
};

struct AccountListOptions {
    std::string group;
    std::string state;  ///< one of `auth::name_of(AccountState)`, or empty: all
    std::string text;   ///< part of a name or display name
    bool json = false;
};

struct AccountPasswdOptions {
    std::string login;  ///< any of the account's names, here and below
    std::string password_file;
    bool json = false;
};

struct AccountNameOptions {
    std::string login;
    bool json = false;
};

// Each returns the exit status: 0 done, 1 refused or failed (nothing was changed), 2 wrong usage.
[[nodiscard]] int account_add(const AccountAddOptions& options, const AccountTools& tools);
[[nodiscard]] int account_list(const AccountListOptions& options, const AccountTools& tools);
[[nodiscard]] int account_passwd(const AccountPasswdOptions& options, const AccountTools& tools);
[[nodiscard]] int account_suspend(const AccountNameOptions& options, const AccountTools& tools);
[[nodiscard]] int account_resume(const AccountNameOptions& options, const AccountTools& tools);

}  // namespace postern::app
