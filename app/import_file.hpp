/// Files that may hold secrets, read into memory that is wiped.
#pragma once

#include "base/secret.hpp"

#include <cstddef>
#include <expected>
#include <istream>
#include <string>

namespace postern::app {

inline constexpr std::size_t max_import_bytes = 64UL * 1024 * 1024;

/// All of a file, or of standard input for "-"; at most 64 MiB. The error is the end of a sentence ("the file x ...").
[[nodiscard]] std::expected<base::WipingBuffer, std::string> read_import_file(const std::string& path,
                                                                              std::istream& standard_input);

}  // namespace postern::app
