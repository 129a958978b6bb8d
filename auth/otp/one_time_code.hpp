/// The codes of OTP keys: HOTP (RFC 4226) over time (TOTP, RFC 6238). Pure: no clock, no store.
#pragma once

#include "auth/account.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::auth::otp {

enum class HashAlgorithm { sha1, sha256, sha512 };

/// "SHA1", "SHA256", "SHA512", as files and the database write it.
[[nodiscard]] std::string_view name_of(HashAlgorithm algorithm);
[[nodiscard]] std::optional<HashAlgorithm> hash_algorithm(std::string_view name);

/// How far the clock of a key may be from ours, in steps.
inline constexpr int max_drift = 10;

/// What a key is asked with. `last_step`: the newest step that was used; -1: none.
struct KeyParameters {
    HashAlgorithm algorithm = HashAlgorithm::sha1;
    int digits = 6;         ///< 6 to 8
    int step_seconds = 60;  ///< 30 or 60
    int drift = 0;          ///< -10 to 10
    std::int64_t last_step = -1;
};

/// A code that is good: its step, after which no earlier one may ever be accepted, and what is known of the drift now.
struct AcceptedCode {
    std::int64_t step = 0;
    int drift = 0;

    friend bool operator==(const AcceptedCode&, const AcceptedCode&) = default;
};

/// RFC 6238 section 4.2: T.
[[nodiscard]] std::int64_t time_step(Time now, int step_seconds);

/// RFC 4226 section 5.3, for one step. nullopt: libcrypto cannot compute it, and no code is good.
[[nodiscard]] std::optional<base::Secret> code_at(const base::Secret& seed,
                                                  const KeyParameters& key,
                                                  std::int64_t step);

/// Everyday use: the step the key is thought to be at, the one before and the one after, and none that was used. The
/// drift follows by one step at most. Takes as long whatever the code is.
[[nodiscard]] std::optional<AcceptedCode> accept_code(const base::Secret& seed,
                                                      const KeyParameters& key,
                                                      std::string_view code,
                                                      Time now);

/// The first code of a key whose clock is not known yet: within `max_drift` steps.
[[nodiscard]] std::optional<AcceptedCode> accept_first_code(const base::Secret& seed,
                                                            const KeyParameters& key,
                                                            std::string_view code,
                                                            Time now);

/// A code after `first`: at most five steps later, and where the first one says the key's clock is.
[[nodiscard]] std::optional<AcceptedCode> accept_next_code(
    const base::Secret& seed, const KeyParameters& key, std::int64_t first, std::string_view code, Time now);

/// Resynchronisation (RFC 6238 section 6): two codes of consecutive steps within `max_drift`. The later one.
[[nodiscard]] std::optional<AcceptedCode> resynchronise(
    const base::Secret& seed, const KeyParameters& key, std::string_view first, std::string_view second, Time now);

}  // namespace postern::auth::otp
