/// One structured line for each thing worth knowing. For people on a terminal, JSON for everything else.
#pragma once

#include "config/settings.hpp"

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace postern::net {

/// A named value of a log line. Values may come from clients: they are escaped, so that a line stays one line.
/// There is no conversion from base::Secret.
struct LogField {
    std::string_view name;  ///< lower case, words joined by `_`
    std::variant<std::string_view, std::int64_t> value;

    LogField(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
    LogField(std::string_view field_name, const char* text) : name(field_name), value(std::string_view(text)) {}
    template <class Number>
        requires std::is_integral_v<Number>
    LogField(std::string_view field_name, Number number) : name(field_name), value(static_cast<std::int64_t>(number)) {}
};

/// Starts the log on standard error. Lines are written by a thread of their own, many at once: a warning or an error
/// without delay, others within 100 ms. If the reader of the log stalls, the oldest lines above 1 MiB are lost (a later
/// line, `log_lines_lost`, tells how many), and the mail goes on. Call before any other thread logs.
void start_logging(const config::LogSettings& settings);

/// What is less than `level` is not written from now on. Thread rule: any thread.
void set_log_level(config::LogLevel level);

/// Writes what is queued and ends the thread. Call when no other thread logs any more.
void stop_logging();

/// Writes one line: time, level, event (as the names of fields: lower case, joined by `_`) and the fields in the order
/// given. Before `start_logging` it does nothing.
/// Thread rule: any thread; never blocks.
void log(config::LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

}  // namespace postern::net
