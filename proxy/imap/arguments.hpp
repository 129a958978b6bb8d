/// Reads the arguments of one whole command as CommandReader gives them. Source: RFC 9051 section 9.
#pragma once

#include "base/secret.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace postern::proxy::imap {

/// Takes one piece after the other from the front of a text, which must outlive it. A read that fails gives nullopt or
/// false; the reader is then of no more use. Every piece is as long as the command at most, so bounded.
class ArgumentReader {
public:
    explicit ArgumentReader(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

    /// Exactly this character.
    [[nodiscard]] bool take(char expected);

    [[nodiscard]] std::optional<std::string_view> atom();

    /// A quoted string (also with UTF-8 in it, RFC 9051) or a literal.
    [[nodiscard]] std::optional<base::WipingBuffer> string();

    /// An atom, which may hold `]` here, a quoted string or a literal.
    [[nodiscard]] std::optional<base::WipingBuffer> astring();

    /// Whatever is left.
    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

private:
    std::string_view take_while(bool (*belongs)(char));
    std::optional<base::WipingBuffer> quoted();
    std::optional<base::WipingBuffer> literal();

    std::string_view rest_;
};

/// The argument of ID (RFC 2971 section 3.1): NIL or a list of at most 30 pairs, names up to 30 bytes, values up to
/// 1024 bytes or NIL.
[[nodiscard]] bool is_id_argument(std::string_view text);

/// The argument of ENABLE (RFC 5161): one or more atoms.
[[nodiscard]] bool is_enable_argument(std::string_view text);

}  // namespace postern::proxy::imap
