/// Step 1 of the schema; see migrations.hpp. For the files of this folder only.
#pragma once

#include <span>
#include <string_view>

namespace postern::auth::store {

[[nodiscard]] std::span<const std::string_view> schema_1_statements();

}  // namespace postern::auth::store
