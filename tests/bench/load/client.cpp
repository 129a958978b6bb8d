#include "tests/bench/load/client.hpp"

#include <utility>
#include <vector>

namespace postern::bench {
namespace {

constexpr std::size_t read_octets = 256UL * 1024;

}  // namespace

Client::Client(Stream stream, Protocol protocol, std::unique_ptr<Plan> plan)
    : stream_(std::move(stream)), protocol_(protocol), plan_(std::move(plan)) {
    advance();
}

void Client::resume() {
    is_holding_ = false;
    advance();
}

void Client::advance() {
    Next next = plan_->next(std::exchange(octets_, 0));
    is_holding_ = std::holds_alternative<Hold>(next);
    is_through_ = std::holds_alternative<End>(next);
    sent_ = 0;
    step_ = std::holds_alternative<Step>(next) ? std::get<Step>(std::move(next)) : Step{};
}

bool Client::on_ready() {
    const bool is_alive = converse();
    if (is_alive) return true;
    if (!is_through_) plan_->fail(failure_.empty() ? "the connection was closed" : failure_);
    plan_->over(stream_.is_resumed());
    return false;
}

bool Client::converse() {
    thread_local std::vector<char> buffer(read_octets);
    while (true) {
        if (!flush()) return false;
        const auto [outcome, octets] = stream_.read(buffer);
        if (outcome == Stream::Outcome::closed) return false;
        // What could not be sent must still be waited for when reading waits as well.
        if (outcome == Stream::Outcome::would_block) return flush();
        take({buffer.data(), octets});
        if (is_through_ || !failure_.empty()) return false;
    }
}

bool Client::flush() {
    const std::uint64_t filled = step_.text.size() + step_.filler;
    const std::uint64_t all = filled + step_.end.size();
    while (sent_ < all) {
        std::string_view piece;
        if (sent_ < step_.text.size()) {
            piece = std::string_view(step_.text).substr(sent_);
        } else if (sent_ < filled) {
            piece = filler(sent_ - step_.text.size(), filled - sent_);
        } else {
            piece = std::string_view(step_.end).substr(sent_ - filled);
        }
        const auto [outcome, octets] = stream_.write(piece);
        if (outcome == Stream::Outcome::closed) return false;
        if (outcome == Stream::Outcome::would_block) return true;
        sent_ += octets;
    }
    return true;
}

void Client::take(std::string_view octets) {
    while (!octets.empty() && failure_.empty() && !is_through_) {
        if (literal_left_ > 0) {
            const std::uint64_t taken = skip(octets, literal_left_);
            literal_left_ -= taken;
            octets_ += taken;
            if (literal_left_ == 0 && std::exchange(ends_with_body_, false)) advance();
            is_through_ = is_through_ || (closes_ && literal_left_ == 0);
            continue;
        }
        const auto line = lines_.next(octets);
        if (!line) continue;
        const Verdict verdict = judge(*line);
        if (verdict == Verdict::bad) failure_ = "asked for " + step_.good + ", got " + std::string(*line);
        if (verdict != Verdict::good) continue;
        plan_->answered(*line);
        advance();
    }
}

Client::Verdict Client::judge(std::string_view line) {
    if (protocol_ == Protocol::imap) return judge_imap(line);
    if (protocol_ == Protocol::http) return judge_http(line);
    if (line.size() > 3 && line[3] == '-') return Verdict::go_on;
    return line.starts_with(step_.good) ? Verdict::good : Verdict::bad;
}

Client::Verdict Client::judge_imap(std::string_view line) {
    if (is_holding_) return line.starts_with("* ") ? Verdict::go_on : Verdict::bad;
    if (line.starts_with(step_.good)) return Verdict::good;
    if (const auto literal = literal_at_end(line)) literal_left_ = literal->octets;
    const bool is_untagged = line.starts_with("* ") || line == ")";
    const bool is_greeting_awaited = step_.good.starts_with('*');
    return is_untagged && !is_greeting_awaited ? Verdict::go_on : Verdict::bad;
}

Client::Verdict Client::judge_http(std::string_view line) {
    if (line.starts_with("HTTP/")) return line.starts_with(step_.good) ? Verdict::go_on : Verdict::bad;
    constexpr std::string_view length = "CONTENT-LENGTH: ";
    if (upper(line) == "CONNECTION: CLOSE") closes_ = true;
    if (upper(line.substr(0, length.size())) == length) literal_length_ = number_at(line.substr(length.size()));
    if (!line.empty()) return Verdict::go_on;
    literal_left_ = std::exchange(literal_length_, 0);
    ends_with_body_ = literal_left_ > 0;
    return ends_with_body_ ? Verdict::go_on : Verdict::good;
}

}  // namespace postern::bench
