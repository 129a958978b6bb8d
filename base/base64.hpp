/// Base64 as SASL profiles use it: RFC 4648 section 4, padded, strict.
#pragma once

#include "base/secret.hpp"

#include <optional>
#include <string_view>

namespace postern::base {

/// Decodes padded base64. Nothing is forgiven: white space, a missing or misplaced `=`, characters outside the alphabet
/// and non-zero bits behind the last byte (RFC 4648 section 3.5) all give nullopt, so that every text has one encoding.
/// The result is wiped when freed, because what SASL sends this way is a password.
[[nodiscard]] std::optional<WipingBuffer> base64_decode(std::string_view text);

/// Encodes with padding, without line breaks. The result is wiped when freed.
[[nodiscard]] WipingBuffer base64_encode(std::string_view bytes);

}  // namespace postern::base
