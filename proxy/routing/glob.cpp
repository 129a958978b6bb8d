#include "proxy/routing/glob.hpp"

#include "base/ascii.hpp"

#include <cstddef>

namespace postern::proxy::routing {
namespace {

/// Where the character after the one at `at` begins. Total: a stray continuation byte belongs to what stands before it.
std::size_t next_character(std::string_view text, std::size_t at) noexcept {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
    return at;
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) noexcept {
    constexpr std::size_t none = std::string_view::npos;
    std::size_t in_pattern = 0;
    std::size_t in_text = 0;
    // Only the last star ever needs another try: what an earlier one could give, the last can give as well.
    std::size_t last_star = none;
    std::size_t star_ends = 0;
    while (in_text < text.size()) {
        const bool more = in_pattern < pattern.size();
        if (more && pattern[in_pattern] == '*') {
            last_star = in_pattern++;
            star_ends = in_text;
        } else if (more && pattern[in_pattern] == '?') {
            ++in_pattern;
            in_text = next_character(text, in_text);
        } else if (more && base::to_lower(pattern[in_pattern]) == base::to_lower(text[in_text])) {
            ++in_pattern;
            ++in_text;
        } else if (last_star != none) {
            in_pattern = last_star + 1;
            star_ends = next_character(text, star_ends);
            in_text = star_ends;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', in_pattern) == none;
}

}  // namespace postern::proxy::routing
