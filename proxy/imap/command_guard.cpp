#include "proxy/imap/command_guard.hpp"

#include "base/ascii.hpp"
#include "proxy/imap/capabilities.hpp"
#include "proxy/imap/replies.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

namespace postern::proxy::imap {

namespace {

constexpr std::array<std::string_view, 5> kept_back{"UNAUTHENTICATE", "LOGIN", "AUTHENTICATE", "STARTTLS", "COMPRESS"};

/// Untagged CAPABILITY: RFC 9051 section 7.2.2.
constexpr std::string_view list_begin = "* CAPABILITY ";

bool is_compress(std::string_view word) {
    return base::iequals(word, "COMPRESS");
}

constexpr std::uint64_t largest_literal = 2'000'000'000;

bool is_space(char c) {
    return c == ' ' || c == '\t';
}

/// A response to the command with this tag.
bool is_tagged(std::string_view response, std::string_view tag) {
    return response.starts_with(tag) && response.substr(tag.size()).starts_with(' ');
}

struct LiteralMark {
    std::uint64_t size = 0;
    bool is_synchronising = true;
    bool begins_argument = false;  ///< as RFC 9051 wants it; within a word servers differ
};

/// RFC 9051 section 4.3, RFC 7888: "{size}" or "{size+}" before the line ending.
std::optional<LiteralMark> literal_mark(std::string_view line) {
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (!line.ends_with('}')) return std::nullopt;
    line.remove_suffix(1);
    LiteralMark mark;
    if (line.ends_with('+')) {
        mark.is_synchronising = false;
        line.remove_suffix(1);
    }
    const auto brace = line.rfind('{');
    if (brace == std::string_view::npos) return std::nullopt;
    const std::string_view digits = line.substr(brace + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), mark.size);
    if (digits.empty() || end != digits.data() + digits.size()) return std::nullopt;
    if (error == std::errc::result_out_of_range) mark.size = std::numeric_limits<std::uint64_t>::max();
    mark.begins_argument = brace > 0 && std::string_view(" (~").contains(line[brace - 1]);
    return mark;
}

}  // namespace

std::size_t CommandGuard::Framing::take(std::string_view bytes) {
    if (literal_left > 0) {
        const std::size_t taken = static_cast<std::size_t>(std::min<std::uint64_t>(literal_left, bytes.size()));
        literal_left -= taken;
        return taken;
    }
    const std::size_t end = bytes.find('\n');
    const std::size_t taken = end == std::string_view::npos ? bytes.size() : end + 1;
    is_line_start = false;
    const std::string_view line = bytes.substr(0, taken);
    if (minds_quotes) follow_quotes(line);
    const bool is_whole = end != std::string_view::npos;
    if (!is_whole || !line_end.text().empty()) line_end.append(line);
    if (is_whole) end_line(line_end.text().empty() ? LineEnd::of(line) : line_end.text());
    return taken;
}

void CommandGuard::LineEnd::append(std::string_view bytes) {
    bytes = of(bytes);
    const std::size_t kept = std::min<std::size_t>(size_, longest - bytes.size());
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(size_ - kept), kept, bytes_.begin());
    std::ranges::copy(bytes, bytes_.begin() + static_cast<std::ptrdiff_t>(kept));
    size_ = static_cast<std::uint8_t>(kept + bytes.size());
}

void CommandGuard::Framing::follow_quotes(std::string_view bytes) {
    for (const char c : bytes) {
        const bool was_escaped = std::exchange(is_escaped, is_quoted && !is_escaped && c == '\\');
        if (c == '"' && !was_escaped) is_quoted = !is_quoted;
    }
}

void CommandGuard::Framing::end_line(std::string_view line) {
    const auto mark = literal_mark(line);
    // A server that finds a size too long for its numbers may take what follows for commands, unless it is asked first.
    const bool is_too_large = mark && !mark->is_synchronising && mark->size > largest_literal;
    is_ambiguous = mark && (is_quoted || !mark->begins_argument || is_too_large);
    is_quoted = false;
    is_escaped = false;
    line_end.clear();
    is_line_start = true;
    is_continued = mark.has_value();
    literal_left = mark ? mark->size : 0;
    is_synchronising = mark && mark->is_synchronising;
}

CommandGuard::Kept& CommandGuard::keep() {
    if (!kept_) kept_ = std::make_unique<Kept>();
    return *kept_;
}

/// An idle session keeps no room for what it hardly ever needs.
void CommandGuard::give_back_room() {
    if (kept_ && kept_->from_client.empty() && kept_->list.empty() && kept_->response_head.empty()) kept_.reset();
}

std::string_view CommandGuard::from_client(std::string_view bytes) {
    start_anew(up_);
    if (is_broken_) return {};
    if (!kept_ || kept_->from_client.empty()) return is_blind_ ? bytes : take(bytes, true);
    std::string held = std::exchange(kept_->from_client, {});
    held += bytes;
    if (is_blind_)
        up_ = std::move(held);
    else
        std::ignore = take(held, false);
    give_back_room();
    return up_;
}

/// `may_lend`: what passes unchanged may be handed out as a part of `bytes`.
std::string_view CommandGuard::take(std::string_view bytes, bool may_lend) {
    while (!bytes.empty()) {
        if (awaits_backend()) {
            keep().from_client = bytes;
            break;
        }
        if (is_in_head_ && client_.literal_left == 0) {
            bytes.remove_prefix(take_head(bytes));
            continue;
        }
        const bool was_literal = client_.literal_left > 0;
        const std::size_t taken = client_.take(bytes);
        const std::string_view passed = bytes.substr(0, taken);
        bytes.remove_prefix(taken);
        if (!was_literal && client_.is_line_start) {
            end_client_line();
            if (is_broken_) break;  // the line that could mean two things does not end for the backend
        }
        if (may_lend && bytes.empty() && up_.empty()) return passed;
        up_ += passed;
    }
    return up_;
}

void CommandGuard::end_client_line() {
    const bool is_unasked = client_.is_continued && !client_.is_synchronising && !takes_literals_at_once_;
    // What is compressed is named by an atom. With a literal there would be two words of the backend to wait for.
    const bool is_odd = asks_to_compress_ && client_.is_continued;
    is_broken_ = client_.is_ambiguous || is_unasked || is_odd;
    is_in_head_ = !client_.is_continued;
    awaits_go_ahead_ = client_.is_synchronising;
    awaits_compression_ = std::exchange(asks_to_compress_, false);
}

/// Holds a command back until its first two words are there; how many bytes belong to them.
std::size_t CommandGuard::take_head(std::string_view bytes) {
    if (std::exchange(is_head_judged_, false)) start_anew(head_);
    for (std::size_t taken = 0; taken < bytes.size(); ++taken) {
        const char c = bytes[taken];
        const bool ends_line = c == '\n' || c == '\r';
        if (ends_line || (is_space(c) && command_begin() < head_.size()) || head_.size() == longest_head) {
            judge_head();
            return taken;
        }
        head_ += c;
    }
    return bytes.size();
}

/// Where the second word begins, or would.
std::size_t CommandGuard::command_begin() const {
    const auto skip = [this](std::size_t at, bool spaces) {
        while (at < head_.size() && is_space(head_[at]) == spaces) ++at;
        return at;
    };
    const std::size_t tag_end = skip(skip(0, true), false);
    return skip(tag_end, true);
}

/// Of the command under way.
std::string_view CommandGuard::tag() const {
    return std::string_view(head_).substr(0, head_.find_first_of(" \t"));
}

void CommandGuard::judge_head() {
    const std::size_t begin = command_begin();
    const std::string_view word = std::string_view(head_).substr(begin);
    const bool is_kept =
        std::ranges::any_of(kept_back, [&](std::string_view each) { return base::iequals(word, each); });
    // The backend's answer is known by its tag, so there must be one and nothing in front of it.
    asks_to_compress_ =
        compress_ == config::Compression::pass && is_compress(word) && !tag().empty() && begin == tag().size() + 1;
    if (is_kept && !asks_to_compress_) {
        head_[begin] = 'X';
        ++refused_;
    }
    std::ignore = client_.take(head_);
    up_ += head_;
    is_head_judged_ = true;
    is_in_head_ = false;
}

std::string_view CommandGuard::from_backend(std::string_view bytes) {
    start_anew(down_);
    const std::string_view text = sort_out(bytes);
    give_back_room();
    return text;
}

std::string_view CommandGuard::sort_out(std::string_view bytes) {
    std::string_view rest = bytes;
    bool may_lend = list().empty();
    while (!rest.empty() && !is_blind_ && !is_broken_) {
        const bool is_response_start = backend_.literal_left == 0 && !backend_.is_continued;
        const bool was_start = backend_.is_line_start;
        const std::size_t taken = backend_.take(rest);
        const std::string_view piece = rest.substr(0, taken);
        if (awaits_backend() && is_response_start) look_at_response(piece, was_start);
        if (is_response_start && (was_start || !list().empty()) && may_be_list(piece)) {
            if (std::exchange(may_lend, false)) down_ = bytes.substr(0, bytes.size() - rest.size());
            take_list(piece);
        } else if (!may_lend) {
            if (!list().empty()) down_ += std::exchange(kept_->list, {});
            down_ += piece;
        }
        rest.remove_prefix(taken);
    }
    if (may_lend) return bytes;
    if (!is_broken_) down_ += rest;
    return down_;
}

/// Of the line that has begun with `list`.
bool CommandGuard::may_be_list(std::string_view bytes) const {
    // Most lines are told apart by one letter: behind "* " stands a number.
    constexpr std::size_t telling = 2;
    const std::string_view begun = list();
    if (begun.empty() && bytes.size() > telling && bytes[telling] != 'C' && bytes[telling] != 'c') return false;
    if (begun.size() >= list_begin.size()) return true;
    const std::string_view expected = list_begin.substr(begun.size());
    const std::size_t size = std::min(bytes.size(), expected.size());
    return base::iequals(bytes.substr(0, size), expected.substr(0, size));
}

/// Holds a list back until it is whole.
void CommandGuard::take_list(std::string_view bytes) {
    std::string& whole = keep().list;
    whole += bytes;
    is_broken_ = whole.size() > longest_list || backend_.is_continued;
    if (is_broken_ || !backend_.is_line_start) return;
    std::string_view list = std::string_view(whole).substr(list_begin.size());
    list = list.substr(0, list.find_first_of("\r\n"));
    down_.append(list_begin).append(capabilities_after_login(list, compress_)).append("\r\n");
    whole = {};
}

/// "+ go ahead": the literal follows. The command's own tag: it was refused, and a command follows.
void CommandGuard::look_at_response(std::string_view bytes, bool is_first) {
    if (!is_first && (!kept_ || kept_->response_head.empty())) return;  // the client did not wait when it began
    std::string& head = keep().response_head;
    head += bytes.substr(0, std::min(bytes.size(), longest_head + 1 - head.size()));
    if (awaits_compression_) return look_for_compression(head);
    const bool is_whole = head.ends_with('\n') || head.size() > longest_head;
    const bool goes_ahead = head.starts_with('+');
    if (goes_ahead || (is_whole && is_tagged(head, tag()))) {
        awaits_go_ahead_ = false;
        client_.is_synchronising = false;
        if (!goes_ahead) {
            client_.literal_left = 0;
            client_.is_continued = false;
            is_in_head_ = true;
        }
    }
    if (backend_.is_line_start) head.clear();
}

/// RFC 4978 section 3: behind the end of the line that says OK everything is compressed. A client that has given the
/// tag to another command as well may blind us early; he gains nothing, for he could have done so by compressing.
void CommandGuard::look_for_compression(std::string& head) {
    if (!backend_.is_line_start) return;
    if (is_tagged(head, tag())) {
        const std::string_view answer = std::string_view(head).substr(tag().size() + 1);
        awaits_compression_ = false;
        is_blind_ = base::iequals(answer.substr(0, 2), "OK") && answer.find_first_of(" \r\n") == 2;
    }
    head.clear();
}

std::string_view CommandGuard::farewell() const {
    const bool is_between =
        !is_blind_ && backend_.is_line_start && !backend_.is_continued && backend_.literal_left == 0;
    return is_between ? replies::session_ends.in(language_) : std::string_view();
}

}  // namespace postern::proxy::imap
