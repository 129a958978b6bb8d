/// Texts of protocols that mail programs show to people.
#pragma once

#include "config/settings.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace postern::proxy {

/// One reply in every language of the configuration, its codes in front of each. ASCII only: until a client has asked
/// for more (RFC 6855, RFC 6531) a reply is 7 bits wide, so the French is put into words that have no accents.
class LocalisedText {
public:
    /// What breaks these rules does not compile.
    consteval LocalisedText(std::string_view english, std::string_view french) : english_(english), french_(french) {
        const std::string_view code = english.substr(0, end_of_code(english));
        const std::string_view line_end = english.ends_with("\r\n") ? "\r\n" : "";
        if (!is_one_line(english) || !is_one_line(french)) throw "a text is one line of ASCII";
        if (code.empty() || !french.starts_with(code)) throw "the codes differ";
        if (french.ends_with("\r\n") != english.ends_with("\r\n")) throw "the line ends differ";
        if (french.size() <= code.size() + line_end.size()) throw "a text is missing";
    }

    [[nodiscard]] constexpr std::string_view in(config::Language language) const noexcept {
        return language == config::Language::french ? french_ : english_;
    }

private:
    static consteval bool is_one_line(std::string_view text) {
        if (text.ends_with("\r\n")) text.remove_suffix(2);
        return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
    }

    /// Codes are the first words, which have no small letter.
    static consteval std::size_t end_of_code(std::string_view text) {
        std::size_t end = 0;
        for (std::size_t i = 0; i < text.size() && !(text[i] >= 'a' && text[i] <= 'z'); ++i)
            if (text[i] == ' ') end = i + 1;
        return end;
    }

    std::string_view english_;
    std::string_view french_;
};

}  // namespace postern::proxy
