/// Accounts as commands print them: for people and as JSON.
#pragma once

#include "auth/account.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

namespace postern::app {

/// RFC 3339 in UTC: "2027-01-15T08:00:00Z".
[[nodiscard]] std::string time_text(std::chrono::sys_seconds time);

/// A time as JSON has it, as text or null.
[[nodiscard]] boost::json::value time_or_null(const std::optional<auth::Time>& time);

/// One JSON object without a line end: {"id", "login", "aliases", "display_name", "groups", "affiliations", "language",
/// "state", "valid_from", "valid_until", "linked", "has_password", "created_at", "changed_at"}; times as in RFC 3339,
/// UTC.
[[nodiscard]] boost::json::object json_object_of(const auth::Account& account);
[[nodiscard]] std::string json_of(const auth::Account& account);  ///< the same as text

/// Every member on a line of its own.
void print_details(const auth::Account& account, std::ostream& out);

/// The lines of a table; columns have fixed widths, so that pages fit below each other, and overflow rather than cut.
void print_table_head(std::ostream& out);
void print_table_line(const auth::Account& account, std::ostream& out);

/// `text` between quotes with everything but printable ASCII replaced, shortened to 60 characters: what came from
/// outside, for an error message.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// "a, b, c"
[[nodiscard]] std::string joined(std::span<const std::string> words);

}  // namespace postern::app
