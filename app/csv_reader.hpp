/// CSV files as RFC 4180 describes them, by libcsv; strict, with the line each row begins on.
#pragma once

#include "base/secret.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace postern::app {

/// Fields of a row that are kept; of a row with more, the first of them and one more, so that it shows.
inline constexpr std::size_t max_csv_fields = 64;

/// What is found in a file. Lines count from 1; those inside quoted fields count too.
struct CsvEvents {
    /// A row and the line it begins on. Fields are as written, spaces included, without their quotes; they are wiped
    /// when the call is over unless they are moved away.
    std::function<void(std::size_t line, std::span<base::WipingBuffer> fields)> row;
    std::function<void(std::size_t line, std::string what)> problem;
};

/// Reads UTF-8 text with comma, double quotes and lines that end in LF or CRLF; a byte order mark in front is passed
/// over, empty lines are too. Problems: bytes that are not UTF-8, NUL, a lone CR; and, ending the reading, a misplaced
/// or missing quote. Every copy of the text that is made on the way is wiped.
void read_csv(std::string_view text, const CsvEvents& events);

}  // namespace postern::app
