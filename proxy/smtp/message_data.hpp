/// The text of a message behind DATA: RFC 5321 sections 2.3.8, 4.1.1.4 and 4.5.2. Finds its end, and leaves nothing in
/// it that another server could take for an end ("SMTP smuggling").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::proxy::smtp {

/// A line ends in CRLF and a message in CRLF "." CRLF, and nothing else ends either. A CR or a LF alone, which old
/// devices send, becomes a CRLF; whatever dot stands where one server would then see the beginning of a line and
/// another would not is doubled, so that both read the same one message. What has none of that passes byte by byte.
///
/// Does no I/O. Gives the same bytes however they arrive. Holds one byte.
class MessageData {
public:
    struct Piece {
        std::size_t taken = 0;  ///< how many of the bytes belong to the message
        std::string_view text;  ///< what takes their place: a part of them, or held here until the next call
        bool has_ended = false;
    };

    /// A new message begins with the next bytes.
    void begin() { state_ = State::line_start; }

    /// Takes bytes up to the end of the message.
    [[nodiscard]] Piece take(std::string_view bytes);

private:
    enum class State : std::uint8_t {
        line_start,       ///< behind a CRLF: a dot here is stuffed, or the end
        soft_line_start,  ///< behind a line ending that was a CR or LF alone: a dot here is not stuffed yet
        text,
        carriage_return,  ///< in a line, behind a CR that was passed on
        dot,              ///< behind a dot that begins a line
        dot_return,       ///< behind that and a CR, which is held
        ended,
    };

    [[nodiscard]] std::size_t skip_clean_text(std::string_view bytes);
    void step(char c);
    void begin_soft_line(char c);
    void pass(char c) { text_ += c; }

    State state_ = State::line_start;
    std::string text_;
};

}  // namespace postern::proxy::smtp
