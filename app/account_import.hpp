/// `postern account import`: many accounts from a CSV file, all of them or none. The format: docs/accounts.md.
#pragma once

#include "app/account_command.hpp"

#include <string>

namespace postern::app {

struct AccountImportOptions {
    std::string file;      ///< "-": standard input. At most 64 MiB, 1000000 accounts, 1024 bytes a field
    bool dry_run = false;  ///< check everything, also against the store, and add nothing
    bool json = false;
};

/// Checks the whole file first and names every mistake with its line (the first hundred). Then hashes all passwords on
/// all cores and adds all accounts in one transaction. With `json`: {"file", "dry_run", "accounts", "errors": [{"line",
/// "message"}], "error_count"} on `out`.
/// Returns the exit status: 0 when all were (or with `dry_run` would be) added, 1 when none was.
[[nodiscard]] int account_import(const AccountImportOptions& options, const AccountTools& tools);

}  // namespace postern::app
