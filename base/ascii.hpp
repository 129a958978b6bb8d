/// ASCII text without locales: what RFC grammars mean by "case-insensitive", "CTL" and "printable".
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace postern::base {

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_alpha(char c) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
/// CTL of RFC 5234: 0 to 31 and 127.
[[nodiscard]] constexpr bool is_control(char c) noexcept {
    return (c >= 0 && c < ' ') || c == '\x7f';
}
/// VCHAR of RFC 5234: a visible ASCII character, so no space.
[[nodiscard]] constexpr bool is_visible(char c) noexcept {
    return c > ' ' && c < '\x7f';
}

[[nodiscard]] constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] constexpr char to_upper(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

/// Letters A to Z lowered, every other byte as it was.
[[nodiscard]] inline std::string to_lower(std::string_view text) {
    std::string lowered(text);
    std::ranges::transform(lowered, lowered.begin(), [](char c) { return to_lower(c); });
    return lowered;
}
[[nodiscard]] inline std::string to_upper(std::string_view text) {
    std::string raised(text);
    std::ranges::transform(raised, raised.begin(), [](char c) { return to_upper(c); });
    return raised;
}

/// Equal when letters A to Z are compared without their case.
[[nodiscard]] constexpr bool iequals(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

/// Without spaces and tabs at both ends.
[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace postern::base
