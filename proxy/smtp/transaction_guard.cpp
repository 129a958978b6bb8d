#include "proxy/smtp/transaction_guard.hpp"

#include "base/ascii.hpp"
#include "proxy/smtp/path.hpp"
#include "proxy/smtp/replies.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <utility>

namespace postern::proxy::smtp {

namespace {

constexpr std::string_view line_ending = "\r\n";

/// Keywords that invite a client to what he may not do here, or that postern answers for.
constexpr std::array<std::string_view, 10> hidden_keywords{"AUTH", "STARTTLS", "XCLIENT", "XFORWARD", "ETRN",
                                                           "ATRN", "TURN",     "BURL",    "VRFY",     "EXPN"};

std::string_view take_word(std::string_view& text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view each) { return base::iequals(word, each); });
}

/// "250-" or "250 " in front; nullopt: no reply line.
struct ReplyHead {
    unsigned code = 0;
    bool is_last = false;
};
std::optional<ReplyHead> head_of(std::string_view line) {
    constexpr std::size_t code_digits = 3;
    const std::string_view text = line.substr(0, line.size() - line_ending.size());
    if (text.size() < code_digits || !std::ranges::all_of(text.substr(0, code_digits), base::is_digit))
        return std::nullopt;
    ReplyHead head;
    for (const char digit : text.substr(0, code_digits))
        head.code = head.code * 10 + static_cast<unsigned>(digit - '0');
    if (head.code < 200 || head.code > 599) return std::nullopt;
    if (text.size() > code_digits && text[code_digits] != ' ' && text[code_digits] != '-') return std::nullopt;
    head.is_last = text.size() == code_digits || text[code_digits] == ' ';
    return head;
}

}  // namespace

std::string_view TransactionGuard::from_client(std::string_view bytes) {
    start_anew(up_);
    if (mode_ == Mode::over) return {};
    if (held_.empty()) return take(bytes, true);
    held_ += bytes;
    const std::string held = std::exchange(held_, {});
    return take(held, false);
}

/// `may_lend`: what passes unchanged may be handed out as a part of `bytes`.
std::string_view TransactionGuard::take(std::string_view bytes, bool may_lend) {
    while (!bytes.empty() && mode_ != Mode::over) {
        if (awaits_backend()) {
            held_ = bytes;
            break;
        }
        std::string_view passed;
        if (mode_ == Mode::command) {
            bytes.remove_prefix(take_line(bytes));
            continue;
        }
        if (mode_ == Mode::data) {
            const MessageData::Piece piece = data_.take(bytes);
            bytes.remove_prefix(piece.taken);
            passed = piece.text;
            if (piece.has_ended) {
                awaited_.push_back({});
                mode_ = Mode::command;
            }
        } else {
            passed = bytes.substr(0, std::min<std::uint64_t>(chunk_left_, bytes.size()));
            bytes.remove_prefix(passed.size());
            chunk_left_ -= passed.size();
            if (chunk_left_ == 0) mode_ = Mode::command;
        }
        if (may_lend && bytes.empty() && up_.empty()) return passed;
        up_ += passed;
    }
    return up_;
}

/// How many bytes of the line were there; obeys it when it is complete.
std::size_t TransactionGuard::take_line(std::string_view bytes) {
    const std::size_t end = bytes.find('\n');
    const std::size_t taken = end == std::string_view::npos ? bytes.size() : end + 1;
    if (line_.size() + taken > longest_command + line_ending.size()) {
        hang_up(replies::line_too_long);
        return taken;
    }
    line_ += bytes.substr(0, taken);
    // A CR must be followed by the LF that ends the line, and by nothing else.
    const std::size_t carriage_return = line_.find('\r');
    const bool is_whole = end != std::string_view::npos;
    const std::size_t behind = carriage_return == std::string::npos ? 0 : line_.size() - carriage_return;
    const bool is_good = is_whole ? behind == line_ending.size() : behind <= 1;
    if (!is_good) {
        hang_up(replies::bare_line_ending);
    } else if (is_whole) {
        const std::string line = std::exchange(line_, {});
        obey(std::string_view(line).substr(0, carriage_return));
    }
    return taken;
}

void TransactionGuard::obey(std::string_view line) {
    constexpr std::array<std::string_view, 6> harmless{"RSET", "NOOP", "QUIT", "HELP", "VRFY", "EXPN"};
    constexpr std::array<std::string_view, 5> never{"XCLIENT", "XFORWARD", "ETRN", "TURN", "BURL"};
    std::string_view argument = line;
    const std::string_view verb = take_word(argument);
    if (line.contains('\0')) return refuse(replies::unknown_command);
    if (base::iequals(verb, "MAIL")) return obey_mail(line, argument);
    if (base::iequals(verb, "RCPT")) {
        if (!mailbox_of(argument, "TO")) return refuse(replies::bad_path);
        const auto refusal = policy_->refuse_recipient();
        return refusal ? refuse(*refusal) : pass(line);
    }
    if (base::iequals(verb, "DATA")) {
        mode_ = Mode::data_asked;
        return pass(line, Kind::data);
    }
    if (base::iequals(verb, "BDAT")) return obey_chunk(line, argument);
    if (base::iequals(verb, "EHLO") || base::iequals(verb, "HELO")) return pass(line, Kind::hello);
    if (is_one_of(verb, harmless)) return pass(line);
    if (base::iequals(verb, "AUTH")) return refuse(replies::already_authenticated);
    if (base::iequals(verb, "STARTTLS") || is_one_of(verb, never)) return refuse(replies::command_not_here);
    refuse(replies::unknown_command);
}

void TransactionGuard::obey_mail(std::string_view line, std::string_view argument) {
    const auto mailbox = mailbox_of(argument, "FROM");
    if (!mailbox) return refuse(replies::bad_path);
    const auto refusal = policy_->refuse_message(*mailbox);
    return refusal ? refuse(*refusal) : pass(line);
}

/// A size that we read otherwise than the backend would make its octets our commands, or the reverse.
void TransactionGuard::obey_chunk(std::string_view line, std::string_view argument) {
    // Fits 32 bits with a sign. A server that finds a size too long for its numbers may take what follows for commands.
    constexpr std::size_t most_digits = 9;
    if (!takes_chunks_) return hang_up(replies::chunks_not_here);
    const std::string_view size = take_word(argument);
    std::uint64_t octets = 0;
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), octets);
    const bool is_number =
        !size.empty() && size.size() <= most_digits && error == std::errc{} && end == size.data() + size.size();
    const bool is_good = is_number && (argument.empty() || base::iequals(argument, "LAST"));
    // Its octets would follow all the same: there is no telling how many.
    if (!is_good) return hang_up(replies::bad_chunk);
    pass(line);
    chunk_left_ = octets;
    if (octets > 0) mode_ = Mode::chunk;
}

void TransactionGuard::pass(std::string_view line, Kind kind) {
    up_ += line;
    up_ += line_ending;
    awaited_.push_back({.kind = kind, .reply = {}});
}

void TransactionGuard::refuse(std::string_view reply) {
    if (++refused_ > most_refused_commands) return hang_up(replies::too_many_bad_commands);
    up_ += "NOOP\r\n";
    awaited_.push_back({.kind = Kind::replaced, .reply = reply});
}

/// The backend ends the connection, and so the session ends in order.
void TransactionGuard::hang_up(std::string_view reply) {
    ++refused_;
    up_ += "QUIT\r\n";
    awaited_.push_back({.kind = Kind::replaced, .reply = reply});
    mode_ = Mode::over;
    line_ = {};
}

bool TransactionGuard::awaits_backend() const {
    return mode_ == Mode::data_asked || awaited_.size() >= most_replies_awaited;
}

std::string_view TransactionGuard::farewell() const {
    const bool is_between = awaited_.empty() && reply_line_.empty() && (mode_ == Mode::command || mode_ == Mode::over);
    return is_between ? replies::session_ends.in(language_) : std::string_view();
}

std::string_view TransactionGuard::from_backend(std::string_view bytes) {
    start_anew(down_);
    while (!bytes.empty() && !is_broken_) {
        const std::size_t end = bytes.find('\n');
        const std::size_t taken = end == std::string_view::npos ? bytes.size() : end + 1;
        if (reply_line_.size() + taken > longest_reply_line) {
            is_broken_ = true;
            break;
        }
        reply_line_ += bytes.substr(0, taken);
        bytes.remove_prefix(taken);
        if (end == std::string_view::npos) break;
        if (!reply_line_.ends_with(line_ending)) {
            is_broken_ = true;
            break;
        }
        const std::string line = std::exchange(reply_line_, {});
        take_reply_line(line);
    }
    return down_;
}

void TransactionGuard::take_reply_line(std::string_view line) {
    constexpr unsigned closing = 421;
    const auto head = head_of(line);
    if (!head || (awaited_.empty() && head->code != closing)) {
        is_broken_ = true;
        return;
    }
    const Kind kind = awaited_.empty() ? Kind::passed : awaited_.front().kind;
    if (kind == Kind::hello) {
        note_hello_line(line, head->is_last);
    } else if (kind != Kind::replaced || head->code == closing) {
        down_ += line;
    }
    if (head->is_last && !awaited_.empty()) end_reply(head->code);
}

void TransactionGuard::end_reply(unsigned code) {
    constexpr unsigned closing = 421;
    constexpr unsigned go_on = 354;
    const Awaited answered = awaited_.front();
    awaited_.pop_front();
    if (answered.kind == Kind::replaced && code != closing) down_ += answered.reply;
    if (answered.kind == Kind::data && mode_ == Mode::data_asked) {
        mode_ = code == go_on ? Mode::data : Mode::command;
        data_.begin();
    }
}

/// A positive reply to EHLO names extensions from its second line on.
void TransactionGuard::note_hello_line(std::string_view line, bool is_last) {
    constexpr std::size_t head = 4;  // "250-"
    const bool is_first = hello_.empty();
    std::string_view text = line.substr(std::min(head, line.size()));
    text = text.substr(0, text.find('\r'));
    const std::string_view keyword = take_word(text);
    if (is_first) takes_chunks_ = false;
    if (!is_first && base::iequals(keyword, "CHUNKING")) takes_chunks_ = true;
    if (is_first || !is_one_of(keyword, hidden_keywords)) hello_ += line;
    if (hello_.size() > most_ehlo_bytes) is_broken_ = true;
    if (!is_last || is_broken_) return;
    // The last line that is left must say that it is the last.
    const std::size_t start = hello_.rfind('\n', hello_.size() - line_ending.size());
    const std::size_t separator = (start == std::string::npos ? 0 : start + 1) + head - 1;
    if (hello_[separator] == '-') hello_[separator] = ' ';
    down_ += std::exchange(hello_, {});
}

}  // namespace postern::proxy::smtp
