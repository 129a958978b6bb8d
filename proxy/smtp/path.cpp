#include "proxy/smtp/path.hpp"

#include "base/ascii.hpp"

#include <algorithm>

namespace postern::proxy::smtp {

namespace {

bool is_control(char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

/// Where the ">" is that ends the path which begins at the start; a quoted local part may hold one as well.
std::optional<std::size_t> find_end(std::string_view path) {
    bool is_quoted = false;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const char c = path[i];
        if (is_quoted && c == '\\') {
            ++i;
        } else if (c == '"') {
            is_quoted = !is_quoted;
        } else if (!is_quoted && (c == ' ' || c == '<')) {
            return std::nullopt;
        } else if (!is_quoted && c == '>') {
            return i;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string_view> mailbox_of(std::string_view argument, std::string_view keyword) {
    if (std::ranges::any_of(argument, is_control)) return std::nullopt;
    if (!base::iequals(argument.substr(0, keyword.size()), keyword)) return std::nullopt;
    argument.remove_prefix(keyword.size());
    if (!argument.starts_with(':')) return std::nullopt;
    argument.remove_prefix(1);
    // Some clients write a space here (RFC 5321 section 3.3 tells servers to put up with it).
    argument.remove_prefix(std::min(argument.find_first_not_of(' '), argument.size()));
    if (!argument.starts_with('<')) return std::nullopt;
    argument.remove_prefix(1);
    const auto end = find_end(argument);
    if (!end) return std::nullopt;
    const std::string_view behind = argument.substr(*end + 1);
    if (!behind.empty() && !behind.starts_with(' ')) return std::nullopt;
    std::string_view mailbox = argument.substr(0, *end);
    if (mailbox.starts_with('@')) {
        const auto colon = mailbox.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        mailbox.remove_prefix(colon + 1);
        if (mailbox.empty()) return std::nullopt;
    }
    return mailbox;
}

}  // namespace postern::proxy::smtp
