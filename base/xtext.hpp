/// xtext: how SMTP carries any bytes inside one parameter (RFC 3461 section 4; XCLIENT and AUTH= use it).
#pragma once

#include <string>
#include <string_view>

namespace postern::base {

/// Every byte outside `!` to `~`, and `+` and `=`, becomes `+XX` in capital hexadecimal. The result holds no space and
/// no control character, so a name can never add a parameter or a line of its own.
[[nodiscard]] std::string xtext_encode(std::string_view text);

}  // namespace postern::base
