#include "app/helpdesk_support.hpp"

#include "app/account_fields.hpp"
#include "app/account_text.hpp"
#include "base/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace postern::app {

namespace {

std::optional<int> number_in(std::string_view text) {
    int number = 0;
    if (text.empty() || !std::ranges::all_of(text, base::is_digit)) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace

int fail(const HelpdeskTools& tools, std::string_view why, int status) {
    tools.account.err << why << '\n';
    return status;
}

int fail(const HelpdeskTools& tools, const auth::StoreError& error) {
    if (error.fault == auth::StoreFault::not_found)
        return fail(tools, error.detail + ": `postern account list` shows which there are");
    return fail(tools, error.detail);
}

std::expected<auth::Account, int> named_account(const std::string& login, const HelpdeskTools& tools) {
    const auto name = read_name(login, "login");
    if (!name) return std::unexpected(fail(tools, name.error()));
    auto account = tools.account.accounts.find(*name);
    if (!account) return std::unexpected(fail(tools, account.error()));
    return std::move(*account);
}

std::optional<std::chrono::year_month_day> parse_day(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto year = number_in(text.substr(0, 4));
    const auto month = number_in(text.substr(5, 2));
    const auto day = number_in(text.substr(8, 2));
    if (!year || !month || !day || *year < 1971) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return date;
}

std::expected<Days, std::string> parse_days(std::string_view from, std::string_view until, const base::TimeZone& zone) {
    Days days;
    struct Bound {
        std::string_view text;
        std::optional<auth::Time>& into;
        std::chrono::days later;
    };
    for (const Bound& bound : {Bound{from, days.from, {}}, Bound{until, days.until, std::chrono::days(1)}}) {
        if (bound.text.empty()) continue;
        const auto day = parse_day(bound.text);
        if (!day)
            return std::unexpected("the day " + in_quotes(bound.text) + " does not exist: write it as 2026-09-01");
        bound.into = zone.begin_of(std::chrono::sys_days(*day) + bound.later);
    }
    return days;
}

}  // namespace postern::app
