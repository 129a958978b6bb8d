#include "proxy/sasl.hpp"

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace postern::proxy {
namespace {

constexpr char nul = '\0';
constexpr std::string_view username_prompt = "VXNlcm5hbWU6";  // "Username:"
constexpr std::string_view password_prompt = "UGFzc3dvcmQ6";  // "Password:"

bool is_sasl_text(std::string_view text) {
    return !text.empty() && text.find(nul) == std::string_view::npos && base::is_utf8(text);
}

}  // namespace

std::optional<auth::Credentials> decode_sasl_plain(std::string_view message) {
    if (std::ranges::count(message, nul) != 2 || !base::is_utf8(message)) return std::nullopt;
    const std::size_t first = message.find(nul);
    const std::size_t second = message.find(nul, first + 1);
    const std::string_view authzid = message.substr(0, first);
    const std::string_view authcid = message.substr(first + 1, second - first - 1);
    const std::string_view password = message.substr(second + 1);
    if (authcid.empty() || password.empty()) return std::nullopt;
    return auth::Credentials{.name = std::string(authcid),
                             .act_as = std::string(authzid == authcid ? std::string_view{} : authzid),
                             .password = base::Secret(password)};
}

base::WipingBuffer encode_sasl_plain(std::string_view authzid, std::string_view authcid, const base::Secret& password) {
    base::WipingBuffer message;
    message.reserve(authzid.size() + authcid.size() + password.reveal().size() + 2);
    base::append(message, authzid);
    message.push_back(nul);
    base::append(message, authcid);
    message.push_back(nul);
    base::append(message, password.reveal());
    assert(std::ranges::count(message, nul) == 2);
    return base::base64_encode(base::view(message));
}

std::expected<SaslStep, SaslError> SaslExchange::start(std::string_view mechanism,
                                                       std::optional<std::string_view> initial_response) {
    login_name_.clear();
    awaiting_ = Awaiting::nothing;
    if (base::iequals(mechanism, "PLAIN")) {
        awaiting_ = Awaiting::plain_message;
    } else if (base::iequals(mechanism, "LOGIN")) {
        awaiting_ = Awaiting::login_name;
    } else {
        return std::unexpected(SaslError::unsupported_mechanism);
    }
    if (!initial_response) return ask(awaiting_);
    return take(*initial_response == "=" ? std::string_view{} : *initial_response);
}

std::expected<SaslStep, SaslError> SaslExchange::respond(std::string_view line) {
    assert(in_progress());
    if (line != "*") return take(line);
    login_name_.clear();
    awaiting_ = Awaiting::nothing;
    return std::unexpected(SaslError::cancelled);
}

std::expected<SaslStep, SaslError> SaslExchange::take(std::string_view base64) {
    const Awaiting awaited = std::exchange(awaiting_, Awaiting::nothing);
    std::string name = std::exchange(login_name_, {});
    if (base64.size() > max_sasl_response) return std::unexpected(SaslError::too_long);
    std::optional<base::WipingBuffer> message = base::base64_decode(base64);
    if (!message) return std::unexpected(SaslError::malformed);

    if (awaited == Awaiting::plain_message) {
        std::optional<auth::Credentials> credentials = decode_sasl_plain(base::view(*message));
        if (!credentials) return std::unexpected(SaslError::malformed);
        return std::move(*credentials);
    }
    if (!is_sasl_text(base::view(*message))) return std::unexpected(SaslError::malformed);
    if (awaited == Awaiting::login_name) {
        login_name_ = base::view(*message);
        return ask(Awaiting::login_password);
    }
    return auth::Credentials{.name = std::move(name), .act_as = {}, .password = base::Secret(std::move(*message))};
}

SaslStep SaslExchange::ask(Awaiting answer) {
    awaiting_ = answer;
    if (answer == Awaiting::login_name) return SaslChallenge{username_prompt};
    if (answer == Awaiting::login_password) return SaslChallenge{password_prompt};
    return SaslChallenge{};
}

}  // namespace postern::proxy
