/// The two SASL mechanisms that carry a bearer token (RFC 6750) in place of a password: OAUTHBEARER (RFC 7628), and
/// XOAUTH2, which Google and Microsoft had before it. Both are read to their last byte, and nothing is forgiven.
#pragma once

#include "proxy/sasl_mechanism.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace postern::proxy {

/// A decoded message of OAUTHBEARER (RFC 7628 section 3.1): the GS2 header (RFC 5801 section 4) without channel
/// binding, then pairs of which `auth` is there once, as `Bearer TOKEN`. Other pairs must be well-formed and say
/// nothing. The name is the authorization identity; it may be missing. nullopt for anything else.
[[nodiscard]] std::optional<auth::BearerToken> decode_oauthbearer(std::string_view message);

/// A decoded message of XOAUTH2: `user=NAME ^A auth=Bearer TOKEN ^A ^A`. nullopt for anything else.
[[nodiscard]] std::optional<auth::BearerToken> decode_xoauth2(std::string_view message);

[[nodiscard]] std::unique_ptr<SaslMechanism> make_sasl_oauthbearer();
[[nodiscard]] std::unique_ptr<SaslMechanism> make_sasl_xoauth2();

}  // namespace postern::proxy
