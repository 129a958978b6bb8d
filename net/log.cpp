#include "net/log.hpp"

#include <boost/json.hpp>
#include <fmt/chrono.h>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include <unistd.h>

namespace postern::net {
namespace {

constexpr std::size_t queued_lines = 8192;

struct Log {
    std::shared_ptr<spdlog::logger> logger;
    bool json = false;
};

Log& the_log() {
    static Log log;
    return log;
}

spdlog::level::level_enum spdlog_level(config::LogLevel level) {
    switch (level) {
        case config::LogLevel::debug:
            return spdlog::level::debug;
        case config::LogLevel::info:
            return spdlog::level::info;
        case config::LogLevel::warning:
            return spdlog::level::warn;
        case config::LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

std::string_view level_name(config::LogLevel level) {
    switch (level) {
        case config::LogLevel::debug:
            return "debug";
        case config::LogLevel::info:
            return "info";
        case config::LogLevel::warning:
            return "warning";
        case config::LogLevel::error:
            return "error";
    }
    return "info";
}

std::string timestamp() {
    const auto now = std::chrono::system_clock::now();
    const auto fraction =
        std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()) % std::chrono::seconds(1);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                       fraction.count());
}

/// JSON strings escape what is dangerous in a line (control characters, quotes) in a form that every tool can undo.
std::string quoted(std::string_view text) {
    return boost::json::serialize(boost::json::value(text));
}

bool needs_quotes(std::string_view text) {
    const auto plain = [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '=' && c != '\\'; };
    return text.empty() || !std::ranges::all_of(text, plain);
}

std::string json_line(config::LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    boost::json::object line{{"time", timestamp()}, {"level", level_name(level)}, {"event", event}};
    for (const LogField& field : fields)
        std::visit([&](const auto& value) { line.emplace(field.name, value); }, field.value);
    return boost::json::serialize(line);
}

std::string text_line(std::string_view event, std::initializer_list<LogField> fields) {
    std::string line(event);
    for (const LogField& field : fields) {
        line.append(" ").append(field.name).append("=");
        if (const auto* text = std::get_if<std::string_view>(&field.value))
            line += needs_quotes(*text) ? quoted(*text) : std::string(*text);
        else
            line += std::to_string(std::get<std::int64_t>(field.value));
    }
    return line;
}

}  // namespace

void start_logging(const config::LogSettings& settings) {
    Log& log = the_log();
    log.json = settings.format == config::LogFormat::json ||
               (settings.format == config::LogFormat::automatic && isatty(STDERR_FILENO) == 0);
    spdlog::init_thread_pool(queued_lines, 1);
    auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();  // colours only on a terminal
    log.logger = std::make_shared<spdlog::async_logger>("postern", std::move(sink), spdlog::thread_pool(),
                                                        spdlog::async_overflow_policy::overrun_oldest);
    log.logger->set_level(spdlog_level(settings.level));
    log.logger->set_pattern(log.json ? "%v" : "%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
    log.logger->flush_on(spdlog::level::info);
}

void stop_logging() {
    the_log().logger.reset();
    spdlog::shutdown();
}

void set_log_level(config::LogLevel level) {
    if (the_log().logger) the_log().logger->set_level(spdlog_level(level));
}

void log(config::LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    const Log& log = the_log();
    if (!log.logger || !log.logger->should_log(spdlog_level(level))) return;
    log.logger->log(spdlog_level(level), log.json ? json_line(level, event, fields) : text_line(event, fields));
}

}  // namespace postern::net
