/// Any bytes as a message of each mechanism, and as an exchange: the mechanism on the first line, "-" or the initial
/// response on the second, then a response on each. What an exchange shows is refused, and so goes on to its end.
#include "proxy/sasl.hpp"

#include "base/base64.hpp"
#include "base/overload.hpp"
#include "base/utf8.hpp"
#include "proxy/sasl_passwords.hpp"
#include "proxy/sasl_tokens.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace postern;

void check(bool holds) {
    if (!holds) std::abort();
}

void check_credentials(const auth::Credentials& credentials) {
    for (const std::string_view text :
         {std::string_view(credentials.name), std::string_view(credentials.act_as), credentials.password.reveal()})
        check(base::is_utf8(text) && !text.contains('\0'));
    check(!credentials.name.empty() && !credentials.password.empty());
}

void check_token(const auth::BearerToken& token) {
    check(base::is_utf8(token.name) && !token.name.contains('\0') && !token.name.contains('\x01'));
    check(!token.token.empty());
    for (const char c : token.token.reveal()) check(c > ' ' && c < '\x7f');
}

void check_evidence(const auth::Evidence& evidence) {
    std::visit(base::Overload{
                   [](const auth::Credentials& credentials) { check_credentials(credentials); },
                   [](const auth::BearerToken& token) { check_token(token); },
                   [](const auth::CertificateHolder& holder) {
                       check(holder.name == "carol@example.org");
                       check(base::is_utf8(holder.act_as) && !holder.act_as.contains('\0'));
                   },
               },
               evidence);
}

/// No message is one of two mechanisms, or a token might be taken for a password.
void check_message(std::string_view message) {
    const auto bearer = proxy::decode_oauthbearer(message);
    const auto xoauth2 = proxy::decode_xoauth2(message);
    check(bearer.has_value() + xoauth2.has_value() + proxy::decode_sasl_plain(message).has_value() <= 1);
    if (bearer) check_token(*bearer);
    if (xoauth2) check_token(*xoauth2);
}

/// What is read from PLAIN and written again is what came, but for an authzid that says nothing new.
void check_plain(std::string_view message) {
    const auto credentials = proxy::decode_sasl_plain(message);
    if (!credentials) return;
    check_credentials(*credentials);
    const bool authzid_was_dropped = credentials->act_as.empty() && !message.starts_with('\0');
    const std::string_view authzid = authzid_was_dropped ? credentials->name : credentials->act_as;
    const auto again =
        base::base64_decode(base::view(proxy::encode_sasl_plain(authzid, credentials->name, credentials->password)));
    check(again && base::view(*again) == message);
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

void check_exchange(std::string_view input) {
    proxy::SaslExchange exchange({.certificate_name = "carol@example.org", .takes_tokens = true});
    const std::string_view mechanism = take_line(input);
    const std::string_view initial = take_line(input);
    auto step = initial == "-" ? exchange.start(mechanism, std::nullopt) : exchange.start(mechanism, initial);
    int challenges = 0;
    while (step && std::holds_alternative<proxy::SaslChallenge>(*step)) {
        check(exchange.in_progress() && ++challenges <= 2);
        step = exchange.respond(take_line(input));
    }
    check(!exchange.in_progress());
    if (!step) return check(!exchange.refuse());
    check_evidence(std::get<auth::Evidence>(*step));
    if (!exchange.refuse()) return check(!exchange.in_progress());
    check(exchange.in_progress() && !std::holds_alternative<auth::Credentials>(std::get<auth::Evidence>(*step)));
    const auto end = exchange.respond(take_line(input));
    check(!end && end.error() == proxy::SaslError::refused && !exchange.in_progress());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    check_plain(input);
    check_message(input);
    check_exchange(input);
    return 0;
}
