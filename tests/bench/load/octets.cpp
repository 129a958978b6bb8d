#include "tests/bench/load/octets.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace postern::bench {
namespace {

constexpr std::size_t filler_lines = 256UL * 1024 / filler_line;
constexpr std::size_t longest_line = 64UL * 1024;

std::string lines_of_letters() {
    std::string text;
    for (std::size_t i = 0; i < filler_lines; ++i) text += std::string(filler_line - 2, 'x') + "\r\n";
    return text;
}

}  // namespace

std::string_view filler(std::uint64_t at, std::uint64_t octets) {
    static const std::string text = lines_of_letters();
    return std::string_view(text).substr(at % text.size(), octets);
}

std::uint64_t skip(std::string_view& octets, std::uint64_t count) {
    const std::uint64_t taken = std::min<std::uint64_t>(octets.size(), count);
    octets.remove_prefix(taken);
    return taken;
}

std::uint64_t number_at(std::string_view text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::string upper(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return result;
}

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c < ' ' ? ' ' : c;
    }
    return result + '"';
}

std::optional<Literal> literal_at_end(std::string_view line) {
    if (!line.ends_with('}')) return std::nullopt;
    const std::size_t brace = line.rfind('{');
    if (brace == std::string_view::npos) return std::nullopt;
    return Literal{number_at(line.substr(brace + 1)), !line.ends_with("+}")};
}

std::optional<std::string_view> LineReader::next(std::string_view& octets) {
    if (is_complete_) line_.clear();
    is_complete_ = false;
    const std::size_t end = octets.find('\n');
    const std::size_t taken = end == std::string_view::npos ? octets.size() : end + 1;
    if (line_.size() + taken > longest_line) throw std::runtime_error("a line without end");
    line_ += octets.substr(0, taken);
    octets.remove_prefix(taken);
    if (end == std::string_view::npos) return std::nullopt;
    is_complete_ = true;
    std::string_view line(line_);
    line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
    return line;
}

}  // namespace postern::bench
