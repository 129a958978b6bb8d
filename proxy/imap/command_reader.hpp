/// Cuts what a client sends before login into whole IMAP commands, without I/O. Sources: RFC 9051 sections 2.2 (lines
/// end in CRLF), 4.3 and RFC 7888 (literals).
///
/// A command is read to its end, literals included, before any of it is judged: what is inside a literal can never be
/// taken for a command, whatever is wrong with the line that announced it.
///
/// How it stays in step with a client that breaks the rules:
/// - A line ends at its LF. Without a CR before it, or with a CR elsewhere, the command is bad and reading goes on
/// behind
///   the LF.
/// - A synchronising literal that is too long, or is announced by a bad line, is not asked for: the client keeps it.
/// - A `{n+}` that is too long, or is announced by a line without CRLF, leaves open what the next bytes are; so does a
/// line
///   that never ends. Then the stream is unusable.
/// Thread rule: one thread.
#pragma once

#include "base/secret.hpp"
#include "proxy/imap/grammar.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <variant>

namespace postern::proxy::imap {

/// In bytes.
struct ReaderLimits {
    std::size_t line = 8192;      ///< between line ends, so the parts around a literal count each
    std::size_t literal = 4096;   ///< one literal
    std::size_t command = 16384;  ///< one command with all its literals
    std::size_t tag = 64;
    std::size_t sasl_response = 12288;  ///< RFC 4954 section 4
    bool asks_for_literals = true;      ///< false: a synchronising literal is treated like one that is too long
};

struct NeedBytes {};
/// The client waits for "+": send it and ask again.
struct SendContinuation {};

/// Views are valid until the next `receive` or `take_rest`.
struct Command {
    std::string_view tag;        ///< valid, not longer than the limit
    std::string_view name;       ///< an atom, in the client's case
    std::string_view arguments;  ///< behind the space; literals stand in it as they came: "{3}", CRLF, 3 bytes
};

enum class CommandFault : std::uint8_t {
    syntax,            ///< no tag, no name, or bytes that belong in no command
    line_end,          ///< CR or LF alone
    literal_too_long,  ///< asked to send more than the limit, or a literal at all, and was not let
};

/// To be refused with BAD. Reading goes on behind it.
struct BadCommand {
    std::string_view tag;  ///< empty when there was none that may be repeated; valid as in Command
    CommandFault fault = CommandFault::syntax;
};

/// One line of an AUTHENTICATE exchange, without CRLF; valid as in Command.
struct SaslResponse {
    std::string_view text;
};

enum class StreamFault : std::uint8_t {
    not_imap,     ///< an HTTP request or a TLS record: say nothing and close
    too_long,     ///< more than the limits for a line, literal or command
    out_of_step,  ///< nobody can tell where the next command begins
};

/// Nothing more can be read. Every later call says the same.
struct Unusable {
    StreamFault fault = StreamFault::too_long;
};

using CommandEvent = std::variant<NeedBytes, SendContinuation, Command, BadCommand, SaslResponse, Unusable>;

/// Call `next` (or `next_sasl_response`) until it needs bytes, then `receive`. So it never holds more than one command
/// and what came with its last bytes.
class CommandReader {
public:
    explicit CommandReader(ReaderLimits limits) : limits_(limits) {}

    void receive(std::string_view bytes);

    /// The next command.
    [[nodiscard]] CommandEvent next();

    /// The next line as the answer to a SASL challenge. Only between commands. A line end that is not CRLF gives
    /// BadCommand.
    [[nodiscard]] CommandEvent next_sasl_response();

    /// Everything behind the last command, byte for byte; the reader is empty afterwards.
    [[nodiscard]] base::WipingBuffer take_rest();

    [[nodiscard]] std::size_t bytes_held() const noexcept { return buffer_.size() - start_; }

private:
    struct Line {
        std::string_view text;
        bool ends_in_crlf = false;
    };

    std::expected<Line, CommandEvent> take_line(std::size_t longest);
    std::optional<CommandEvent> take_literal(const LiteralHead& literal, bool announced_with_crlf);
    CommandEvent finish(std::size_t end);
    CommandEvent give_up(StreamFault fault);
    [[nodiscard]] std::size_t room() const noexcept;

    ReaderLimits limits_;
    base::WipingBuffer buffer_;
    std::size_t start_ = 0;  ///< where the current command begins
    std::size_t position_ =
        0;  ///< behind its finished lines and announced literals; so maybe behind the end of buffer_
    std::optional<CommandFault> fault_;
    std::optional<StreamFault> unusable_;
};

}  // namespace postern::proxy::imap
