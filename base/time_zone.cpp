#include "base/time_zone.hpp"

#include <unicode/timezone.h>
#include <unicode/unistr.h>

#include <stdexcept>
#include <utility>

namespace postern::base {

namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

// No zone is further from UTC than fourteen hours.
constexpr std::chrono::hours farthest{16};

std::string two_digits(long long number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
}

}  // namespace

struct TimeZone::Zone {
    std::unique_ptr<icu::TimeZone> rules;
};

std::optional<TimeZone> TimeZone::named(std::string_view name) {
    const std::string text(name);
    std::unique_ptr<icu::TimeZone> rules(icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(text)));
    if (!rules || *rules == icu::TimeZone::getUnknown() || text == "Etc/Unknown") return std::nullopt;
    return TimeZone(text, std::make_shared<Zone>(Zone{std::move(rules)}));
}

TimeZone TimeZone::utc() {
    return TimeZone("UTC",
                    std::make_shared<Zone>(Zone{std::unique_ptr<icu::TimeZone>(icu::TimeZone::getGMT()->clone())}));
}

sys_seconds TimeZone::local(sys_seconds time) const {
    constexpr double milliseconds = 1000;
    std::int32_t raw = 0;
    std::int32_t summer = 0;
    UErrorCode status = U_ZERO_ERROR;
    zone_->rules->getOffset(static_cast<double>(time.time_since_epoch().count()) * milliseconds, false, raw, summer,
                            status);
    if (U_FAILURE(status) != 0) throw std::runtime_error("ICU does not know the time in " + name_);
    return time + std::chrono::floor<seconds>(std::chrono::milliseconds(std::int64_t{raw} + summer));
}

std::chrono::year_month_day TimeZone::day_of(sys_seconds time) const {
    return std::chrono::floor<days>(local(time));
}

sys_seconds TimeZone::begin_of(std::chrono::year_month_day day) const {
    const sys_days wanted(day);
    sys_seconds before = sys_seconds(wanted) - farthest;
    sys_seconds at_or_after = sys_seconds(wanted) + farthest;
    while (at_or_after - before > seconds(1)) {
        const sys_seconds middle = before + (at_or_after - before) / 2;
        (sys_days(day_of(middle)) >= wanted ? at_or_after : before) = middle;
    }
    return at_or_after;
}

sys_seconds TimeZone::end_of_day(sys_seconds time) const {
    return begin_of(sys_days(day_of(time)) + days(1)) - seconds(1);
}

std::string TimeZone::clock_text(sys_seconds time) const {
    const sys_seconds shown = local(time);
    const std::chrono::hh_mm_ss clock(shown - std::chrono::floor<days>(shown));
    return two_digits(clock.hours().count()) + ':' + two_digits(clock.minutes().count());
}

}  // namespace postern::base
