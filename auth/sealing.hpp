/// The store and its key file: whether they belong together, and sealing everything with the newest key.
#pragma once

#include "auth/keyring.hpp"
#include "auth/store.hpp"

#include <cstddef>
#include <functional>

namespace postern::auth {

/// Whether the store was ever bound to a keyring.
[[nodiscard]] StoreResult<bool> knows_keys(Store& store);

/// Whether `keyring` is the one this store was written with. `unavailable` and what to do when it is another, or when
/// the store knows no keys yet.
[[nodiscard]] StoreResult<void> check_keys(Store& store, const Keyring& keyring);

/// Binds a store that knows no keys yet to this keyring; afterwards as `check_keys`.
[[nodiscard]] StoreResult<void> adopt_keys(Store& store, const Keyring& keyring);

/// Seals with the newest key whatever is not: after a key was added, and in a store that older versions wrote. Logins
/// go on meanwhile; a row that changes under its hands keeps the change. `progress` gets the number of rows seen so
/// far. How many were sealed anew. May be interrupted and called again.
[[nodiscard]] StoreResult<std::size_t> seal_anew(Store& store,
                                                 const Keyring& keyring,
                                                 const std::function<void(std::size_t)>& progress);

/// How many rows are not sealed with the newest key.
[[nodiscard]] StoreResult<std::size_t> count_older_seals(Store& store, const Keyring& keyring);

}  // namespace postern::auth
