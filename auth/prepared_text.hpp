/// Names and passwords as the rules for comparing them want them, whatever keyboard they were typed on.
#pragma once

#include "base/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace postern::auth {

/// SASLprep (RFC 4013, NFKC): full-width letters become plain ones, what cannot be in a name is refused (nullopt).
/// ASCII without controls stays as it is.
[[nodiscard]] std::optional<std::string> prepared_name(std::string_view text);

/// The OpaqueString profile of PRECIS (RFC 8265 section 4.2) without its prohibitions: every space is the plain one,
/// and accents are composed (NFC), so that "é" is one password however it was typed. What is no UTF-8 stays as it is.
[[nodiscard]] base::Secret prepared_password(const base::Secret& password);

}  // namespace postern::auth
