#include "auth/display_name.hpp"

#include "base/utf8.hpp"

namespace postern::auth {

namespace {

/// General categories Cc, Zl and Zp of Unicode, and its explicit directional formatting characters (UAX 9, section 2).
bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::string_view describe(DisplayNameFault fault) {
    switch (fault) {
        case DisplayNameFault::too_long:
            return "is longer than 256 bytes";
        case DisplayNameFault::not_utf8:
            return "is not valid UTF-8";
        case DisplayNameFault::control_character:
            return "contains a control character";
    }
    return "is not valid";
}

std::expected<void, DisplayNameFault> check_display_name(std::string_view name) {
    if (name.size() > max_display_name_bytes) return std::unexpected(DisplayNameFault::too_long);
    while (!name.empty()) {
        const auto code_point = base::take_code_point(name);
        if (!code_point) return std::unexpected(DisplayNameFault::not_utf8);
        if (is_control(*code_point)) return std::unexpected(DisplayNameFault::control_character);
    }
    return {};
}

}  // namespace postern::auth
