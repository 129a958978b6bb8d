/// Secrets and numbers that nobody can foresee, all from the operating system's generator by libsodium.
///
/// Thread rule: every function may be called from any thread. They throw std::runtime_error when libsodium cannot
/// start.
#pragma once

#include "base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern::auth {

inline constexpr std::size_t max_random_digits = 32;
inline constexpr std::int64_t max_random_id = (std::int64_t{1} << 53) - 1;  ///< what a double, so JSON, holds exactly

/// 24 characters of base64url (RFC 4648 section 5), 144 bits: for links and cookies.
[[nodiscard]] base::Secret random_token();

/// `count` decimal digits, 1 to max_random_digits, each as likely as any other; leading zeros count.
[[nodiscard]] base::Secret random_digits(std::size_t count);

/// 1 to max_random_id: a key of a row that tells nothing about how many rows there are.
[[nodiscard]] std::int64_t random_id();

/// A temporary password to be read from paper and typed: "k7wmt-3f9qz-hdr4x", 72 bits. Lower-case consonants and
/// digits, without l, 0 and 1: nothing looks like anything else, and no words come out of it.
[[nodiscard]] base::Secret random_password_slip();

/// `count` characters of `alphabet` (1 to 256 of them), each as likely as any other.
[[nodiscard]] base::Secret random_characters(std::string_view alphabet, std::size_t count);

}  // namespace postern::auth
