/// The few rules of IMAP's formal syntax (RFC 9051 section 9) that both sides of a login need.
#pragma once

#include "base/ascii.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace postern::proxy::imap {

/// ATOM-CHAR: a visible ASCII character that is none of `( ) { % * " \ ]`.
[[nodiscard]] constexpr bool is_atom_char(char c) noexcept {
    return base::is_visible(c) && std::string_view{R"((){%*"\])"}.find(c) == std::string_view::npos;
}
/// ASTRING-CHAR: an atom given as a string may also hold `]`.
[[nodiscard]] constexpr bool is_astring_char(char c) noexcept {
    return is_atom_char(c) || c == ']';
}

[[nodiscard]] constexpr bool is_atom(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, is_atom_char);
}
/// A tag is an astring atom without `+`. Its length is the reader's business.
[[nodiscard]] constexpr bool is_tag(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return is_astring_char(c) && c != '+'; });
}

/// What `{5}` or `{5+}` announces.
struct LiteralHead {
    std::size_t bytes = 0;        ///< the largest size_t when the number is larger than that
    bool synchronising = true;    ///< without `+`: the sender waits until it is asked to go on (RFC 7888)
    std::size_t text_length = 0;  ///< of the announcement itself, with its braces
};

/// The literal announced at the end of `line`, which comes without its CRLF.
[[nodiscard]] std::optional<LiteralHead> literal_announced_by(std::string_view line);

/// Cuts off the text up to the first space, and that space. The whole text when there is none.
[[nodiscard]] constexpr std::string_view take_word(std::string_view& text) noexcept {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    return word;
}

}  // namespace postern::proxy::imap
