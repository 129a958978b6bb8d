#include "net/log.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <string>

namespace postern::net {
namespace {

/// What `write` logs with these settings.
template <class Write>
std::string logged(const config::LogSettings& settings, Write write) {
    testing::internal::CaptureStderr();
    start_logging(settings);
    write();
    stop_logging();
    return testing::internal::GetCapturedStderr();
}

constexpr config::LogSettings json{.format = config::LogFormat::json, .level = config::LogLevel::info};
constexpr config::LogSettings text{.format = config::LogFormat::text, .level = config::LogLevel::info};

TEST(Log, JsonLinesHoldTimeLevelEventAndTheFields) {
    const std::string line = logged(
        json, [] { log(config::LogLevel::warning, "login", {{"account", "anne@example.org"}, {"duration_ms", 12}}); });
    const boost::json::object object = boost::json::parse(line).as_object();
    EXPECT_EQ(object.at("level").as_string(), "warning");
    EXPECT_EQ(object.at("event").as_string(), "login");
    EXPECT_EQ(object.at("account").as_string(), "anne@example.org");
    EXPECT_EQ(object.at("duration_ms").as_int64(), 12);
    EXPECT_EQ(object.at("time").as_string().size(), std::string_view("2026-01-01T00:00:00.000Z").size());
}

TEST(Log, AValueCanNeverBeginALineOfItsOwn) {
    const std::string hostile = "x\r\n{\"event\":\"login\"}\x1b[31m\"";
    for (const config::LogSettings& settings : {json, text}) {
        const std::string lines = logged(settings, [&] { log(config::LogLevel::info, "e", {{"field", hostile}}); });
        EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1) << lines;
        EXPECT_EQ(lines.find('\x1b'), std::string::npos) << lines;
    }
}

TEST(Log, EveryCharacterComesBackFromJson) {
    std::string every = "\xc3\xa9";
    for (char c = 0; c != '\x7f'; ++c) every += c;
    const std::string line = logged(json, [&] { log(config::LogLevel::info, "e", {{"field", every}, {"n", -7}}); });
    const boost::json::object object = boost::json::parse(line).as_object();
    EXPECT_EQ(object.at("field").as_string(), every);
    EXPECT_EQ(object.at("n").as_int64(), -7);
}

TEST(Log, TextLinesQuoteOnlyWhatNeedsIt) {
    const std::string line = logged(text, [] {
        log(config::LogLevel::info, "e", {{"plain", "a.b@c"}, {"empty", ""}, {"spaced", "a b"}, {"number", 7}});
    });
    EXPECT_NE(line.find("e plain=a.b@c empty=\"\" spaced=\"a b\" number=7\n"), std::string::npos) << line;
}

TEST(Log, LinesBelowTheLevelAreLeftOut) {
    const std::string lines = logged(json, [] {
        log(config::LogLevel::debug, "quiet");
        log(config::LogLevel::info, "loud");
    });
    EXPECT_EQ(lines.find("quiet"), std::string::npos);
    EXPECT_NE(lines.find("loud"), std::string::npos);
}

TEST(Log, WithoutAStartNothingIsWritten) {
    testing::internal::CaptureStderr();
    log(config::LogLevel::error, "nobody listens");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace postern::net
