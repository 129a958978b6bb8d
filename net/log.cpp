#include "net/log.hpp"

#include "net/log_writer.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <ctime>
#include <memory>
#include <string>

#include <unistd.h>

namespace postern::net {
namespace {

using config::LogLevel;

// A buffer that a line has made larger than this is given back.
constexpr std::size_t kept_bytes = 4096;

struct Log {
    std::unique_ptr<LogWriter> writer;
    std::atomic<LogLevel> level = LogLevel::info;
    bool is_json = false;
    bool has_colours = false;
};

/// Never destroyed: threads may log to the last.
Log& the_log() {
    static Log& log = *new Log;
    return log;
}

std::string_view level_name(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            return "error";
    }
    return "info";
}

/// Select Graphic Rendition of ECMA-48.
std::string_view colour_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return "\x1b[36m";
        case LogLevel::info:
            return "\x1b[32m";
        case LogLevel::warning:
            return "\x1b[1;33m";
        case LogLevel::error:
            return "\x1b[1;31m";
    }
    return "";
}

void append_number(std::string& line, std::int64_t number) {
    std::array<char, 24> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    line.append(digits.data(), written.ptr);
}

/// Behind the second as `form` tells it, in UTC or local time: a dot and milliseconds. What tells the second is made
/// once a second.
void append_time(std::string& line, const char* form, bool is_utc) {
    struct Told {
        const char* form = nullptr;
        std::time_t second = 0;
        std::array<char, 32> text{};
        std::size_t size = 0;
    };
    static thread_local Told told;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    if (told.form != form || told.second != second.count()) {
        told.form = form;
        told.second = second.count();
        std::tm parts{};
        is_utc ? gmtime_r(&told.second, &parts) : localtime_r(&told.second, &parts);
        told.size = std::strftime(told.text.data(), told.text.size(), form, &parts);
    }
    const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(now - second).count();
    line.append(told.text.data(), told.size);
    line += '.';
    for (const auto unit : {100, 10, 1}) line += static_cast<char>('0' + milliseconds / unit % 10);
}

/// As a string of JSON (RFC 8259 section 7): it escapes what is dangerous in a line in a form that every tool can undo.
void append_quoted(std::string& line, std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    const auto is_plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; };
    line += '"';
    while (!text.empty()) {
        const auto end = std::ranges::find_if_not(text, is_plain);
        line.append(text.begin(), end);
        text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
        if (text.empty()) break;
        const auto byte = static_cast<unsigned char>(text.front());
        text.remove_prefix(1);
        line += '\\';
        if (byte >= 0x20)
            line += static_cast<char>(byte);
        else if (byte == '\n' || byte == '\r' || byte == '\t')
            line += byte == '\n' ? 'n' : byte == '\r' ? 'r' : 't';
        else
            line.append("u00") += {hex[byte >> 4U], hex[byte & 0xFU]};
    }
    line += '"';
}

bool needs_quotes(std::string_view text) {
    const auto plain = [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '=' && c != '\\'; };
    return text.empty() || !std::ranges::all_of(text, plain);
}

void append_json(std::string& line, LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    line += R"({"time":")";
    append_time(line, "%Y-%m-%dT%H:%M:%S", true);
    line.append(R"(Z","level":")").append(level_name(level)).append(R"(","event":")").append(event).append("\"");
    for (const LogField& field : fields) {
        line.append(",\"").append(field.name).append("\":");
        if (const auto* text = std::get_if<std::string_view>(&field.value))
            append_quoted(line, *text);
        else
            append_number(line, std::get<std::int64_t>(field.value));
    }
    line += '}';
}

void append_text(std::string& line, LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    append_time(line, "%Y-%m-%d %H:%M:%S", false);
    const bool has_colours = the_log().has_colours;
    line.append(" ").append(has_colours ? colour_of(level) : "").append(level_name(level));
    line.append(has_colours ? "\x1b[m " : " ").append(event);
    for (const LogField& field : fields) {
        line.append(" ").append(field.name).append("=");
        if (const auto* text = std::get_if<std::string_view>(&field.value))
            needs_quotes(*text) ? append_quoted(line, *text) : void(line.append(*text));
        else
            append_number(line, std::get<std::int64_t>(field.value));
    }
}

void append_line(std::string& line, LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    the_log().is_json ? append_json(line, level, event, fields) : append_text(line, level, event, fields);
    line += '\n';
}

std::string loss_line(std::uint64_t lost) {
    std::string line;
    append_line(line, LogLevel::warning, "log_lines_lost", {{"lines", lost}});
    return line;
}

}  // namespace

void start_logging(const config::LogSettings& settings) {
    Log& log = the_log();
    const bool is_terminal = isatty(STDERR_FILENO) != 0;
    log.is_json =
        settings.format == config::LogFormat::json || (settings.format == config::LogFormat::automatic && !is_terminal);
    log.has_colours = is_terminal;
    log.level = settings.level;
    log.writer = std::make_unique<LogWriter>(STDERR_FILENO, LogWriter::Bounds{}, loss_line);
}

void stop_logging() {
    the_log().writer.reset();
}

void set_log_level(LogLevel level) {
    the_log().level = level;
}

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    const Log& log = the_log();
    if (!log.writer || level < log.level.load(std::memory_order_relaxed)) return;
    static thread_local std::string line;
    line.clear();
    append_line(line, level, event, fields);
    log.writer->put(line, level >= LogLevel::warning);
    if (line.capacity() > kept_bytes) line = {};
}

}  // namespace postern::net
