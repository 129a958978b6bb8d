/// Reads the replies of a submission server: RFC 5321 section 4.2, strictly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace postern::proxy::smtp {

/// Bounds on one reply. RFC 5321 section 4.5.3.1.5 allows 512 bytes a line; servers send more.
inline constexpr std::size_t longest_reply_line = 2048;  ///< in bytes, with its CRLF
inline constexpr std::size_t most_reply_lines = 128;

struct Reply {
    unsigned code = 0;  ///< 200 to 599
    std::vector<std::string>
        lines;  ///< what stands behind the code on each line; at least one; any bytes but CR and LF
};

struct NoReplyYet {};

enum class ReplyFault : std::uint8_t {
    line_too_long,
    too_many_lines,
    malformed,  ///< no code, another code than the lines before, or a line that does not end in CRLF
};

/// In words, for the log.
[[nodiscard]] std::string_view describe(ReplyFault fault);

using ReplyEvent = std::variant<NoReplyYet, Reply, ReplyFault>;

/// Does no I/O. Gives the same events however the bytes arrive. A fault is final.
class ReplyReader {
public:
    void receive(std::string_view bytes);

    [[nodiscard]] ReplyEvent next();

    /// Bytes behind the last reply that was given.
    [[nodiscard]] bool has_unread() const noexcept { return !buffer_.empty(); }
    [[nodiscard]] std::string take_unread();

private:
    /// The size of the first line without its CRLF; nullopt: it is not complete.
    [[nodiscard]] std::optional<std::size_t> find_line_end();
    /// True if `line` was the last of its reply.
    [[nodiscard]] bool add_line(std::string_view line);

    std::string buffer_;
    std::size_t scanned_ = 0;  // up to here the first line of buffer_ holds no line ending
    Reply reply_;              // the lines so far
    std::optional<ReplyFault> fault_;
};

}  // namespace postern::proxy::smtp
