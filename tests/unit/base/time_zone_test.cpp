#include "base/time_zone.hpp"

#include <gtest/gtest.h>

namespace postern::base {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using namespace std::chrono_literals;

const TimeZone paris = TimeZone::named("Europe/Paris").value();

sys_seconds utc(std::chrono::year_month_day day, seconds time) {
    return sys_seconds(sys_days(day)) + time;
}

TEST(TimeZone, KnowsTheNamesOfTheIanaDatabaseAndNoOthers) {
    EXPECT_TRUE(TimeZone::named("Indian/Reunion"));
    for (const std::string name : {"", "Paris", "Europe/Amiens", "Etc/Unknown", "GMT+25:99", "Europe/Paris\n"})
        EXPECT_FALSE(TimeZone::named(name)) << name;
}

TEST(TimeZone, EndsADayAtOneSecondToMidnightThere) {
    EXPECT_EQ(paris.end_of_day(utc(2026y / 11 / 25, 18h)), utc(2026y / 11 / 25, 22h + 59min + 59s));
    EXPECT_EQ(paris.end_of_day(utc(2026y / 7 / 14, 12h)), utc(2026y / 7 / 14, 21h + 59min + 59s));
    EXPECT_EQ(paris.end_of_day(utc(2026y / 7 / 14, 22h)), utc(2026y / 7 / 15, 21h + 59min + 59s)) << "past midnight";
    EXPECT_EQ(paris.clock_text(paris.end_of_day(utc(2026y / 7 / 14, 12h))), "23:59");
}

TEST(TimeZone, KnowsTheDaysThatAreAnHourShorterOrLonger) {
    // 29 March 2026: clocks jump from 02:00 to 03:00. 25 October: from 03:00 back to 02:00.
    EXPECT_EQ(paris.begin_of(2026y / 3 / 29), utc(2026y / 3 / 28, 23h));
    EXPECT_EQ(paris.end_of_day(utc(2026y / 3 / 29, 0s)), utc(2026y / 3 / 29, 21h + 59min + 59s));
    EXPECT_EQ(paris.begin_of(2026y / 10 / 25), utc(2026y / 10 / 24, 22h));
    EXPECT_EQ(paris.end_of_day(utc(2026y / 10 / 25, 0s)), utc(2026y / 10 / 25, 22h + 59min + 59s));
    for (const auto day : {2026y / 3 / 29, 2026y / 10 / 25}) {
        const auto length = paris.end_of_day(paris.begin_of(day)) + 1s - paris.begin_of(day);
        EXPECT_EQ(length, day == 2026y / 3 / 29 ? hours(23) : hours(25));
    }
}

TEST(TimeZone, BeginsADayLaterWhereClocksJumpOverMidnight) {
    const TimeZone beirut = TimeZone::named("Asia/Beirut").value();  // 29 March 2026: from 00:00 to 01:00
    EXPECT_EQ(beirut.clock_text(beirut.begin_of(2026y / 3 / 29)), "01:00");
    EXPECT_EQ(beirut.day_of(beirut.begin_of(2026y / 3 / 29) - 1s), 2026y / 3 / 28);
}

TEST(TimeZone, UtcIsAZoneToo) {
    EXPECT_EQ(TimeZone::utc().end_of_day(utc(2026y / 11 / 25, 18h)), utc(2026y / 11 / 25, 24h - 1s));
    EXPECT_EQ(TimeZone::utc().day_of(utc(2026y / 11 / 25, 18h)), 2026y / 11 / 25);
}

}  // namespace
}  // namespace postern::base
