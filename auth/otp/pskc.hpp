/// OTP keys in Portable Symmetric Key Containers (RFC 6030), plain or encrypted. No I/O.
#pragma once

#include "auth/otp/otp_keys.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

namespace postern::auth::otp {

inline constexpr std::size_t max_pskc_bytes = std::size_t{10} * 1024 * 1024;
inline constexpr std::size_t max_pskc_keys = 100'000;
inline constexpr unsigned max_pskc_iterations = 1'000'000;

/// What opens an encrypted container; empty where it needs none.
struct PskcUnlock {
    base::Secret key;       ///< the pre-shared key itself, 16, 24 or 32 bytes
    base::Secret password;  ///< what the key is derived from (PBKDF2)
};

/// All keys, or what is wrong, at most a hundred sentences. Keys must be TOTP (section 10.2 and the TOTP profile) with
/// decimal codes. Encrypted values are AES-CBC with a MAC (section 6.1.1), which is checked before anything is
/// decrypted; a value without one is refused. A document type, entities, more than 10 MiB, 100000 keys or a million
/// iterations are refused. No sentence shows a seed. `text` is read in place and wiped.
[[nodiscard]] std::expected<std::vector<ImportedKey>, std::vector<std::string>> read_pskc(base::WipingBuffer text,
                                                                                          const PskcUnlock& unlock);

}  // namespace postern::auth::otp
