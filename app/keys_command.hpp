/// `postern keys ...`: the keys that are never in the database.
#pragma once

#include "config/settings.hpp"

#include <ostream>

namespace postern::app {

/// Says whether the key file fits the store, and how much of the store is not sealed with the newest key. With `json`:
/// {"key_file", "fits", "newest", "older"}. Returns the exit status: 0 or 1.
[[nodiscard]] int keys_status(const config::Settings& settings, bool json, std::ostream& out, std::ostream& err);

/// Adds a key, and seals everything with it. Logins go on meanwhile: running processes read the file again when they
/// meet the new key. With `json`: {"key_file", "newest", "sealed"}. Returns the exit status: 0 or 1.
[[nodiscard]] int keys_rotate(const config::Settings& settings, bool json, std::ostream& out, std::ostream& err);

}  // namespace postern::app
