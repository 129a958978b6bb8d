#include "proxy/smtp/extensions.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <utility>

namespace postern::proxy::smtp {
namespace {

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    for (std::size_t at = line.find_first_not_of(' '); at != std::string_view::npos;) {
        const std::size_t end = std::min(line.find(' ', at), line.size());
        words.emplace_back(line.substr(at, end - at));
        at = line.find_first_not_of(' ', end);
    }
    return words;
}

}  // namespace

Extensions::Extensions(const Reply& ehlo) {
    for (std::size_t i = 1; i < ehlo.lines.size(); ++i) {
        std::vector<std::string> words = words_of(ehlo.lines[i]);
        if (!words.empty()) lines_.push_back(std::move(words));
    }
}

bool Extensions::offers(std::string_view keyword) const {
    return std::ranges::any_of(lines_, [&](const auto& words) { return base::iequals(words.front(), keyword); });
}

bool Extensions::offers(std::string_view keyword, std::string_view parameter) const {
    const auto is_parameter = [&](const std::string& word) { return base::iequals(word, parameter); };
    return std::ranges::any_of(lines_, [&](const std::vector<std::string>& words) {
        return base::iequals(words.front(), keyword) && std::any_of(words.begin() + 1, words.end(), is_parameter);
    });
}

}  // namespace postern::proxy::smtp
