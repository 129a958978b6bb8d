#include "proxy/imap/command_reader.hpp"

#include "proxy/imap/grammar.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace postern::proxy::imap {
namespace {

constexpr char tls_handshake_record = '\x16';  // RFC 8446 section 5.1; no tag begins with it

/// `<method> <target> HTTP/<version>`. "GET" alone is a legal tag, so only the whole shape counts.
bool is_http_request(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view method = take_word(line);
    const std::string_view target = take_word(line);
    return !method.empty() && !target.empty() && line.starts_with("HTTP/") && line.size() > 5 &&
           base::is_digit(line[5]);
}

CommandEvent parse(std::string_view text, std::size_t longest_tag, std::optional<CommandFault> fault) {
    const std::string_view tag = take_word(text);
    // A word that stands alone is not repeated as a tag: it may be the rest of a broken SASL exchange, so a password.
    const bool may_repeat_tag = is_tag(tag) && tag.size() <= longest_tag && !text.empty();
    if (!may_repeat_tag) return BadCommand{{}, fault.value_or(CommandFault::syntax)};
    const std::string_view name = take_word(text);
    if (!is_atom(name)) fault = fault.value_or(CommandFault::syntax);
    if (fault) return BadCommand{tag, *fault};
    return Command{tag, name, text};
}

}  // namespace

void CommandReader::receive(std::string_view bytes) {
    if (unusable_) return;
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(start_));
    position_ -= start_;
    start_ = 0;
    base::append(buffer_, bytes);
}

CommandEvent CommandReader::next() {
    for (;;) {
        if (unusable_) return Unusable{*unusable_};
        if (position_ >= buffer_.size()) return NeedBytes{};
        const bool first_line = position_ == start_;
        if (first_line && buffer_[start_] == tls_handshake_record) return give_up(StreamFault::not_imap);
        const std::size_t line_start = position_;
        const std::expected<Line, CommandEvent> line = take_line(std::min(limits_.line, room()));
        if (!line) return line.error();
        if (first_line && is_http_request(line->text)) return give_up(StreamFault::not_imap);
        if (!line->ends_in_crlf || line->text.contains('\r')) fault_ = CommandFault::line_end;
        const std::optional<LiteralHead> literal = literal_announced_by(line->text);
        if (!literal) return finish(line_start + line->text.size());
        if (std::optional<CommandEvent> event = take_literal(*literal, line->ends_in_crlf)) return *event;
    }
}

CommandEvent CommandReader::next_sasl_response() {
    assert(position_ == start_);
    if (unusable_) return Unusable{*unusable_};
    const std::expected<Line, CommandEvent> line = take_line(limits_.sasl_response);
    if (!line) return line.error();
    start_ = position_;
    if (!line->ends_in_crlf) return BadCommand{{}, CommandFault::line_end};
    return SaslResponse{line->text};
}

base::WipingBuffer CommandReader::take_rest() {
    base::WipingBuffer rest(buffer_.begin() + static_cast<std::ptrdiff_t>(start_), buffer_.end());
    buffer_.clear();
    start_ = position_ = 0;
    return rest;
}

std::expected<CommandReader::Line, CommandEvent> CommandReader::take_line(std::size_t longest) {
    const std::string_view rest = base::view(buffer_).substr(position_, longest + 2);
    const std::size_t line_feed = rest.find('\n');
    if (line_feed == std::string_view::npos) {
        if (rest.size() == longest + 2) return std::unexpected(give_up(StreamFault::too_long));
        return std::unexpected(NeedBytes{});
    }
    position_ += line_feed + 1;
    const bool ends_in_crlf = line_feed > 0 && rest[line_feed - 1] == '\r';
    return Line{rest.substr(0, ends_in_crlf ? line_feed - 1 : line_feed), ends_in_crlf};
}

std::optional<CommandEvent> CommandReader::take_literal(const LiteralHead& literal, bool announced_with_crlf) {
    const bool too_long = literal.bytes > std::min(limits_.literal, room());
    if (literal.synchronising) {
        if ((too_long || !limits_.asks_for_literals) && !fault_) fault_ = CommandFault::literal_too_long;
        if (fault_) return finish(position_);
        position_ += literal.bytes;
        return SendContinuation{};
    }
    if (!announced_with_crlf) return give_up(StreamFault::out_of_step);
    if (too_long) return give_up(StreamFault::too_long);
    position_ += literal.bytes;
    return std::nullopt;
}

/// How much longer the command may become. The line end of its last part may have taken it two bytes over the limit.
std::size_t CommandReader::room() const noexcept {
    return limits_.command - std::min(limits_.command, position_ - start_);
}

CommandEvent CommandReader::finish(std::size_t end) {
    const std::string_view text = base::view(buffer_).substr(start_, end - start_);
    start_ = position_;
    std::optional<CommandFault> fault = std::exchange(fault_, std::nullopt);
    if (!fault && text.contains('\0')) fault = CommandFault::syntax;
    return parse(text, limits_.tag, fault);
}

CommandEvent CommandReader::give_up(StreamFault fault) {
    unusable_ = fault;
    base::WipingBuffer().swap(buffer_);
    start_ = position_ = 0;
    return Unusable{fault};
}

}  // namespace postern::proxy::imap
