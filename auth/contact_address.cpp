#include "auth/contact_address.hpp"

#include "base/ascii.hpp"

#include <algorithm>

namespace postern::auth {

namespace {

constexpr std::size_t max_address_bytes = 254;
constexpr std::size_t max_local_part_bytes = 64;
constexpr std::size_t max_label_bytes = 63;
constexpr std::size_t min_phone_digits = 8;
constexpr std::size_t max_phone_digits = 15;

bool is_atext(char c) {
    return base::is_alpha(c) || base::is_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").contains(c);
}

/// Parts that `is_part` takes, with dots between them.
template <class IsPart>
bool is_dotted(std::string_view text, std::size_t min_parts, IsPart is_part) {
    std::size_t parts = 0;
    for (;; ++parts) {
        const std::size_t dot = text.find('.');
        if (!is_part(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return parts + 1 >= min_parts;
        text.remove_prefix(dot + 1);
    }
}

bool is_label(std::string_view label) {
    return !label.empty() && label.size() <= max_label_bytes && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '-'; });
}

}  // namespace

std::optional<std::string> mail_address(std::string_view text) {
    const std::string_view address = base::trim(text);
    const std::size_t at = address.rfind('@');
    if (at > max_local_part_bytes || address.size() > max_address_bytes) return std::nullopt;  // npos is more, too
    const std::string_view local_part = address.substr(0, at);
    const std::string_view domain = address.substr(at + 1);
    const auto is_atom = [](std::string_view atom) { return !atom.empty() && std::ranges::all_of(atom, is_atext); };
    // A last label of digits is no name but a piece of a numeric address.
    const std::string_view last = domain.substr(domain.rfind('.') + 1);
    const bool is_good = is_dotted(local_part, 1, is_atom) && is_dotted(domain, 2, is_label) &&
                         !std::ranges::all_of(last, base::is_digit);
    if (!is_good) return std::nullopt;
    return std::string(local_part) + '@' + base::to_lower(domain);
}

std::optional<std::string> phone_number(std::string_view text, std::string_view country_code) {
    std::string digits;
    bool is_international = false;
    for (const char c : base::trim(text)) {
        if (base::is_digit(c)) {
            digits += c;
        } else if (c == '+' && digits.empty() && !is_international) {
            is_international = true;
        } else if (!std::string_view(" .-()").contains(c)) {
            return std::nullopt;
        }
    }
    if (!is_international && digits.starts_with("00")) {
        digits.erase(0, 2);
    } else if (!is_international) {
        if (!digits.starts_with('0')) return std::nullopt;
        digits.replace(0, 1, country_code);
    }
    const bool is_good = digits.size() >= min_phone_digits && digits.size() <= max_phone_digits && digits[0] != '0';
    if (!is_good) return std::nullopt;
    return '+' + digits;
}

}  // namespace postern::auth
