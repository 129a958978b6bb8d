/// Passwords at rest: Argon2id version 1.3 (RFC 9106), by libsodium.
#pragma once

#include "auth/password.hpp"
#include "config/settings.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::auth {

/// What a stored Argon2id verifier may ask of this machine. More than that is refused before it is run: a row that
/// somebody slipped into the store or an import must not be able to take all memory or a core for an hour.
inline constexpr std::uint32_t max_argon2_memory_kib = 1'048'576;
inline constexpr std::uint32_t max_argon2_passes = 64;

struct Argon2Cost {
    std::uint32_t memory_kib = 0;
    std::uint32_t passes = 0;

    friend bool operator==(const Argon2Cost&, const Argon2Cost&) = default;
};

/// The cost of a verifier "$argon2id$v=19$m=<KiB>,t=<passes>,p=1$<salt>$<tag>" (the PHC string format; base64 without
/// padding). nullopt for any other text, for one lane other than 1, for numbers with leading zeros, and beyond the
/// bounds.
[[nodiscard]] std::optional<Argon2Cost> cost_of(std::string_view verifier);

/// Thread rule: every member may be called from any number of threads at once.
class Argon2idHasher final : public PasswordHasher {
public:
    /// Throws std::runtime_error when libsodium cannot start (no source of random numbers).
    explicit Argon2idHasher(const config::PasswordHashSettings& cost);

    [[nodiscard]] std::expected<base::Secret, HashFault> hash(const base::Secret& password) const override;
    [[nodiscard]] Verification verify(const base::Secret& stored, const base::Secret& password) const override;
    [[nodiscard]] bool accepts(const base::Secret& stored) const override;
    [[nodiscard]] bool needs_rehash(const base::Secret& stored) const override;
    [[nodiscard]] std::size_t memory_kib() const override { return cost_.memory_kib; }

private:
    Argon2Cost cost_;
};

}  // namespace postern::auth
