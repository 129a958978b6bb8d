/// What may stand behind EHLO and HELO.
#pragma once

#include "base/ascii.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace postern::proxy::smtp {

/// A domain name has at most 255 bytes (RFC 5321 section 4.5.3.1.2).
inline constexpr std::size_t longest_greeting_name = 255;

/// Visible ASCII, no space. Wider than the grammar of RFC 5321 section 4.1.1.1, because clients send underscores and
/// bare addresses; narrow enough that the name can be said to a backend.
[[nodiscard]] constexpr bool is_greeting_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= longest_greeting_name &&
           std::ranges::all_of(name, [](char c) { return base::is_visible(c); });
}

}  // namespace postern::proxy::smtp
