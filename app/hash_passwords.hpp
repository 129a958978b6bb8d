/// Hashing many passwords at once, for imports.
#pragma once

#include "app/import_rows.hpp"
#include "auth/password.hpp"

#include <cstddef>
#include <functional>
#include <vector>

namespace postern::app {

/// Threads that hash at once: one for each core, but no more than one gibibyte of memory feeds.
[[nodiscard]] std::size_t hashing_threads(std::size_t cores, std::size_t memory_kib_each);

/// Turns the password of every row whose account is new into its verifier and wipes the password. `progress(done, of)`
/// is called now and then on the calling thread, and once at the end. False when a hash failed (no memory); some rows
/// are then left as they were.
[[nodiscard]] bool hash_passwords(std::vector<ImportRow>& rows,
                                  const auth::PasswordHasher& hasher,
                                  const std::function<void(std::size_t done, std::size_t of)>& progress);

}  // namespace postern::app
