/// What every SASL mechanism (RFC 4422) looks like from outside: the server's side of one exchange, in decoded
/// messages.
#pragma once

#include "auth/verdict.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <variant>

namespace postern::proxy {

enum class SaslError : std::uint8_t {
    unsupported_mechanism,
    malformed,  ///< not base64, or not the message that the mechanism has here
    cancelled,  ///< the client sent "*"
    too_long,   ///< more than max_sasl_response
    refused,    ///< the client has heard by a challenge that its evidence was refused
};

/// What the server sends next: base64, without the protocol's own words. May be empty.
struct SaslChallenge {
    std::string_view base64;  ///< static storage
};

using SaslStep = std::variant<SaslChallenge, auth::Evidence>;
using SaslResult = std::expected<SaslStep, SaslError>;

/// One object for each exchange: whatever it keeps of the client ends with it.
class SaslMechanism {
public:
    SaslMechanism() = default;
    SaslMechanism(const SaslMechanism&) = delete;
    SaslMechanism& operator=(const SaslMechanism&) = delete;
    SaslMechanism(SaslMechanism&&) = delete;
    SaslMechanism& operator=(SaslMechanism&&) = delete;
    virtual ~SaslMechanism() = default;

    /// The challenge to a client that sent nothing with its command.
    [[nodiscard]] virtual SaslChallenge start() const { return {}; }
    /// The client's next message. Not after evidence or an error.
    [[nodiscard]] virtual SaslResult respond(std::string_view message) = 0;
    /// What the client must hear, and answer with anything, when its evidence was refused; nullopt: nothing.
    [[nodiscard]] virtual std::optional<SaslChallenge> failure() const { return std::nullopt; }
};

}  // namespace postern::proxy
