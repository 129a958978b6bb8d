#include "auth/otp/pin.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

namespace postern::auth::otp {

namespace {

bool are_digits(std::string_view text) {
    return std::ranges::all_of(text, base::is_digit);
}

/// Whether the text is its first `period` characters over and over.
bool repeats(std::string_view text, std::size_t period) {
    for (std::size_t i = period; i < text.size(); ++i) {
        if (text[i] != text[i - period]) return false;
    }
    return true;
}

bool goes_by(std::string_view text, int step) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] - text[i - 1] != step) return false;
    }
    return true;
}

bool is_of_birth_date(std::string_view pin, const std::chrono::year_month_day& birth) {
    char year[8];
    char month[8];
    char day[8];
    std::snprintf(year, sizeof year, "%04d", static_cast<int>(birth.year()));
    std::snprintf(month, sizeof month, "%02u", static_cast<unsigned>(birth.month()));
    std::snprintf(day, sizeof day, "%02u", static_cast<unsigned>(birth.day()));
    const std::string short_year = std::string(year).substr(2);
    for (const std::string& text :
         {std::string(year), std::string(day) + month, std::string(month) + day, std::string(day) + month + short_year,
          std::string(month) + day + short_year, short_year + month + day, month + short_year, short_year + month,
          year + std::string(month), std::string(month) + year}) {
        if (pin == text) return true;
    }
    return false;
}

}  // namespace

std::string_view describe(PinFault fault) {
    switch (fault) {
        case PinFault::wrong_length:
            return "has fewer than 4 or more than 6 digits";
        case PinFault::not_digits:
            return "contains something other than digits";
        case PinFault::repeated:
            return "is the same digits over and over";
        case PinFault::sequence:
            return "is a sequence";
        case PinFault::birth_date:
            return "is part of your date of birth";
    }
    return "is not good";
}

std::expected<void, PinFault> check_pin(const base::Secret& pin,
                                        const std::optional<std::chrono::year_month_day>& birth) {
    const std::string_view text = pin.reveal();
    if (text.size() < min_pin_digits || text.size() > max_pin_digits) return std::unexpected(PinFault::wrong_length);
    if (!are_digits(text)) return std::unexpected(PinFault::not_digits);
    if (repeats(text, 1) || repeats(text, 2) || (text.size() == 6 && repeats(text, 3)))
        return std::unexpected(PinFault::repeated);
    if (goes_by(text, 1) || goes_by(text, -1)) return std::unexpected(PinFault::sequence);
    if (birth && is_of_birth_date(text, *birth)) return std::unexpected(PinFault::birth_date);
    return {};
}

bool is_code_text(std::string_view code, int digits) {
    return code.size() == static_cast<std::size_t>(digits) && are_digits(code);
}

std::optional<Passcode> split_passcode(const base::Secret& passcode, int digits) {
    const std::string_view text = passcode.reveal();
    const auto code_digits = static_cast<std::size_t>(digits);
    if (text.size() < code_digits + min_pin_digits || text.size() > code_digits + max_pin_digits || !are_digits(text))
        return std::nullopt;
    const std::size_t pin_digits = text.size() - code_digits;
    return Passcode{.pin = base::Secret(text.substr(0, pin_digits)), .code = base::Secret(text.substr(pin_digits))};
}

}  // namespace postern::auth::otp
