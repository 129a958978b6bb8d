/// How errors quote and suggest: what a file holds is hostile to terminals and logs, and a mistake is best explained by
/// what would have been right.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::config {

/// `character` is of C0, DEL or C1. It must be one whole UTF-8 character.
[[nodiscard]] bool is_control_character(std::string_view character) noexcept;

/// `text` for an error: control characters and bytes that are not UTF-8 as \xHH, cut after 200 bytes.
[[nodiscard]] std::string shown(std::string_view text);

/// The same between backquotes.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// "a, b or c"; the first 16 when there are more.
[[nodiscard]] std::string one_of(const std::vector<std::string>& words);

/// The candidate that differs from `word` by so few letters (added, left out, exchanged or swapped with the next) that
/// it was probably meant; nullopt when none is that close.
[[nodiscard]] std::optional<std::string> closest(std::string_view word, const std::vector<std::string>& candidates);

/// "; did you mean `x`?" when one of the candidates is close, else "; expected a, b or c".
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace postern::config
