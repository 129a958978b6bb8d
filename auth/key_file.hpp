/// Files that hold keys: who may read them, and changes that no crash can leave half done.
#pragma once

#include "base/secret.hpp"

#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace postern::auth {

/// The bytes of a regular file, not a link, of mode 0600 or 0400, owned by root or by whoever runs the process, of at
/// most `max_bytes`. The error is a whole sentence that names the file and what to do.
[[nodiscard]] std::expected<base::WipingBuffer, std::string> read_key_file(const std::string& path,
                                                                           std::size_t max_bytes);

/// Writes a new file, mode 0600, and waits until it is on the disk. Nothing is overwritten.
[[nodiscard]] std::expected<void, std::string> create_key_file(const std::string& path, std::string_view text);

/// The new text of a file for its old one, or why it cannot be changed.
using KeyFileChange = std::function<std::expected<base::WipingBuffer, std::string>(std::string_view)>;

/// Replaces the file by a changed one of the same owner and mode: written beside it as `<path>.new`, flushed to the
/// disk and renamed, so that a reader sees the old or the new file and never a part. `<path>.new` is also the lock: of
/// two changes at the same time one is refused, and none is lost.
[[nodiscard]] std::expected<void, std::string> change_key_file(const std::string& path,
                                                               std::size_t max_bytes,
                                                               const KeyFileChange& change);

}  // namespace postern::auth
