/// OTP keys in CSV files as their makers deliver them: `serial,hexseed,type,digits,step`, without a header.
#pragma once

#include "app/import_rows.hpp"
#include "auth/otp/otp_keys.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace postern::app {

inline constexpr std::size_t max_otp_keys = 100'000;

/// Bytes of hexadecimal digits in either case, at most 64 of them. nullopt: none.
[[nodiscard]] std::optional<base::Secret> from_hex(std::string_view text);

/// Every mistake goes to `errors` with its line; none shows a seed.
[[nodiscard]] std::vector<auth::otp::ImportedKey> read_otp_csv(std::string_view text, LineErrors& errors);

}  // namespace postern::app
