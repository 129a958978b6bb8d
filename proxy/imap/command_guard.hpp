/// IMAP after login: what passes between client and backend, RFC 9051 sections 2.2 and 4.3, RFC 7888 (literals).
#pragma once

#include "config/settings.hpp"
#include "proxy/relay_guard.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace postern::proxy::imap {

/// Keeps commands from the backend that would change who the user is or blind this guard: UNAUTHENTICATE (RFC 8437),
/// LOGIN, AUTHENTICATE, STARTTLS and, unless it may pass, COMPRESS (RFC 4978). The first letter of such a word becomes
/// an X, so the backend itself answers that it does not know the command, in its order and under its tag. A list
/// of capabilities (RFC 9051 section 7.2.2) loses what a client may not use, see capabilities_after_login. Everything
/// else passes byte by byte.
///
/// Whether a synchronising literal or a new command follows is known only from what the backend says: until then
/// nothing behind it is looked at. Literals are skipped by their size, in both directions. A line that one server could
/// take for the announcement of a literal and another not (within quotes, in a word, without LITERAL+) ends the
/// session.
///
/// Where COMPRESS may pass, nothing behind it is looked at until the backend has answered. With its OK both directions
/// are compressed from the next byte on, and pass unread to the end of the session.
class CommandGuard final : public RelayGuard {
public:
    /// Of a command in front of its arguments. What is longer passes: no server knows it.
    static constexpr std::size_t longest_head = 256;
    /// Of a list of capabilities, with its CRLF. A longer one ends the session.
    static constexpr std::size_t longest_list = 16'384;

    /// `takes_literals_at_once`: the backend has LITERAL+ or LITERAL-.
    explicit CommandGuard(bool takes_literals_at_once,
                          config::Compression compress = config::Compression::strip,
                          config::Language language = config::Language::english)
        : takes_literals_at_once_(takes_literals_at_once), compress_(compress), language_(language) {}

    [[nodiscard]] std::string_view from_client(std::string_view bytes) override;
    [[nodiscard]] std::string_view from_backend(std::string_view bytes) override;
    [[nodiscard]] bool awaits_backend() const override { return awaits_go_ahead_ || awaits_compression_; }
    [[nodiscard]] bool is_broken() const override { return is_broken_; }
    [[nodiscard]] std::string_view farewell() const override;
    [[nodiscard]] std::uint32_t refused() const override { return refused_; }

private:
    /// The last bytes of a line, where the size of a literal stands.
    class LineEnd {
    public:
        /// A character in front, "{" and 20 digits, "+}" and CR LF
        static constexpr std::size_t longest = 26;

        /// As much of a whole line as this would hold.
        [[nodiscard]] static std::string_view of(std::string_view line) {
            return line.substr(line.size() - std::min(line.size(), longest));
        }

        void append(std::string_view bytes);
        void clear() { size_ = 0; }
        [[nodiscard]] std::string_view text() const { return {bytes_.data(), size_}; }

    private:
        std::array<char, longest> bytes_{};
        std::uint8_t size_ = 0;
    };

    /// One direction as lines and literals.
    struct Framing {
        std::uint64_t literal_left = 0;
        LineEnd line_end;           ///< of the line so far
        bool minds_quotes = false;  ///< what we read otherwise than the other side could be a hole: for the client only
        bool is_quoted = false;     ///< within a quoted string
        bool is_escaped = false;    ///< behind a backslash there
        bool is_line_start = true;
        bool is_continued = false;      ///< the line goes on behind a literal
        bool is_synchronising = false;  ///< of the literal that was announced last
        bool is_ambiguous = false;      ///< whether a literal was announced is a matter of opinion

        /// Takes the bytes of one line or literal, as far as they are there; how many.
        std::size_t take(std::string_view bytes);
        void follow_quotes(std::string_view bytes);
        void end_line(std::string_view line);
    };

    /// What has been read and is not decided on.
    struct Kept {
        std::string from_client;    ///< while the backend's word is awaited
        std::string list;           ///< the line of the backend so far, while it may be a list of capabilities
        std::string response_head;  ///< the first bytes of a line of the backend, while the client waits for its word
    };

    [[nodiscard]] Kept& keep();
    [[nodiscard]] std::string_view list() const { return kept_ ? std::string_view(kept_->list) : std::string_view(); }
    void give_back_room();
    [[nodiscard]] std::string_view sort_out(std::string_view bytes);
    [[nodiscard]] std::string_view take(std::string_view bytes, bool may_lend);
    std::size_t take_head(std::string_view bytes);
    [[nodiscard]] std::size_t command_begin() const;
    [[nodiscard]] std::string_view tag() const;
    void judge_head();
    void end_client_line();
    void look_at_response(std::string_view bytes, bool is_first);
    void look_for_compression(std::string& head);
    [[nodiscard]] bool may_be_list(std::string_view bytes) const;
    void take_list(std::string_view bytes);

    const bool takes_literals_at_once_;
    const config::Compression compress_;
    const config::Language language_;
    bool is_broken_ = false;
    bool asks_to_compress_ = false;    // the command under way
    bool awaits_compression_ = false;  // it is whole
    bool is_blind_ = false;            // both directions are compressed
    Framing client_{.minds_quotes = true};
    std::string head_;  // tag and command, held until both are whole; then kept for the tag until the next command
    bool is_in_head_ = true;
    bool is_head_judged_ = false;
    std::string up_;
    bool awaits_go_ahead_ = false;
    std::uint32_t refused_ = 0;
    Framing backend_;
    std::string down_;
    std::unique_ptr<Kept> kept_;  // null most of the time
};

}  // namespace postern::proxy::imap
