/// Civil time: days begin and end where the people are, not in UTC.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace postern::base {

/// One zone of the IANA database, in the edition that ICU carries. Immutable; copies share it.
/// Thread rule: may be used from any number of threads at once.
class TimeZone {
public:
    /// "Europe/Paris"; nullopt: there is no such zone.
    [[nodiscard]] static std::optional<TimeZone> named(std::string_view name);
    /// "UTC".
    [[nodiscard]] static TimeZone utc();

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// The day that calendars there show at `time`.
    [[nodiscard]] std::chrono::year_month_day day_of(std::chrono::sys_seconds time) const;
    /// The first second of a day: midnight, or later where clocks jump over it.
    [[nodiscard]] std::chrono::sys_seconds begin_of(std::chrono::year_month_day day) const;
    /// 23:59:59 of the day that `time` falls on there.
    [[nodiscard]] std::chrono::sys_seconds end_of_day(std::chrono::sys_seconds time) const;
    /// What clocks there show: "23:59".
    [[nodiscard]] std::string clock_text(std::chrono::sys_seconds time) const;

private:
    struct Zone;
    TimeZone(std::string name, std::shared_ptr<const Zone> zone) : name_(std::move(name)), zone_(std::move(zone)) {}

    [[nodiscard]] std::chrono::sys_seconds local(std::chrono::sys_seconds time) const;

    std::string name_;
    std::shared_ptr<const Zone> zone_;
};

}  // namespace postern::base
