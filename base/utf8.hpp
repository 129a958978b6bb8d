/// UTF-8 as RFC 3629 defines it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace postern::base {

/// One row of RFC 3629 section 4: which bytes may begin a character of this length, and which may come second. Every
/// further byte is 0x80 to 0xBF.
struct Utf8Form {
    unsigned first_low, first_high, second_low, second_high;
    std::size_t length;
};
inline constexpr Utf8Form utf8_forms[] = {
    {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

/// Length in bytes of the character at the start of `text`: 1 to 4. 0 when no character begins there (an empty text, a
/// stray or missing continuation byte, an overlong form, a surrogate, above U+10FFFF).
[[nodiscard]] constexpr std::size_t utf8_character_length(std::string_view text) noexcept {
    const auto within = [text](std::size_t at, unsigned low, unsigned high) {
        const unsigned byte = static_cast<unsigned char>(text[at]);
        return byte >= low && byte <= high;
    };
    for (const Utf8Form& form : utf8_forms) {
        if (text.size() < form.length || !within(0, form.first_low, form.first_high)) continue;
        if (form.length > 1 && !within(1, form.second_low, form.second_high)) continue;
        if (form.length > 2 && !within(2, 0x80, 0xBF)) continue;
        if (form.length > 3 && !within(3, 0x80, 0xBF)) continue;
        return form.length;
    }
    return 0;
}

/// Takes the first character off `text` and gives its code point. nullopt when none begins there, and `text` stays as
/// it is.
[[nodiscard]] constexpr std::optional<char32_t> take_code_point(std::string_view& text) noexcept {
    const std::size_t length = utf8_character_length(text);
    if (length == 0) return std::nullopt;
    constexpr unsigned payload_of_first[] = {0, 0x7F, 0x1F, 0x0F, 0x07};  // by length (RFC 3629 section 3)
    char32_t code_point = static_cast<unsigned char>(text.front()) & payload_of_first[length];
    for (const char next : text.substr(1, length - 1))
        code_point = code_point << 6U | (static_cast<unsigned char>(next) & 0x3FU);
    text.remove_prefix(length);
    return code_point;
}

/// Whether `text` is UTF-8 from end to end. NUL is a character like any other; the empty text is valid.
[[nodiscard]] constexpr bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const std::size_t length = utf8_character_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

}  // namespace postern::base
