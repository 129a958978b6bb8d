/// SASL (RFC 4422) for IMAP and submission: which mechanisms a client may use here and now, and one exchange with it.
/// Neither knows a mail protocol: how challenges and responses are framed is the business of the caller.
/// Thread rule: one thread for each exchange.
#pragma once

#include "proxy/sasl_mechanism.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::proxy {

/// The longest base64 text of one response, in bytes (RFC 4954 section 4 asks for at least this much).
inline constexpr std::size_t max_sasl_response = 12288;

/// What a connection has beside passwords, which always are a way in.
struct SaslTerms {
    std::string certificate_name;  ///< whom the client's verified certificate names; empty: nobody, so no EXTERNAL
    bool takes_tokens = false;     ///< somebody checks tokens: OAUTHBEARER and XOAUTH2
};

/// The names of the mechanisms that are offered, and accepted, under these terms.
[[nodiscard]] std::vector<std::string_view> offered_mechanisms(const SaslTerms& terms);

/// The server's side of one exchange. After evidence or an error it is over and keeps nothing of it; `start` begins a
/// new one and forgets whatever was before.
class SaslExchange {
public:
    explicit SaslExchange(SaslTerms terms = {}) : terms_(std::move(terms)) {}

    /// `mechanism` in any case. `initial_response` is the base64 text as it came: "=" is an empty response (RFC 4954,
    /// RFC 4959), nullopt is none at all.
    [[nodiscard]] SaslResult start(std::string_view mechanism, std::optional<std::string_view> initial_response);

    /// One line from the client, without its line end. Only while `in_progress`.
    [[nodiscard]] SaslResult respond(std::string_view line);

    /// The evidence was refused for good. With a challenge the exchange goes on: whatever the client answers then gives
    /// `SaslError::refused` (RFC 7628 section 3.2.3). nullopt: the mechanism has none, and it is over.
    [[nodiscard]] std::optional<SaslChallenge> refuse();

    void cancel();

    /// A challenge is unanswered.
    [[nodiscard]] bool in_progress() const noexcept { return awaiting_ != Awaiting::nothing; }
    [[nodiscard]] const SaslTerms& terms() const noexcept { return terms_; }

private:
    enum class Awaiting : std::uint8_t { nothing, response, end_of_failure };

    SaslResult take(std::string_view base64);

    SaslTerms terms_;
    std::unique_ptr<SaslMechanism> mechanism_;  // null: nothing goes on, and nothing can be refused
    Awaiting awaiting_ = Awaiting::nothing;
};

}  // namespace postern::proxy
