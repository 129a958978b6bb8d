/// How values of a PSKC are encrypted and authenticated (RFC 6030 section 6). For the files of this folder only.
#pragma once

#include "base/secret.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace postern::auth::otp {

/// Names of XML Encryption: "http://www.w3.org/2001/04/xmlenc#aes128-cbc" and so on for 192 and 256.
[[nodiscard]] bool is_pskc_cipher(std::string_view algorithm);
/// Names of XML Signature: HMAC with SHA-1, SHA-256, SHA-384 or SHA-512.
[[nodiscard]] bool is_pskc_mac(std::string_view algorithm);

/// `bytes`: the initialisation vector, then the ciphertext. nullopt: the key has the wrong size, or the padding is
/// wrong.
[[nodiscard]] std::optional<base::Secret> pskc_decrypt(std::string_view algorithm,
                                                       const base::Secret& key,
                                                       std::string_view bytes);

/// Compared in constant time.
[[nodiscard]] bool is_pskc_mac_of(std::string_view mac,
                                  std::string_view algorithm,
                                  const base::Secret& key,
                                  std::string_view bytes);

/// PBKDF2 (RFC 8018). `prf`: "" or a name that ends in "hmac-sha1", or "...sha256" ... nullopt: unknown.
[[nodiscard]] std::optional<base::Secret> pskc_derive(const base::Secret& password,
                                                      std::string_view salt,
                                                      unsigned iterations,
                                                      std::size_t key_bytes,
                                                      std::string_view prf);

}  // namespace postern::auth::otp
