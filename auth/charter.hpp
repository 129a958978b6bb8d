/// The charter that everybody accepts when his account is activated.
#pragma once

#include "auth/records/contact_records.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace postern::auth {

inline constexpr std::size_t max_charter_bytes = 200'000;

/// A version with the digest of its text. The error is a sentence: the version is not 1 to 10000, the language is
/// neither "fr" nor "en", or the text is empty, too long or no UTF-8.
[[nodiscard]] std::expected<Charter, std::string> make_charter(int version,
                                                               std::string_view language,
                                                               std::string_view body,
                                                               Time valid_from);

}  // namespace postern::auth
