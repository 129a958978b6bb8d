#include "proxy/smtp/extensions.hpp"

#include "base/ascii.hpp"
#include "proxy/backend_login.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
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

/// "SIZE", "SIZE 0" and "SIZE 10240000"; nullopt: anything else.
std::optional<std::uint64_t> size_of(const std::vector<std::string>& words) {
    if (words.size() == 1) return 0;
    const std::string& number = words[1];
    std::uint64_t octets = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), octets);
    if (end != number.data() + number.size()) return std::nullopt;
    return error == std::errc::result_out_of_range ? Capabilities::largest_limit : octets;
}

void note(const std::vector<std::string>& words, Capabilities& known) {
    if (base::iequals(words.front(), "SIZE")) {
        const auto octets = size_of(words);
        if (!octets) return;
        known.add(Capability::size);
        known.limit_messages(*octets);
    }
    for (const auto& [keyword, capability] : carried_extensions)
        if (base::iequals(words.front(), keyword)) known.add(capability);
}

std::string line_of(const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
    return printable(line);
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

ServerCapabilities server_capabilities(const Extensions& extensions) {
    ServerCapabilities found;
    for (const std::vector<std::string>& words : extensions.lines()) {
        note(words, found.known);
        if (found.list.size() < most_extensions_listed) found.list.push_back(line_of(words));
    }
    return found;
}

}  // namespace postern::proxy::smtp
