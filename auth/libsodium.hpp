/// What of libsodium needs care, for the files of this room that call it.
#pragma once

#include "base/secret.hpp"

#include <optional>
#include <string_view>

namespace postern::auth {

/// Makes libsodium ready; cheap when it is. Any thread, any number of times. Throws std::runtime_error when it cannot
/// start: there is no source of random numbers.
void start_libsodium();

/// Decodes base64 of one of libsodium's variants (`sodium_base64_VARIANT_...`). Strict: every text has one encoding.
[[nodiscard]] std::optional<base::WipingBuffer> base64_decoded(std::string_view text, int variant);

}  // namespace postern::auth
