#include "proxy/smtp/message_data.hpp"

#include <cassert>

namespace postern::proxy::smtp {

namespace {

constexpr std::string_view line_ending = "\r\n";

}  // namespace

MessageData::Piece MessageData::take(std::string_view bytes) {
    assert(state_ != State::ended);
    if (!text_.empty()) text_ = {};  // an idle session keeps no room of what it once moved
    std::size_t taken = 0;
    std::size_t untouched = 0;  // as long as nothing had to change, the text is the bytes themselves
    bool is_untouched = true;
    while (taken < bytes.size() && state_ != State::ended) {
        if (const std::size_t clean = skip_clean_text(bytes.substr(taken)); clean > 0) {
            if (is_untouched) {
                untouched += clean;
            } else {
                text_ += bytes.substr(taken, clean);
            }
            taken += clean;
            continue;
        }
        step(bytes[taken]);
        const bool is_same = is_untouched && std::string_view(text_) == bytes.substr(taken, 1);
        if (is_same) {
            text_.clear();
            ++untouched;
        } else if (is_untouched) {
            is_untouched = false;
            text_.insert(0, bytes.substr(0, untouched));
        }
        ++taken;
    }
    return {.taken = taken,
            .text = is_untouched ? bytes.substr(0, untouched) : std::string_view(text_),
            .has_ended = state_ == State::ended};
}

/// How many bytes in front pass as they are without a look at each: whole lines, and the text of the one behind them.
std::size_t MessageData::skip_clean_text(std::string_view bytes) {
    std::size_t clean = 0;
    while (clean < bytes.size() && (state_ == State::line_start || state_ == State::text)) {
        const std::string_view rest = bytes.substr(clean);
        if (state_ == State::line_start && rest.front() == '.') break;
        const std::string_view line = rest.substr(0, rest.find('\r'));
        const std::size_t line_feed = line.find('\n');
        if (line_feed == std::string_view::npos && rest.substr(line.size()).starts_with(line_ending)) {
            clean += line.size() + line_ending.size();
            state_ = State::line_start;
            continue;
        }
        const std::size_t text = line.substr(0, line_feed).size();
        if (text > 0) state_ = State::text;
        clean += text;
        break;
    }
    return clean;
}

void MessageData::step(char c) {
    switch (state_) {
        case State::line_start:
            if (c == '.') {
                state_ = State::dot;
                return pass(c);
            }
            return begin_soft_line(c);  // without a dot in front the two are the same
        case State::soft_line_start:
            return begin_soft_line(c);
        case State::text:
            if (c == '\n') {
                state_ = State::soft_line_start;
                text_ += line_ending;
                return;
            }
            state_ = c == '\r' ? State::carriage_return : State::text;
            return pass(c);
        case State::carriage_return:
            if (c == '\n') {
                state_ = State::line_start;
                return pass(c);
            }
            pass('\n');
            return begin_soft_line(c);
        case State::dot:
            if (c == '\r') {
                state_ = State::dot_return;
                return;
            }
            if (c == '\n') {
                state_ = State::soft_line_start;
                text_ += ".\r\n";
                return;
            }
            state_ = State::text;
            return pass(c);
        case State::dot_return:
            if (c == '\n') {
                state_ = State::ended;
                text_ += line_ending;
                return;
            }
            text_ += ".\r\n";
            return begin_soft_line(c);
        case State::ended:
            return;
    }
}

void MessageData::begin_soft_line(char c) {
    if (c == '\n') {
        state_ = State::soft_line_start;
        text_ += line_ending;
        return;
    }
    if (c == '.') pass('.');
    state_ = c == '\r' ? State::carriage_return : State::text;
    pass(c);
}

}  // namespace postern::proxy::smtp
