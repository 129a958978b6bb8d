#include "config/wording.hpp"

#include "base/ascii.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace postern::config {
namespace {

constexpr std::size_t longest_shown = 200;
constexpr std::size_t longest_compared = 64;
constexpr std::size_t most_listed = 16;

std::uint8_t byte(char c) {
    return static_cast<std::uint8_t>(c);
}

std::string hexadecimal(char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    return {'\\', 'x', digits[byte(c) >> 4U], digits[byte(c) & 0xFU]};
}

/// Optimal string alignment distance: Levenshtein's, where swapping two neighbours is one step as well.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> current(b.size() + 1);
    std::iota(last.begin(), last.end(), 0U);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t exchanged = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({exchanged, last[j] + 1, current[j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                current[j] = std::min(current[j], before_last[j - 2] + 1);
        }
        before_last.swap(last);
        last.swap(current);
    }
    return last[b.size()];
}

}  // namespace

bool is_control_character(std::string_view character) noexcept {
    if (character.size() == 1) return base::is_control(character.front());
    return character.size() == 2 && byte(character[0]) == 0xC2 && byte(character[1]) < 0xA0;
}

std::string shown(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        if (result.size() >= longest_shown) return result + "...";
        const std::size_t length = std::max<std::size_t>(base::utf8_character_length(text.substr(at)), 1);
        const std::string_view character = text.substr(at, length);
        if (is_control_character(character) || (length == 1 && byte(character.front()) >= 0x80))
            for (const char c : character) result += hexadecimal(c);
        else
            result += character;
        at += length;
    }
    return result;
}

std::string in_quotes(std::string_view text) {
    return '`' + shown(text) + '`';
}

std::string one_of(const std::vector<std::string>& words) {
    std::string list;
    const std::size_t count = std::min(words.size(), most_listed);
    for (std::size_t i = 0; i < count; ++i) {
        const bool last = i + 1 == words.size();
        if (i > 0) list += last ? " or " : ", ";
        list += shown(words[i]);
    }
    return words.size() > most_listed ? list + ", ..." : list;
}

std::optional<std::string> closest(std::string_view word, const std::vector<std::string>& candidates) {
    if (word.empty() || word.size() > longest_compared) return std::nullopt;
    const std::string lowered = base::to_lower(word);
    std::optional<std::string> best;
    std::size_t fewest_steps = std::max<std::size_t>(word.size() / 3, 1) + 1;
    for (const std::string& candidate : candidates) {
        if (candidate.size() > longest_compared) continue;
        const std::size_t steps = distance(lowered, base::to_lower(candidate));
        if (steps >= fewest_steps || steps >= candidate.size()) continue;
        fewest_steps = steps;
        best = candidate;
    }
    return best;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
    if (const auto meant = closest(word, candidates)) return "; did you mean " + in_quotes(*meant) + '?';
    return candidates.empty() ? "; none is defined" : "; expected " + one_of(candidates);
}

}  // namespace postern::config
