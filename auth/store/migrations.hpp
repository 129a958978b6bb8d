/// The schema of both databases as the steps that lead to it.
#pragma once

#include "auth/store/database.hpp"

#include <span>
#include <string>
#include <string_view>

namespace postern::auth::store {

/// One step from version `version - 1` to `version`. A step that has been released is never edited: the next one mends
/// it. Statements are written once for both engines, see `statement_for`.
struct Migration {
    int version = 0;
    std::string_view purpose;
    std::span<const std::string_view> statements;  ///< one statement each; SOCI runs only the first of a text
};

/// All of them, from version 1 on, without gaps.
[[nodiscard]] std::span<const Migration> migrations();

/// The version this program works with.
[[nodiscard]] int schema_version();

/// The statement as one engine wants it: `{int}` (a whole number of 64 bits), `{text}` (text that is compared by its
/// bytes), `{strict}` (behind a table), `{visible}` (the condition that `value` is visible ASCII). One that begins with
/// "sqlite:" or "postgresql:" is for that engine alone: empty for the other.
[[nodiscard]] std::string statement_for(Engine engine, std::string_view statement);

}  // namespace postern::auth::store
