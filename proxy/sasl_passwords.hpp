/// The two SASL mechanisms that carry a password as it is: PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login, for
/// old clients).
#pragma once

#include "base/secret.hpp"
#include "proxy/sasl_mechanism.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace postern::proxy {

/// Reads a decoded PLAIN message, `[authzid] NUL authcid NUL passwd`: exactly two NULs, all of it UTF-8, authcid and
/// passwd not empty. `act_as` is left empty when the authzid is missing or names the same person. nullopt for anything
/// else.
[[nodiscard]] std::optional<auth::Credentials> decode_sasl_plain(std::string_view message);

/// The base64 text of a PLAIN message. None of the three may hold a NUL; `authzid` may be empty.
[[nodiscard]] base::WipingBuffer encode_sasl_plain(std::string_view authzid,
                                                   std::string_view authcid,
                                                   const base::Secret& password);

[[nodiscard]] std::unique_ptr<SaslMechanism> make_sasl_plain();
/// An initial response is the user name, as Outlook sends it.
[[nodiscard]] std::unique_ptr<SaslMechanism> make_sasl_login();

}  // namespace postern::proxy
