/// Passwords before and after hashing, in words that belong to no algorithm.
#pragma once

#include "base/secret.hpp"

#include <cstddef>
#include <expected>
#include <string_view>

namespace postern::auth {

inline constexpr std::size_t max_password_bytes = 1024;

enum class PasswordFault { empty, too_long, contains_nul };

/// Why a password is refused, as the end of a sentence: "the password ...".
[[nodiscard]] std::string_view describe(PasswordFault fault);

/// 1 to 1024 bytes without NUL. Nothing is cut off. What is normalised before hashing: auth/prepared_text.hpp.
[[nodiscard]] std::expected<void, PasswordFault> check_password(const base::Secret& password);

/// What comparing a password with a stored verifier gave.
enum class Verification {
    match,
    mismatch,
    impossible,  ///< the verifier is not one this program may run, or there was no memory for it
};

/// Turns passwords into verifiers that may be stored, and compares the two. A verifier is text that says all it needs.
/// Thread rule: every member may be called from any number of threads at once.
class PasswordHasher {
public:
    PasswordHasher() = default;
    PasswordHasher(const PasswordHasher&) = delete;
    PasswordHasher& operator=(const PasswordHasher&) = delete;
    PasswordHasher(PasswordHasher&&) = delete;
    PasswordHasher& operator=(PasswordHasher&&) = delete;
    virtual ~PasswordHasher() = default;

    enum class HashFault { unacceptable_password, out_of_memory };

    /// A new verifier with a fresh salt. Slow on purpose, and takes the configured memory while it runs.
    [[nodiscard]] virtual std::expected<base::Secret, HashFault> hash(const base::Secret& password) const = 0;

    /// Takes as long as `stored` asks for, whether the password is right or not. A password that `check_password`
    /// refuses is a mismatch at once.
    [[nodiscard]] virtual Verification verify(const base::Secret& stored, const base::Secret& password) const = 0;

    /// Whether `stored` is a verifier that `verify` would run. Does not run it.
    [[nodiscard]] virtual bool accepts(const base::Secret& stored) const = 0;

    /// Whether `hash` would now give another kind or cost than `stored` has.
    [[nodiscard]] virtual bool needs_rehash(const base::Secret& stored) const = 0;

    /// Memory one hash takes while it runs, in KiB: for those who run several at once.
    [[nodiscard]] virtual std::size_t memory_kib() const = 0;
};

}  // namespace postern::auth
