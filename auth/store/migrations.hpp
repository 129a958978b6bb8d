/// The schema of the embedded database as the steps that lead to it.
#pragma once

#include <span>
#include <string_view>

namespace postern::auth::store {

/// One step from version `version - 1` to `version`. A step that has been released is never edited: the next one mends
/// it.
struct Migration {
    int version = 0;
    std::string_view purpose;
    std::span<const std::string_view> statements;  ///< one statement each; SOCI runs only the first of a text
};

/// All of them, from version 1 on, without gaps.
[[nodiscard]] std::span<const Migration> sqlite_migrations();

/// The version this program works with.
[[nodiscard]] int schema_version();

}  // namespace postern::auth::store
