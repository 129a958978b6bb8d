/// `postern store ...`: the database under the accounts.
#pragma once

#include "config/settings.hpp"

#include <ostream>

namespace postern::app {

/// Creates the store or brings it to the version this program needs, makes the key file if there is none and the store
/// knows no keys, and seals what is not sealed with the newest key; says what it did. With `json`: {"path", "created",
/// "from", "to", "key_file", "key_file_created", "sealed"}. Returns the exit status: 0 or 1.
[[nodiscard]] int store_migrate(const config::Settings& settings, bool json, std::ostream& out, std::ostream& err);

/// Says whether `postern serve` could use the store, without changing anything. With `json`:
/// {"path", "state", "version", "needed", "readable_by_others"}. Returns the exit status: 0 when it could, else 1.
[[nodiscard]] int store_status(const config::Settings& settings, bool json, std::ostream& out, std::ostream& err);

}  // namespace postern::app
