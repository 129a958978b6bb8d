#include "proxy/smtp/command_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::proxy::smtp {
namespace {

constexpr char tls_handshake_record = '\x16';  // RFC 8446 section 5.1

/// The methods of RFC 9110 section 9, PATCH, and the preface of HTTP/2. None of them is an SMTP command.
bool is_http_request(std::string_view line) {
    constexpr std::array<std::string_view, 10> methods{"GET",     "HEAD",    "POST",  "PUT",   "DELETE",
                                                       "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI"};
    const std::size_t space = line.find(' ');
    return space != std::string_view::npos && std::ranges::find(methods, line.substr(0, space)) != methods.end();
}

}  // namespace

void CommandReader::receive(std::string_view bytes) {
    drop_given_line();
    if (!fault_) base::append(buffer_, bytes);
}

LineEvent CommandReader::next(LineKind expected) {
    if (fault_) return *fault_;
    drop_given_line();
    const bool is_command = expected == LineKind::command;
    if (is_command && !buffer_.empty() && buffer_.front() == tls_handshake_record) return fail(LineFault::not_smtp);
    for (; scanned_ < buffer_.size(); ++scanned_) {
        const char c = buffer_[scanned_];
        if (c == '\n') return fail(LineFault::bare_line_ending);
        if (c == '\r') {
            if (scanned_ + 1 == buffer_.size()) break;
            if (buffer_[scanned_ + 1] != '\n') return fail(LineFault::bare_line_ending);
            return finish_line(expected, scanned_);
        }
        if (scanned_ == (is_command ? limits_.command : limits_.sasl_response)) return fail(LineFault::too_long);
    }
    return NeedBytes{};
}

LineEvent CommandReader::finish_line(LineKind expected, std::size_t length) {
    const std::string_view text = base::view(buffer_).substr(0, length);
    if (expected == LineKind::command && is_http_request(text)) return fail(LineFault::not_smtp);
    given_ = length + 2;
    return CommandLine{text};
}

LineEvent CommandReader::fail(LineFault fault) {
    fault_ = fault;
    buffer_ = {};
    return fault;
}

void CommandReader::drop_given_line() {
    if (given_ == 0) return;
    if (given_ == buffer_.size()) {
        buffer_ = {};
    } else {
        base::wipe(std::span(buffer_).first(given_));
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(given_));
    }
    given_ = 0;
    scanned_ = 0;
}

base::WipingBuffer CommandReader::take_unread() {
    drop_given_line();
    scanned_ = 0;
    return std::exchange(buffer_, {});
}

}  // namespace postern::proxy::smtp
