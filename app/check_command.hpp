/// `postern check FILE`: says what is wrong with a configuration file before it is used.
#pragma once

#include <ostream>
#include <string>

namespace postern::app {

/// Loads `file` with the variables of the process environment. A good file gives one line on `out` that says what was
/// understood; a bad one gives one line for each mistake and one with their number on `err`. With `json`, either gives
/// one JSON object on `out`: {"file", "ok", "errors": [{"line", "column", "path", "message"}]}.
/// @return the exit status: 0 when the file is good, else 1
[[nodiscard]] int check(const std::string& file, bool json, std::ostream& out, std::ostream& err);

}  // namespace postern::app
