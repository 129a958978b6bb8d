#include "tests/bench/load/plans.hpp"

#include <openssl/evp.h>

#include <utility>

namespace postern::bench {
namespace {

std::string base64(std::string_view text) {
    std::string result((text.size() + 2) / 3 * 4 + 1, '\0');
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    result.resize(static_cast<std::size_t>(length));
    return result;
}

std::string sasl_plain(const User& user) {
    std::string text(1, '\0');
    text += user.login;
    text += '\0';
    return base64(text + user.password);
}

}  // namespace

std::vector<Step> login_steps(Protocol protocol, const User& user) {
    if (protocol == Protocol::http) return {};
    if (protocol == Protocol::imap) {
        return {{.good = "* OK"},
                {.text = "in LOGIN \"" + user.login + "\" \"" + user.password + "\"\r\n", .good = "in OK"}};
    }
    return {{.good = "220"},
            {.text = "EHLO client.example.org\r\n", .good = "250"},
            {.text = "AUTH PLAIN " + sasl_plain(user) + "\r\n", .good = "235"}};
}

std::vector<Step> logout_steps(Protocol protocol) {
    if (protocol == Protocol::http) return {};
    if (protocol == Protocol::imap) return {{.text = "out LOGOUT\r\n", .good = "out OK"}};
    return {{.text = "QUIT\r\n", .good = "221"}};
}

std::vector<Step> message_steps(const User& user, std::uint64_t octets) {
    const std::string header = "From: " + user.login + "\r\nSubject: bench\r\n\r\n";
    return {{.text = "MAIL FROM:<" + user.login + ">\r\n", .good = "250"},
            {.text = "RCPT TO:<somebody@elsewhere.example>\r\n", .good = "250"},
            {.text = "DATA\r\n", .good = "354"},
            {.text = header, .filler = octets / filler_line * filler_line, .end = ".\r\n", .good = "250"}};
}

std::vector<Step> fetch_steps(std::uint64_t octets) {
    return {{.text = "get FETCH 1 (BODY.PEEK[]<0." + std::to_string(octets) + ">)\r\n", .good = "get OK"}};
}

std::vector<Step> append_steps(std::uint64_t octets) {
    return {{.text = "put APPEND INBOX {" + std::to_string(octets) + "}\r\n", .good = "+"},
            {.filler = octets, .end = "\r\n", .good = "put OK"}};
}

std::vector<Step> noop_steps() {
    return {{.text = "noop NOOP\r\n", .good = "noop OK"}};
}

std::vector<Step> idle_steps() {
    return {{.text = "sel SELECT INBOX\r\n", .good = "sel OK"}, {.text = "idle IDLE\r\n", .good = "+"}};
}

std::vector<Step> done_steps() {
    return {{.text = "DONE\r\n", .good = "idle OK"}, {.text = "noop NOOP\r\n", .good = "noop OK"}};
}

std::vector<Step> http_steps(const std::string& host, const std::string& path) {
    return {{.text = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n", .good = "HTTP/1.1 200"}};
}

ScriptedPlan::ScriptedPlan(Run& run, std::size_t slot, Script script, Clock::time_point started)
    : run_(run), slot_(slot), script_(std::move(script)), started_(started) {}

Next ScriptedPlan::next(std::uint64_t octets) {
    run_.totals.octets += octets;
    if (part_ == Part::before) {
        if (step_ < script_.before.size()) return script_.before[step_++];
        part_ = Part::operation;
        step_ = 0;
        if (!script_.times_session) started_ = Clock::now();
    }
    if (part_ == Part::operation && !script_.operation.empty()) {
        if (step_ == script_.operation.size()) {
            count_operation();
            step_ = 0;
        }
        const bool is_within = step_ > 0 || operations_ == 0;
        if (is_within || (run_.goes_on() && operations_ < script_.operations_at_most))
            return script_.operation[step_++];
    }
    if (part_ == Part::operation) {
        part_ = Part::after;
        step_ = 0;
    }
    if (script_.holds && !std::exchange(has_held_, true)) {
        ++run_.totals.held;
        return Hold{};
    }
    if (step_ < script_.after.size()) return script_.after[step_++];
    if (script_.operation.empty()) count_operation();
    return End{};
}

void ScriptedPlan::count_operation() {
    const Clock::time_point now = Clock::now();
    ++operations_;
    ++run_.totals.operations;
    run_.totals.microseconds.push_back(std::chrono::duration<double, std::micro>(now - started_).count());
    started_ = now;
    for (const Step& step : script_.operation) run_.totals.octets += step.filler;
}

void ScriptedPlan::fail(const std::string& reason) {
    if (run_.totals.errors++ == 0) run_.totals.first_error = reason;
}

void ScriptedPlan::over(bool is_resumed) {
    ++run_.totals.handshakes;
    if (is_resumed) ++run_.totals.resumed;
    run_.slot_is_free(slot_);
}

}  // namespace postern::bench
