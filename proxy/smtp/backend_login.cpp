#include "proxy/smtp/backend_login.hpp"

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "proxy/sasl_passwords.hpp"
#include "proxy/smtp/greeting_name.hpp"
#include "proxy/smtp/xclient.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace postern::proxy::smtp {
namespace {

constexpr std::size_t longest_detail = 200;

BackendFailed failed(BackendFault fault, std::string detail) {
    detail.resize(std::min(detail.size(), longest_detail));
    return {.fault = fault, .detail = std::move(detail)};
}

/// "5.7.8" of "5.7.8 Error: ..." (RFC 2034 section 4); empty if there is none that fits the reply code.
std::string_view enhanced_code(const Reply& reply) {
    constexpr std::size_t longest_enhanced_code = 9;  // "5.123.456"
    const std::string_view text = reply.lines.front();
    const std::string_view word = text.substr(0, std::min(text.find(' '), text.size()));
    const std::string class_prefix = std::to_string(reply.code / 100) + '.';
    const bool is_code = word.starts_with(class_prefix) && word.size() <= longest_enhanced_code &&
                         word.find_first_not_of("0123456789.") == std::string_view::npos;
    return is_code ? word : std::string_view{};
}

}  // namespace

BackendLogin::BackendLogin(const BackendUser& user) : user_(user) {
    assert(user.backend.login == config::BackendLogin::xclient || user.backend.login == config::BackendLogin::password);
    if (user.backend.tls == config::BackendTls::starttls) (void)greet();
}

BackendLogin::Expectation BackendLogin::expectation(Awaiting awaiting) {
    switch (awaiting) {
        case Awaiting::greeting:
            return {.what = "greeting", .code = 220};
        case Awaiting::own_hello:
            return {.what = "EHLO", .code = 250};
        case Awaiting::xclient:
            return {.what = "XCLIENT", .code = 220, .is_login = true};
        case Awaiting::client_hello:
            return {.what = "EHLO after XCLIENT", .code = 250};
        case Awaiting::plain_challenge:
            return {.what = "AUTH PLAIN", .code = 334, .is_login = true};
        case Awaiting::login_name_challenge:
            return {.what = "AUTH LOGIN", .code = 334, .is_login = true};
        case Awaiting::login_password_challenge:
            return {.what = "AUTH LOGIN, name", .code = 334, .is_login = true};
        case Awaiting::auth_result:
            return {.what = "AUTH", .code = 235, .is_login = true, .may_repeat_secret = true};
    }
    std::unreachable();
}

BackendStep BackendLogin::next() {
    while (!outcome_) {
        const ReplyEvent event = reader_.next();
        if (std::holds_alternative<NoReplyYet>(event)) return ReadMore{};
        BackendStep step = ReadMore{};
        if (const auto* const fault = std::get_if<ReplyFault>(&event)) {
            step = failed(BackendFault::protocol, std::string(describe(*fault)));
        } else {
            step = take(std::get<Reply>(event));
        }
        if (std::holds_alternative<ReadMore>(step) && reader_.has_unread())
            step = failed(BackendFault::protocol, "reply to a command that was not sent yet");
        if (!std::holds_alternative<ReadMore>(step)) outcome_ = std::move(step);
        if (outcome_ && std::holds_alternative<BackendFailed>(*outcome_)) output_ = {};
    }
    return *outcome_;
}

BackendStep BackendLogin::take(const Reply& reply) {
    if (reply.code != expectation(awaiting_).code) return unexpected(reply);
    switch (awaiting_) {
        case Awaiting::greeting:
            return greet();
        case Awaiting::own_hello:
            extensions_ = Extensions(reply);
            return log_in();
        case Awaiting::xclient:
            return greet_as_client();
        case Awaiting::plain_challenge:
            return ask_secretly(Awaiting::auth_result, "", encode_sasl_plain("", user_.login, user_.password));
        case Awaiting::login_name_challenge:
            return ask_secretly(Awaiting::login_password_challenge, "", base::base64_encode(user_.login));
        case Awaiting::login_password_challenge:
            return ask_secretly(Awaiting::auth_result, "", base::base64_encode(user_.password.reveal()));
        case Awaiting::client_hello:
            extensions_ = Extensions(reply);
            [[fallthrough]];
        case Awaiting::auth_result:
            return BackendReady{.capabilities = {}, .takes_chunks = extensions_.offers("CHUNKING")};
    }
    std::unreachable();
}

BackendStep BackendLogin::greet() {
    return ask(Awaiting::own_hello, "EHLO " + std::string(user_.hostname));
}

BackendStep BackendLogin::log_in() {
    if (user_.backend.login == config::BackendLogin::xclient) return log_in_by_xclient();
    if (extensions_.offers("AUTH", "PLAIN")) return log_in_by_plain();
    if (extensions_.offers("AUTH", "LOGIN")) return ask(Awaiting::login_name_challenge, "AUTH LOGIN");
    return failed(BackendFault::missing_capability, "neither AUTH PLAIN nor AUTH LOGIN is offered");
}

BackendStep BackendLogin::log_in_by_xclient() {
    if (!offers_xclient_login(extensions_))
        return failed(BackendFault::missing_capability, "XCLIENT with ADDR and LOGIN is not offered");
    const auto command = xclient_command(extensions_, user_);
    if (!command) return failed(BackendFault::refused, std::string(command.error()));
    base::append(output_, *command);
    awaiting_ = Awaiting::xclient;
    return ReadMore{};
}

BackendStep BackendLogin::log_in_by_plain() {
    constexpr std::string_view words = "AUTH PLAIN ";
    const base::WipingBuffer response = encode_sasl_plain("", user_.login, user_.password);
    if (words.size() + response.size() + 2 > longest_command_line) return ask(Awaiting::plain_challenge, "AUTH PLAIN");
    return ask_secretly(Awaiting::auth_result, words, response);
}

/// XCLIENT has put the session back to its beginning: from here on it is the client's own.
BackendStep BackendLogin::greet_as_client() {
    const ClientGreeting& greeting = user_.client_greeting;
    if (!is_greeting_name(greeting.name)) return ask(Awaiting::client_hello, "EHLO " + std::string(user_.hostname));
    return ask(Awaiting::client_hello, (greeting.extended ? "EHLO " : "HELO ") + greeting.name);
}

BackendStep BackendLogin::ask(Awaiting awaiting, std::string_view line) {
    base::append(output_, line);
    base::append(output_, "\r\n");
    awaiting_ = awaiting;
    return ReadMore{};
}

BackendStep BackendLogin::ask_secretly(Awaiting awaiting, std::string_view words, const base::WipingBuffer& base64) {
    base::append(output_, words);
    return ask(awaiting, base::view(base64));
}

BackendStep BackendLogin::unexpected(const Reply& reply) const {
    const Expectation expected = expectation(awaiting_);
    BackendFault fault = BackendFault::protocol;
    if (reply.code / 100 == 4) fault = BackendFault::unavailable;
    if (reply.code / 100 == 5 && expected.is_login) fault = BackendFault::refused;
    const std::string said =
        expected.may_repeat_secret ? std::string(enhanced_code(reply)) : printable(reply.lines.front());
    return failed(fault, std::string(expected.what) + ": " + std::to_string(reply.code) + ' ' + said);
}

}  // namespace postern::proxy::smtp
