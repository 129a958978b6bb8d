#include "proxy/sasl_tokens.hpp"

#include "base/ascii.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace postern::proxy {
namespace {

constexpr char separator = '\x01';  // kvsep
constexpr std::string_view end_of_pairs = "\x01\x01";

/// What RFC 7628 section 3.2.2 and Google's description have a server say: as JSON, and in base64.
constexpr std::string_view oauthbearer_failure = "eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=";          // invalid_token
constexpr std::string_view xoauth2_failure = "eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=";  // 401, bearer

bool is_name(std::string_view text) {
    return !text.empty() && base::is_utf8(text) && std::ranges::none_of(text, base::is_control);
}

/// b64token of RFC 6750 section 2.1.
bool is_token(std::string_view text) {
    const std::string_view body = text.substr(0, text.find('='));
    const auto allowed = [](char c) {
        return base::is_alpha(c) || base::is_digit(c) || std::string_view("-._~+/").contains(c);
    };
    return !body.empty() && std::ranges::all_of(body, allowed) &&
           text.find_first_not_of('=', body.size()) == std::string_view::npos;
}

/// The value of `auth`: the scheme has no case (RFC 9110 section 11.1).
std::optional<base::Secret> bearer_token(std::string_view value) {
    constexpr std::string_view scheme = "Bearer ";
    if (!base::iequals(value.substr(0, scheme.size()), scheme)) return std::nullopt;
    const std::string_view token = value.substr(scheme.size());
    if (!is_token(token)) return std::nullopt;
    return base::Secret(token);
}

/// saslname of RFC 5801 section 4: a comma and an equals sign are written as =2C and =3D.
std::optional<std::string> decode_saslname(std::string_view text) {
    std::string name;
    while (!text.empty()) {
        const std::size_t plain = std::min(text.find('='), text.size());
        name.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) break;
        const std::string_view escape = text.substr(0, 3);
        if (base::iequals(escape, "=2C"))
            name += ',';
        else if (base::iequals(escape, "=3D"))
            name += '=';
        else
            return std::nullopt;
        text.remove_prefix(escape.size());
    }
    if (!is_name(name)) return std::nullopt;
    return name;
}

/// Takes the GS2 header off `message`: whom the client wants to be, or an empty name.
std::optional<std::string> take_gs2_header(std::string_view& message) {
    // "n" and "y" are without channel binding, which these mechanisms have not.
    if (!message.starts_with("n,") && !message.starts_with("y,")) return std::nullopt;
    message.remove_prefix(2);
    const std::size_t comma = message.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    const std::string_view authzid = message.substr(0, comma);
    message.remove_prefix(comma + 1);
    if (authzid.empty()) return std::string();
    if (!authzid.starts_with("a=")) return std::nullopt;
    return decode_saslname(authzid.substr(2));
}

struct Pair {
    std::string_view key;
    std::string_view value;
};

/// Takes one pair and the separator behind it.
std::optional<Pair> take_pair(std::string_view& text) {
    const std::size_t end = text.find(separator);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(end + 1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const Pair found{.key = pair.substr(0, equals), .value = pair.substr(equals + 1)};
    const auto in_value = [](char c) { return base::is_visible(c) || std::string_view(" \t\r\n").contains(c); };
    if (found.key.empty() || !std::ranges::all_of(found.key, base::is_alpha) ||
        !std::ranges::all_of(found.value, in_value))
        return std::nullopt;
    return found;
}

class TokenMechanism final : public SaslMechanism {
public:
    using Decode = std::optional<auth::BearerToken> (*)(std::string_view);

    TokenMechanism(Decode decode, std::string_view failure) : decode_(decode), failure_(failure) {}

    SaslResult respond(std::string_view message) override {
        std::optional<auth::BearerToken> token = decode_(message);
        if (!token) return std::unexpected(SaslError::malformed);
        return std::move(*token);
    }
    std::optional<SaslChallenge> failure() const override { return SaslChallenge{failure_}; }

private:
    Decode decode_;
    std::string_view failure_;
};

}  // namespace

std::optional<auth::BearerToken> decode_oauthbearer(std::string_view message) {
    std::optional<std::string> name = take_gs2_header(message);
    if (!name || !message.starts_with(separator)) return std::nullopt;
    message.remove_prefix(1);
    std::optional<base::Secret> token;
    while (!message.empty() && message.front() != separator) {
        const std::optional<Pair> pair = take_pair(message);
        if (!pair) return std::nullopt;
        if (pair->key != "auth") continue;
        if (token) return std::nullopt;
        token = bearer_token(pair->value);
        if (!token) return std::nullopt;
    }
    if (message.size() != 1 || !token) return std::nullopt;
    return auth::BearerToken{.name = std::move(*name), .token = std::move(*token)};
}

std::optional<auth::BearerToken> decode_xoauth2(std::string_view message) {
    constexpr std::string_view user = "user=";
    constexpr std::string_view auth = "auth=";
    if (!message.starts_with(user) || !message.ends_with(end_of_pairs)) return std::nullopt;
    message.remove_suffix(end_of_pairs.size());
    message.remove_prefix(user.size());
    const std::string_view name = message.substr(0, message.find(separator));
    message.remove_prefix(name.size());
    if (!is_name(name) || !message.starts_with(separator)) return std::nullopt;
    message.remove_prefix(1);
    if (!message.starts_with(auth)) return std::nullopt;
    std::optional<base::Secret> token = bearer_token(message.substr(auth.size()));
    if (!token) return std::nullopt;
    return auth::BearerToken{.name = std::string(name), .token = std::move(*token)};
}

std::unique_ptr<SaslMechanism> make_sasl_oauthbearer() {
    return std::make_unique<TokenMechanism>(decode_oauthbearer, oauthbearer_failure);
}

std::unique_ptr<SaslMechanism> make_sasl_xoauth2() {
    return std::make_unique<TokenMechanism>(decode_xoauth2, xoauth2_failure);
}

}  // namespace postern::proxy
