/// What the helpdesk's commands share. For app/*_command.cpp.
#pragma once

#include "app/helpdesk_command.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace postern::app {

/// Says why on `err`; gives `status`.
int fail(const HelpdeskTools& tools, std::string_view why, int status = 1);
/// The same for an error of the store, with what to do next.
int fail(const HelpdeskTools& tools, const auth::StoreError& error);

/// The account that goes by what was typed, or the exit status of having said that there is none.
[[nodiscard]] std::expected<auth::Account, int> named_account(const std::string& login, const HelpdeskTools& tools);

/// "2026-09-01". nullopt: no such day, or outside of 1971 to 9999.
[[nodiscard]] std::optional<std::chrono::year_month_day> parse_day(std::string_view text);

/// A first and a last day as times: `from` is the first second there of its day, `until` the first one after it. Empty
/// texts are nullopt; the error names the wrong one.
struct Days {
    std::optional<auth::Time> from, until;
};
[[nodiscard]] std::expected<Days, std::string> parse_days(std::string_view from,
                                                          std::string_view until,
                                                          const base::TimeZone& zone);

}  // namespace postern::app
