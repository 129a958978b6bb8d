#include "proxy/imap/response_reader.hpp"

#include "proxy/imap/grammar.hpp"
#include "proxy/imap/status_text.hpp"

#include <algorithm>
#include <utility>

namespace postern::proxy::imap {
namespace {

std::optional<Response> parse(std::string_view line) {
    if (line == "+") return Response{Response::Kind::continuation, {}, {}};
    const std::string_view first = take_word(line);
    if (first == "+") return Response{Response::Kind::continuation, {}, line};
    if (line.empty()) return std::nullopt;
    if (first == "*") return Response{Response::Kind::untagged, {}, line};
    if (!is_tag(first)) return std::nullopt;
    return Response{Response::Kind::tagged, std::string(first), line};
}

bool may_hold_literals(std::string_view first_line) {
    return first_line.starts_with("* ") && !parse_status_text(first_line.substr(2));
}

}  // namespace

std::string_view describe(ResponseFault fault) {
    switch (fault) {
        case ResponseFault::too_long:
            return "a line or literal is too long";
        case ResponseFault::too_many_lines:
            return "too many lines before the login is answered";
        case ResponseFault::malformed:
            return "a line is no IMAP response";
    }
    std::unreachable();
}

void ResponseReader::receive(std::string_view bytes) {
    if (!fault_) buffer_.append(bytes);
}

ResponseEvent ResponseReader::next() {
    for (;;) {
        if (fault_) return *fault_;
        const std::size_t skipped = std::min(literal_bytes_left_, buffer_.size());
        buffer_.erase(0, skipped);
        literal_bytes_left_ -= skipped;
        if (literal_bytes_left_ > 0) return NeedResponseBytes{};

        const std::size_t line_feed = std::string_view(buffer_).substr(0, limits_.line + 2).find('\n');
        if (line_feed == std::string::npos) {
            if (buffer_.size() >= limits_.line + 2) return fail(ResponseFault::too_long);
            return NeedResponseBytes{};
        }
        if (line_feed == 0 || buffer_[line_feed - 1] != '\r') return fail(ResponseFault::malformed);
        if (++lines_ > limits_.lines) return fail(ResponseFault::too_many_lines);
        const std::string line = buffer_.substr(0, line_feed - 1);
        buffer_.erase(0, line_feed + 1);
        if (std::optional<ResponseEvent> event = take_line(line)) return std::move(*event);
    }
}

std::optional<ResponseEvent> ResponseReader::take_line(std::string_view line) {
    if (!in_response_) first_line_ = line;
    if (in_response_ || may_hold_literals(line)) {
        const std::optional<LiteralHead> literal = literal_announced_by(line);
        if (literal && literal->synchronising) {
            if (literal->bytes > limits_.literal) return fail(ResponseFault::too_long);
            literal_bytes_left_ = literal->bytes;
            in_response_ = true;
            return std::nullopt;
        }
    }
    in_response_ = false;
    std::optional<Response> response = parse(first_line_);
    if (!response) return fail(ResponseFault::malformed);
    return std::move(*response);
}

std::string ResponseReader::take_rest() {
    return std::exchange(buffer_, {});
}

ResponseEvent ResponseReader::fail(ResponseFault fault) {
    fault_ = fault;
    buffer_.clear();
    return fault;
}

}  // namespace postern::proxy::imap
