/// The two SASL mechanisms that carry a password as it is: PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login, for
/// old clients). The exchange knows no mail protocol: how challenges and responses are framed is the business of its
/// caller. Thread rule: one thread for each exchange.
#pragma once

#include "auth/verdict.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace postern::proxy {

/// The longest base64 text of one response, in bytes (RFC 4954 section 4 asks for at least this much).
inline constexpr std::size_t max_sasl_response = 12288;

enum class SaslError : std::uint8_t {
    unsupported_mechanism,
    malformed,  ///< not base64, or not the message that the mechanism has here
    cancelled,  ///< the client sent "*"
    too_long,   ///< more than max_sasl_response
};

/// Reads a decoded PLAIN message, `[authzid] NUL authcid NUL passwd`: exactly two NULs, all of it UTF-8, authcid and
/// passwd not empty. `act_as` is left empty when the authzid is missing or names the same person. nullopt for anything
/// else.
[[nodiscard]] std::optional<auth::Credentials> decode_sasl_plain(std::string_view message);

/// The base64 text of a PLAIN message. None of the three may hold a NUL; `authzid` may be empty.
[[nodiscard]] base::WipingBuffer encode_sasl_plain(std::string_view authzid,
                                                   std::string_view authcid,
                                                   const base::Secret& password);

/// What the server sends next: base64, without the protocol's own words. Empty for PLAIN.
struct SaslChallenge {
    std::string_view base64;  ///< static storage
};

using SaslStep = std::variant<SaslChallenge, auth::Credentials>;

/// The server's side of one exchange. After credentials or an error it is over and keeps nothing of it; `start` begins
/// a new one and forgets whatever was before.
class SaslExchange {
public:
    /// `mechanism` in any case. `initial_response` is the base64 text as it came: "=" is an empty response (RFC 4954,
    /// RFC 4959), nullopt is none at all. For LOGIN it is the user name, as Outlook sends it.
    [[nodiscard]] std::expected<SaslStep, SaslError> start(std::string_view mechanism,
                                                           std::optional<std::string_view> initial_response);

    /// One line from the client, without its line end. Only while `in_progress`.
    [[nodiscard]] std::expected<SaslStep, SaslError> respond(std::string_view line);

    /// A challenge is unanswered.
    [[nodiscard]] bool in_progress() const noexcept { return awaiting_ != Awaiting::nothing; }

private:
    enum class Awaiting : std::uint8_t { nothing, plain_message, login_name, login_password };

    std::expected<SaslStep, SaslError> take(std::string_view base64);
    SaslStep ask(Awaiting answer);

    Awaiting awaiting_ = Awaiting::nothing;
    std::string login_name_;
};

}  // namespace postern::proxy
