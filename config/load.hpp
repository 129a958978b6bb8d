/// Reads the one configuration file into `Settings`. Nothing else in postern knows YAML; `app` alone uses this.
/// Every key, with its form and its default, is described in docs/configuration.md.
#pragma once

#include "config/settings.hpp"

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::config {

/// One mistake in a configuration file. No field ever holds a secret.
struct SettingsError {
    std::string file;
    std::size_t line = 0;    ///< from 1; 0 when the file itself could not be read
    std::size_t column = 0;  ///< from 1, in characters; 0: the line as a whole
    std::string path;        ///< key path, lists counted from 0: `listeners[2].port`; empty: the file as a whole
    std::string message;     ///< what is wrong and what would be right

    /// "file:line:column: path: message", without the parts that are not known.
    [[nodiscard]] std::string text() const;
};

/// The value of an environment variable; nullopt when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The settings, or every mistake of the file in the order in which they stand there (the first 1000 of them). A file
/// that is not YAML, or uses a part of YAML that is refused here, gives one error. Blocks: it reads this file and the
/// ones it names. May be called from any thread; throws nothing but std::bad_alloc.
using Loaded = std::expected<Settings, std::vector<SettingsError>>;

/// Relative file names in the file are relative to its own directory. The file may have up to 1 MiB.
[[nodiscard]] Loaded load(const std::string& path, const Environment& environment);

/// As `load`, with the contents of the file handed in. `name` is the file's path for errors and for relative file
/// names.
[[nodiscard]] Loaded load_text(std::string_view text, const std::string& name, const Environment& environment);

/// Every key the loader asks for, sorted: `listeners[].port`, `backends.<name>.host`.
[[nodiscard]] std::vector<std::string> known_keys();

}  // namespace postern::config
