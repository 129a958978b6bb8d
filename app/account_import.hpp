/// `postern account import`: many accounts from a CSV file, all of them or none. The format: docs/accounts.md.
#pragma once

#include "app/account_command.hpp"

#include <string>

namespace postern::app {

struct AccountImportOptions {
    std::string file;      ///< "-": standard input. At most 64 MiB, 1000000 accounts, 1024 bytes a field
    bool update = false;   ///< accounts that are there are brought up to date, where it is a mistake otherwise
    bool replace = false;  ///< with `update`: lists become what the file says, where it only adds to them otherwise
    bool dry_run = false;  ///< check everything, also against the store, show the differences, and change nothing
    bool json = false;
};

/// Checks the whole file first, also against the store, and names every mistake with its line (the first hundred). Then
/// hashes the passwords of new accounts on all cores, and adds and changes everything in one transaction. With `json`:
/// {"file", "dry_run", "accounts": how many were added, "changed", "unchanged", "errors": [{"line", "message"}],
/// "error_count"} on `out`, and with `update` "differences": [{"line", "login", "is_new", "changes": [{"field",
/// "before", "after"}]}] of the new and changed ones.
/// Returns the exit status: 0 when all was (or with `dry_run` would be) done, 1 when nothing was, 2 when it was called
/// in the wrong way.
[[nodiscard]] int account_import(const AccountImportOptions& options, const AccountTools& tools);

}  // namespace postern::app
