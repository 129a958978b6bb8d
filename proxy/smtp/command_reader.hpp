/// Cuts what a submission client sends into lines before anything is parsed: RFC 5321 section 2.3.8 (a line ends in
/// CRLF and nothing else does) and RFC 4954 section 4 (longer lines within a SASL exchange).
#pragma once

#include "base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace postern::proxy::smtp {

/// Longest lines before login, in bytes without their CRLF.
struct LineLimits {
    std::size_t command = 8192;
    std::size_t sasl_response = 12288;
};

enum class LineKind : std::uint8_t { command, sasl_response };

enum class LineFault : std::uint8_t {
    too_long,
    bare_line_ending,  ///< a CR or a LF alone: what one server takes for one line another takes for two
    not_smtp,  ///< an HTTP request or a TLS handshake: say nothing, a browser could show the reply (ALPACA attack)
};

struct NeedBytes {};
/// One line without its CRLF, possibly empty. Valid until the reader is used again.
struct CommandLine {
    std::string_view text;
};

using LineEvent = std::variant<NeedBytes, CommandLine, LineFault>;

/// Does no I/O. Gives the same events however the bytes arrive. Holds at most one unfinished line and what the last
/// `receive` brought; a line that was given is wiped when the reader is used again. A fault is final: later bytes are
/// dropped and every later `next` gives it again.
class CommandReader {
public:
    explicit CommandReader(const LineLimits& limits) : limits_(limits) {}

    void receive(std::string_view bytes);

    /// `expected` may change from line to line, but not within one.
    [[nodiscard]] LineEvent next(LineKind expected);

    /// Whether there is anything behind the last line that was given.
    [[nodiscard]] bool has_unread() const noexcept { return buffer_.size() > given_; }
    /// Everything behind the last line that was given.
    [[nodiscard]] base::WipingBuffer take_unread();

private:
    [[nodiscard]] LineEvent finish_line(LineKind expected, std::size_t length);
    [[nodiscard]] LineEvent fail(LineFault fault);
    void drop_given_line();

    LineLimits limits_;
    base::WipingBuffer buffer_;
    std::size_t given_ = 0;    // size of the line in front that was given already, with its CRLF
    std::size_t scanned_ = 0;  // up to here the unfinished line holds no line ending
    std::optional<LineFault> fault_;
};

}  // namespace postern::proxy::smtp
