#include "proxy/sasl_passwords.hpp"

#include "base/base64.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

namespace postern::proxy {
namespace {

constexpr char nul = '\0';
constexpr std::string_view username_prompt = "VXNlcm5hbWU6";  // "Username:"
constexpr std::string_view password_prompt = "UGFzc3dvcmQ6";  // "Password:"

bool is_sasl_text(std::string_view text) {
    return !text.empty() && text.find(nul) == std::string_view::npos && base::is_utf8(text);
}

class Plain final : public SaslMechanism {
public:
    SaslResult respond(std::string_view message) override {
        std::optional<auth::Credentials> credentials = decode_sasl_plain(message);
        if (!credentials) return std::unexpected(SaslError::malformed);
        return std::move(*credentials);
    }
};

class Login final : public SaslMechanism {
public:
    SaslChallenge start() const override { return {username_prompt}; }

    SaslResult respond(std::string_view message) override {
        if (!is_sasl_text(message)) return std::unexpected(SaslError::malformed);
        if (!name_.empty())
            return auth::Credentials{.name = std::move(name_), .act_as = {}, .password = base::Secret(message)};
        name_ = message;
        return SaslChallenge{password_prompt};
    }

private:
    std::string name_;
};

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

std::unique_ptr<SaslMechanism> make_sasl_plain() {
    return std::make_unique<Plain>();
}

std::unique_ptr<SaslMechanism> make_sasl_login() {
    return std::make_unique<Login>();
}

}  // namespace postern::proxy
