#include "auth/fold.hpp"

#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace postern::auth {

namespace {

// What is left of each letter without its accent; '?' is none or more than one letter.
constexpr std::string_view latin_1_supplement = "aaaaaa?ceeeeiiiidnooooo?ouuuuy??";  // U+00C0 and U+00E0
constexpr std::string_view latin_extended_a =                                        // U+0100
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii??jjkkkllllllllllnnnnnnnnnoooooo??"
    "rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(latin_1_supplement.size() == 32 && latin_extended_a.size() == 128);

struct Spelling {
    char32_t letter;
    std::string_view plain;
};
constexpr Spelling other_spellings[] = {
    {0xC6, "ae"}, {0xE6, "ae"},  {0xDE, "th"},  {0xFE, "th"},  {0xDF, "ss"},
    {0xFF, "y"},  {0x132, "ij"}, {0x133, "ij"}, {0x152, "oe"}, {0x153, "oe"},
};

/// The plain letters for one with an accent; empty for every other character.
std::string_view plain_letters(char32_t c) {
    for (const Spelling& spelling : other_spellings)
        if (spelling.letter == c) return spelling.plain;
    std::string_view plain;
    if (c >= 0xC0 && c <= 0xFF) plain = latin_1_supplement.substr((c - 0xC0) % 32, 1);
    if (c >= 0x100 && c <= 0x17F) plain = latin_extended_a.substr(c - 0x100, 1);
    return plain == "?" ? std::string_view{} : plain;
}

bool is_combining_accent(char32_t c) {
    return c >= 0x300 && c <= 0x36F;
}

char letter_for(char c, char one) {
    switch (c) {
        case '0':
            return 'o';
        case '1':
        case '!':
        case '|':
            return one;
        case '3':
            return 'e';
        case '4':
        case '@':
            return 'a';
        case '5':
        case '$':
            return 's';
        case '7':
            return 't';
        case '8':
            return 'b';
        default:
            return c;
    }
}

}  // namespace

base::WipingBuffer folded(std::string_view text) {
    base::WipingBuffer result;
    result.reserve(text.size());
    while (!text.empty()) {
        const std::string_view before = text;
        const auto c = base::take_code_point(text);
        if (!c) text.remove_prefix(1);
        const std::string_view bytes = before.substr(0, before.size() - text.size());
        const std::string_view plain = c ? plain_letters(*c) : "";
        if (c && is_combining_accent(*c)) continue;
        if (bytes.size() == 1) {
            result.push_back(base::to_lower(bytes.front()));
        } else {
            base::append(result, plain.empty() ? bytes : plain);
        }
    }
    return result;
}

base::WipingBuffer unleeted(std::string_view folded_text, char one) {
    base::WipingBuffer result(folded_text.begin(), folded_text.end());
    for (char& c : result) c = letter_for(c, one);
    return result;
}

}  // namespace postern::auth
