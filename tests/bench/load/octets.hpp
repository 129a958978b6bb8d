#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::bench {

/// Octets of one line of the filler, with its CRLF.
constexpr std::uint64_t filler_line = 78;

/// An endless text of lines of 76 letters, from one static buffer: at most `octets` of it behind the first `at`; never
/// empty for `octets` above 0.
std::string_view filler(std::uint64_t at, std::uint64_t octets);

/// Takes at most `count` octets from the front; how many.
std::uint64_t skip(std::string_view& octets, std::uint64_t count);

/// The number that the text begins with; 0 when it begins with none.
std::uint64_t number_at(std::string_view text);

std::string upper(std::string_view text);

/// A string of JSON; control characters become spaces.
std::string quoted(const std::string& text);

/// A literal that is announced at the end of a line (RFC 9051 section 4.3).
struct Literal {
    std::uint64_t octets;
    bool is_synchronising;
};
std::optional<Literal> literal_at_end(std::string_view line);

/// Puts lines together that come in pieces.
class LineReader {
public:
    /// Takes octets from the front up to the end of a line, or all. The line, without CRLF, is good until the next
    /// call. A line that is longer than 64 KiB throws std::runtime_error.
    std::optional<std::string_view> next(std::string_view& octets);

private:
    std::string line_;
    bool is_complete_ = false;
};

}  // namespace postern::bench
