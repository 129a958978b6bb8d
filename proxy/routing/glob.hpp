/// Patterns on user names: `*` is any text, also none; `?` is one character; everything else is itself.
#pragma once

#include <string_view>

namespace postern::proxy::routing {

/// Whether `text` as a whole matches `pattern`. Letters A to Z match in either case. A character is one UTF-8 sequence.
/// No recursion and no memory: at most |text| times |pattern| steps, whatever either holds. Thread rule: pure.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text) noexcept;

}  // namespace postern::proxy::routing
