/// Every verifier the store may hold: postern's own Argon2id, and what was imported.
#pragma once

#include "auth/argon2id_hasher.hpp"
#include "auth/imported_hash.hpp"
#include "auth/password.hpp"
#include "config/settings.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace postern::auth {

/// A verifier is one of
///     $argon2id$...                          postern's own (Argon2idHasher)
///     $imported$<hash as it was>             slow enough to be kept until its owner's next login
///     $wrapped$<parameters>|<$argon2id$...>  Argon2id of what a fast scheme made: the fast hash is nowhere any more
/// The first login with either of the last two replaces it by the first.
///
/// Old webmails hashed the bytes of ISO 8859-1: when an imported hash does not match the password as it came, it is
/// compared once more in that form, if the password has one.
///
/// Passwords are prepared before they are hashed (auth/prepared_text.hpp), and compared once more as they came where
/// that makes a difference.
///
/// Thread rule: every member may be called from any number of threads at once.
class PasswordVerifiers final : public PasswordHasher {
public:
    explicit PasswordVerifiers(const config::PasswordHashSettings& cost) : own_(cost) {}

    /// What is to be done with a hash that somebody brings.
    struct Import {
        base::Secret verifier;  ///< to be stored as it is; or, when that is empty:
        base::Secret to_hash;   ///< to be hashed like a password ...
        std::string wrapping;   ///< ... and stored behind this
    };
    /// Hashes nothing, so that many can be hashed at once. The error says why not, as the end of a sentence: "the hash
    /// ...".
    [[nodiscard]] std::expected<Import, std::string_view> plan_import(std::string_view hash) const;
    /// The same for one, hashed.
    [[nodiscard]] std::expected<base::Secret, std::string_view> import(std::string_view hash) const;

    [[nodiscard]] std::expected<base::Secret, HashFault> hash(const base::Secret& password) const override;
    [[nodiscard]] Verification verify(const base::Secret& stored, const base::Secret& password) const override;
    [[nodiscard]] bool accepts(const base::Secret& stored) const override;
    [[nodiscard]] bool needs_rehash(const base::Secret& stored) const override;
    [[nodiscard]] std::size_t memory_kib() const override { return own_.memory_kib(); }

private:
    [[nodiscard]] Verification verify_prepared(const base::Secret& stored, const base::Secret& password) const;
    [[nodiscard]] Verification verify_text(std::string_view stored, std::string_view password) const;

    Argon2idHasher own_;
};

}  // namespace postern::auth
