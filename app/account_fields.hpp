/// What an administrator says about an account, checked: the same rules for `account add` and `account import`.
#pragma once

#include "auth/identifier.hpp"

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::app {

inline constexpr std::size_t max_aliases = 64;

/// Errors are sentences that name what was read.
[[nodiscard]] std::expected<auth::Identifier, std::string> read_name(std::string_view text, std::string_view what);

/// Sorted; an error when one is repeated or is `login` itself.
[[nodiscard]] std::expected<std::vector<auth::Identifier>, std::string> read_aliases(std::span<const std::string> texts,
                                                                                     const auth::Identifier& login);

/// Sorted, each once; an error when one is not among `known`.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> read_groups(std::span<const std::string> texts,
                                                                               std::span<const std::string> known);

[[nodiscard]] std::expected<std::string, std::string> read_display_name(std::string_view text);

}  // namespace postern::app
