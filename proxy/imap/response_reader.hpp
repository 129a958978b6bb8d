/// Cuts what an IMAP server sends into responses, without I/O and without trust. Source: RFC 9051 sections 2.2.2 and 7.
/// Thread rule: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace postern::proxy::imap {

/// Bounds on everything a backend says until the user is in.
struct ResponseLimits {
    std::size_t line = 8192;      ///< bytes between line ends, so the parts around a literal count each
    std::size_t literal = 65536;  ///< bytes of one literal; they are skipped and never stored
    std::size_t lines = 128;      ///< of all responses together
};

struct NeedResponseBytes {};

/// The view is valid until the next call of `next`, `receive` or `take_rest`.
struct Response {
    enum class Kind : std::uint8_t { continuation, untagged, tagged };
    Kind kind = Kind::untagged;
    std::string tag;  ///< only when tagged
    std::string_view
        text;  ///< behind "+ ", "* " or the tag; of a response with literals the part before the first of them
};

enum class ResponseFault : std::uint8_t { too_long, too_many_lines, malformed };

/// In words, for the log.
[[nodiscard]] std::string_view describe(ResponseFault fault);

using ResponseEvent = std::variant<NeedResponseBytes, Response, ResponseFault>;

/// Literals are looked for only where the grammar allows them: not in a status response, whose text may end in "{5}" by
/// accident, nor in anything tagged. A line that does not end in CRLF is malformed. After a fault it says the same for
/// ever.
class ResponseReader {
public:
    explicit ResponseReader(ResponseLimits limits = {}) : limits_(limits) {}

    void receive(std::string_view bytes);
    [[nodiscard]] ResponseEvent next();

    /// Everything behind the last response, byte for byte; the reader is empty afterwards.
    [[nodiscard]] std::string take_rest();

    [[nodiscard]] std::size_t bytes_held() const noexcept { return buffer_.size(); }

private:
    std::optional<ResponseEvent> take_line(std::string_view line);
    ResponseEvent fail(ResponseFault fault);

    ResponseLimits limits_;
    std::string buffer_;        ///< from the first byte that belongs to no finished line
    std::string first_line_;    ///< of the response being read or last given
    bool in_response_ = false;  ///< first_line_ announced a literal, so the response goes on
    std::size_t literal_bytes_left_ = 0;
    std::size_t lines_ = 0;
    std::optional<ResponseFault> fault_;
};

}  // namespace postern::proxy::imap
