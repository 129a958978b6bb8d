#include "proxy/sasl.hpp"

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "base/utf8.hpp"
#include "proxy/sasl_passwords.hpp"
#include "proxy/sasl_tokens.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace postern::proxy {
namespace {

/// RFC 4422 appendix A: the client has proved below who it is, and says at most whom it wants to be.
class External final : public SaslMechanism {
public:
    explicit External(std::string name) : name_(std::move(name)) {}

    SaslResult respond(std::string_view message) override {
        if (message.contains('\0') || !base::is_utf8(message)) return std::unexpected(SaslError::malformed);
        return auth::CertificateHolder{.name = std::move(name_), .act_as = std::string(message)};
    }

private:
    std::string name_;
};

struct KnownMechanism {
    std::string_view name;
    bool (*is_offered)(const SaslTerms& terms);
    std::unique_ptr<SaslMechanism> (*make)(const SaslTerms& terms);
};

bool always(const SaslTerms& /*terms*/) {
    return true;
}

bool with_certificate(const SaslTerms& terms) {
    return !terms.certificate_name.empty();
}

bool with_tokens(const SaslTerms& terms) {
    return terms.takes_tokens;
}

constexpr std::array<KnownMechanism, 5> known_mechanisms{{
    {"PLAIN", always, [](const SaslTerms&) { return make_sasl_plain(); }},
    {"LOGIN", always, [](const SaslTerms&) { return make_sasl_login(); }},
    {"EXTERNAL", with_certificate,
     [](const SaslTerms& terms) -> std::unique_ptr<SaslMechanism> {
         return std::make_unique<External>(terms.certificate_name);
     }},
    {"OAUTHBEARER", with_tokens, [](const SaslTerms&) { return make_sasl_oauthbearer(); }},
    {"XOAUTH2", with_tokens, [](const SaslTerms&) { return make_sasl_xoauth2(); }},
}};

}  // namespace

std::vector<std::string_view> offered_mechanisms(const SaslTerms& terms) {
    std::vector<std::string_view> names;
    for (const KnownMechanism& mechanism : known_mechanisms)
        if (mechanism.is_offered(terms)) names.push_back(mechanism.name);
    return names;
}

SaslResult SaslExchange::start(std::string_view mechanism, std::optional<std::string_view> initial_response) {
    cancel();
    const auto* const known = std::ranges::find_if(
        known_mechanisms, [&](const KnownMechanism& each) { return base::iequals(each.name, mechanism); });
    if (known == known_mechanisms.end() || !known->is_offered(terms_))
        return std::unexpected(SaslError::unsupported_mechanism);
    mechanism_ = known->make(terms_);
    if (initial_response) return take(*initial_response == "=" ? std::string_view{} : *initial_response);
    awaiting_ = Awaiting::response;
    return mechanism_->start();
}

SaslResult SaslExchange::respond(std::string_view line) {
    assert(in_progress());
    if (std::exchange(awaiting_, Awaiting::nothing) == Awaiting::end_of_failure) {
        cancel();
        return std::unexpected(SaslError::refused);
    }
    if (line != "*") return take(line);
    cancel();
    return std::unexpected(SaslError::cancelled);
}

SaslResult SaslExchange::take(std::string_view base64) {
    SaslResult result = std::unexpected(SaslError::too_long);
    if (base64.size() <= max_sasl_response) {
        const std::optional<base::WipingBuffer> message = base::base64_decode(base64);
        result = message ? mechanism_->respond(base::view(*message)) : std::unexpected(SaslError::malformed);
    }
    if (result && std::holds_alternative<SaslChallenge>(*result))
        awaiting_ = Awaiting::response;
    else if (!result || !mechanism_->failure())
        cancel();
    return result;
}

std::optional<SaslChallenge> SaslExchange::refuse() {
    const std::unique_ptr<SaslMechanism> refused = std::move(mechanism_);
    const auto challenge = refused ? refused->failure() : std::nullopt;
    if (challenge) awaiting_ = Awaiting::end_of_failure;
    return challenge;
}

void SaslExchange::cancel() {
    mechanism_.reset();
    awaiting_ = Awaiting::nothing;
}

}  // namespace postern::proxy
