/// Addresses outside of the house, as people type them, in their one normal form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::auth {

/// "local@domain" of visible ASCII characters, at most 254 bytes: dot-atoms (RFC 5322 section 3.2.3) before the @, a
/// host name of at least two labels behind it, which is lowered. Spaces at both ends are forgiven. nullopt: no address.
[[nodiscard]] std::optional<std::string> mail_address(std::string_view text);

/// A telephone number as E.164 has it, "+33612345678": 8 to 15 digits. Spaces, dots, dashes and brackets are forgiven;
/// a number with a leading zero is of the country of `country_code`. nullopt: no number.
[[nodiscard]] std::optional<std::string> phone_number(std::string_view text, std::string_view country_code);

}  // namespace postern::auth
