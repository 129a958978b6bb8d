#include "proxy/smtp/reply_reader.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <utility>

namespace postern::proxy::smtp {
namespace {

constexpr std::size_t code_digits = 3;

/// Reply-code of RFC 5321 section 4.2; 0 for anything else.
unsigned code_of(std::string_view line) {
    if (line.size() < code_digits || line[0] < '2' || line[0] > '5') return 0;
    unsigned code = 0;
    for (const char digit : line.substr(0, code_digits)) {
        if (!base::is_digit(digit)) return 0;
        code = code * 10 + static_cast<unsigned>(digit - '0');
    }
    return code;
}

}  // namespace

std::string_view describe(ReplyFault fault) {
    switch (fault) {
        case ReplyFault::line_too_long:
            return "reply line too long";
        case ReplyFault::too_many_lines:
            return "too many lines in a reply";
        case ReplyFault::malformed:
            return "malformed reply";
    }
    std::unreachable();
}

void ReplyReader::receive(std::string_view bytes) {
    if (!fault_) buffer_ += bytes;
}

ReplyEvent ReplyReader::next() {
    while (!fault_) {
        const std::optional<std::size_t> length = find_line_end();
        if (!length) break;
        const bool complete = add_line(std::string_view(buffer_).substr(0, *length));
        buffer_.erase(0, *length + 2);
        scanned_ = 0;
        if (complete) return std::exchange(reply_, {});
    }
    if (fault_) return *fault_;
    return NoReplyYet{};
}

std::optional<std::size_t> ReplyReader::find_line_end() {
    for (; scanned_ < buffer_.size(); ++scanned_) {
        if (scanned_ + 2 > longest_reply_line) {
            fault_ = ReplyFault::line_too_long;
            return std::nullopt;
        }
        if (buffer_[scanned_] == '\r') {
            if (scanned_ + 1 == buffer_.size()) return std::nullopt;
            if (buffer_[scanned_ + 1] == '\n') return scanned_;
        }
        if (buffer_[scanned_] == '\r' || buffer_[scanned_] == '\n') {
            fault_ = ReplyFault::malformed;
            return std::nullopt;
        }
    }
    return std::nullopt;
}

bool ReplyReader::add_line(std::string_view line) {
    const unsigned code = code_of(line);
    const bool same_code = reply_.lines.empty() || code == reply_.code;
    const char separator = line.size() > code_digits ? line[code_digits] : ' ';
    if (code == 0 || !same_code || (separator != ' ' && separator != '-')) {
        fault_ = ReplyFault::malformed;
        return false;
    }
    if (reply_.lines.size() == most_reply_lines) {
        fault_ = ReplyFault::too_many_lines;
        return false;
    }
    reply_.code = code;
    reply_.lines.emplace_back(line.substr(std::min(line.size(), code_digits + 1)));
    return separator == ' ';
}

std::string ReplyReader::take_unread() {
    scanned_ = 0;
    return std::exchange(buffer_, {});
}

}  // namespace postern::proxy::smtp
