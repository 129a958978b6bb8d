#include "proxy/imap/arguments.hpp"

#include "base/ascii.hpp"
#include "proxy/imap/grammar.hpp"

#include <algorithm>

namespace postern::proxy::imap {
namespace {

constexpr std::size_t max_id_pairs = 30;
constexpr std::size_t max_id_name = 30;
constexpr std::size_t max_id_value = 1024;

bool take_id_name(ArgumentReader& reader) {
    const std::optional<base::WipingBuffer> name = reader.string();
    return name && name->size() <= max_id_name;
}

bool take_id_value(ArgumentReader& reader) {
    if (!reader.rest().starts_with('"') && !reader.rest().starts_with('{')) {
        const std::optional<std::string_view> atom = reader.atom();
        return atom && base::iequals(*atom, "NIL");
    }
    const std::optional<base::WipingBuffer> value = reader.string();
    return value && value->size() <= max_id_value;
}

}  // namespace

bool ArgumentReader::take(char expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(1);
    return true;
}

std::optional<std::string_view> ArgumentReader::atom() {
    const std::string_view atom = take_while(is_atom_char);
    if (atom.empty()) return std::nullopt;
    return atom;
}

std::optional<base::WipingBuffer> ArgumentReader::string() {
    if (rest_.starts_with('"')) return quoted();
    return literal();
}

std::optional<base::WipingBuffer> ArgumentReader::astring() {
    if (rest_.starts_with('"') || rest_.starts_with('{')) return string();
    const std::string_view atom = take_while(is_astring_char);
    if (atom.empty()) return std::nullopt;
    return base::WipingBuffer(atom.begin(), atom.end());
}

std::string_view ArgumentReader::take_while(bool (*belongs)(char)) {
    std::size_t length = 0;
    while (length < rest_.size() && belongs(rest_[length])) ++length;
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
}

std::optional<base::WipingBuffer> ArgumentReader::quoted() {
    base::WipingBuffer text;
    text.reserve(std::min(rest_.find('"', 1), rest_.size()));
    for (std::size_t at = 1; at < rest_.size(); ++at) {
        char c = rest_[at];
        if (c == '"') {
            rest_.remove_prefix(at + 1);
            return text;
        }
        if (c == '\r' || c == '\n') return std::nullopt;
        if (c == '\\') {
            if (++at == rest_.size()) return std::nullopt;
            c = rest_[at];
            if (c != '"' && c != '\\') return std::nullopt;
        }
        text.push_back(c);
    }
    return std::nullopt;
}

std::optional<base::WipingBuffer> ArgumentReader::literal() {
    const std::size_t line_end = rest_.find("\r\n");
    if (!rest_.starts_with('{') || line_end == std::string_view::npos) return std::nullopt;
    const std::optional<LiteralHead> head = literal_announced_by(rest_.substr(0, line_end));
    if (!head || head->text_length != line_end) return std::nullopt;
    rest_.remove_prefix(line_end + 2);
    if (head->bytes > rest_.size()) return std::nullopt;
    const std::string_view bytes = rest_.substr(0, head->bytes);
    rest_.remove_prefix(head->bytes);
    return base::WipingBuffer(bytes.begin(), bytes.end());
}

bool is_id_argument(std::string_view text) {
    if (base::iequals(text, "NIL")) return true;
    ArgumentReader reader(text);
    if (!reader.take('(')) return false;
    if (reader.take(')')) return reader.at_end();
    for (std::size_t pairs = 1; pairs <= max_id_pairs; ++pairs) {
        if (!take_id_name(reader) || !reader.take(' ') || !take_id_value(reader)) return false;
        if (reader.take(')')) return reader.at_end();
        if (!reader.take(' ')) return false;
    }
    return false;
}

bool is_enable_argument(std::string_view text) {
    ArgumentReader reader(text);
    do {
        if (!reader.atom()) return false;
    } while (reader.take(' '));
    return reader.at_end();
}

}  // namespace postern::proxy::imap
