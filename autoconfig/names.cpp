#include "autoconfig/names.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <cstddef>

namespace postern::autoconfig {
namespace {

constexpr std::size_t max_label = 63;
constexpr std::size_t max_host_name = 253;
constexpr std::size_t max_local_part = 64;
constexpr std::size_t max_address = 254;

bool is_label(std::string_view label) noexcept {
    return !label.empty() && label.size() <= max_label && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, [](char c) { return base::is_alpha(c) || base::is_digit(c) || c == '-'; });
}

// RFC 5322 section 3.2.3.
bool is_atom(std::string_view atom) noexcept {
    constexpr std::string_view specials_allowed = "!#$%&'*+-/=?^_`{|}~";
    return !atom.empty() && std::ranges::all_of(atom, [&](char c) {
        return base::is_alpha(c) || base::is_digit(c) || specials_allowed.contains(c);
    });
}

// Whether `text` is pieces that satisfy `is_piece`, with single dots between them.
bool is_dotted(std::string_view text, bool (*is_piece)(std::string_view) noexcept) noexcept {
    for (;;) {
        const std::size_t dot = text.find('.');
        if (!is_piece(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

}  // namespace

bool is_host_name(std::string_view text) noexcept {
    return text.size() <= max_host_name && is_dotted(text, is_label);
}

std::optional<MailAddress> MailAddress::parse(std::string_view text) {
    const std::size_t at = text.find('@');
    // Without "@" it is npos, which is greater than any limit.
    if (at > max_local_part || text.size() > max_address) return std::nullopt;
    const std::string_view domain = text.substr(at + 1);
    if (!is_dotted(text.substr(0, at), is_atom) || !is_host_name(domain)) return std::nullopt;
    return MailAddress{.text = std::string(text), .domain = base::to_lower(domain)};
}

}  // namespace postern::autoconfig
