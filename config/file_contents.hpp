/// Files that a configuration consists of or names.
#pragma once

#include "base/secret.hpp"

#include <cstddef>
#include <expected>
#include <string>

namespace postern::config {

/// The whole of a regular file of at most `limit` bytes; else why not, in words that follow "cannot be read: ".
/// Never waits: what is no regular file is refused.
[[nodiscard]] std::expected<base::WipingBuffer, std::string> read_file(const std::string& path, std::size_t limit);

/// `path` is a regular file that this process may read; else why not, as above.
[[nodiscard]] std::expected<void, std::string> check_readable(const std::string& path);

}  // namespace postern::config
