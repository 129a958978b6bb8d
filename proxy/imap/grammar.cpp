#include "proxy/imap/grammar.hpp"

#include <charconv>
#include <limits>

namespace postern::proxy::imap {

std::optional<LiteralHead> literal_announced_by(std::string_view line) {
    const std::size_t brace = line.rfind('{');
    if (brace == std::string_view::npos || !line.ends_with('}')) return std::nullopt;
    LiteralHead literal{.bytes = 0, .synchronising = true, .text_length = line.size() - brace};
    std::string_view digits = line.substr(brace + 1, literal.text_length - 2);
    if (digits.ends_with('+')) {
        literal.synchronising = false;
        digits.remove_suffix(1);
    }
    if (digits.empty() || !std::ranges::all_of(digits, base::is_digit)) return std::nullopt;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), literal.bytes);
    if (error != std::errc{}) literal.bytes = std::numeric_limits<std::size_t>::max();
    return literal;
}

}  // namespace postern::proxy::imap
