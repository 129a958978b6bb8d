/// The name of an account as people read it: in lists, mail programs and pages.
#pragma once

#include <cstddef>
#include <expected>
#include <string_view>

namespace postern::auth {

inline constexpr std::size_t max_display_name_bytes = 256;

enum class DisplayNameFault { too_long, not_utf8, control_character };

/// Why a display name is refused, as the end of a sentence: "the display name ...".
[[nodiscard]] std::string_view describe(DisplayNameFault fault);

/// Any UTF-8 text of 0 to 256 bytes without control characters. Line and paragraph separators and the characters that
/// turn the direction of text count as controls: they would let a name imitate other lines of a list.
[[nodiscard]] std::expected<void, DisplayNameFault> check_display_name(std::string_view name);

}  // namespace postern::auth
