/// The secret code that goes with an OTP key: 4 to 6 digits that its owner alone knows.
#pragma once

#include "base/secret.hpp"

#include <chrono>
#include <cstddef>
#include <expected>
#include <optional>
#include <string_view>

namespace postern::auth::otp {

inline constexpr std::size_t min_pin_digits = 4;
inline constexpr std::size_t max_pin_digits = 6;

enum class PinFault {
    wrong_length,
    not_digits,
    repeated,    ///< the same digits over and over: 0000, 121212, 123123
    sequence,    ///< 1234, 654321
    birth_date,  ///< two or three of its owner's day, month and year, or the year
};

/// Why a PIN is refused, as the end of a sentence: "the PIN ...".
[[nodiscard]] std::string_view describe(PinFault fault);

/// `birth`: its owner's, where it is known.
[[nodiscard]] std::expected<void, PinFault> check_pin(const base::Secret& pin,
                                                      const std::optional<std::chrono::year_month_day>& birth);

/// A passcode as it is typed: the PIN, and behind it the code of `digits` digits.
struct Passcode {
    base::Secret pin;
    base::Secret code;
};

/// nullopt when it cannot be one: not digits, or too few or too many of them. Known before anything is looked up, so it
/// costs nobody a try.
[[nodiscard]] std::optional<Passcode> split_passcode(const base::Secret& passcode, int digits);

/// Whether it is `digits` digits.
[[nodiscard]] bool is_code_text(std::string_view code, int digits);

}  // namespace postern::auth::otp
