#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace postern::bench {

/// What a server says: text, and between texts any number of octets of which only the count matters.
class Reply {
public:
    void say(std::string_view text);
    void fill(std::uint64_t octets);
    void close() { is_last_ = true; }

    bool is_empty() const { return pieces_.empty(); }
    bool is_last() const { return is_last_; }
    /// The next octets to send; not empty unless is_empty().
    std::string_view next() const;
    void sent(std::size_t octets);

private:
    struct Piece {
        std::string text;
        std::uint64_t filler;
    };

    std::deque<Piece> pieces_;
    std::uint64_t at_ = 0;  ///< how much of the first piece has been sent
    bool is_last_ = false;
};

/// One connection of a server that believes everybody. No I/O.
class ServerDialogue {
public:
    ServerDialogue() = default;
    ServerDialogue(const ServerDialogue&) = delete;
    ServerDialogue& operator=(const ServerDialogue&) = delete;
    virtual ~ServerDialogue() = default;

    virtual void greet(Reply& reply) = 0;
    virtual void take(std::string_view octets, Reply& reply) = 0;
};

/// IMAP4rev1 with LITERAL+, SASL-IR, IDLE and ID. A FETCH that names a part such as BODY.PEEK[]<0.1000> gets one
/// message of as many octets as it asks for at most; APPEND takes and forgets its literal.
std::unique_ptr<ServerDialogue> imap_server();

/// A relay with PIPELINING, CHUNKING, 8BITMIME, XCLIENT and AUTH, which forgets every message.
std::unique_ptr<ServerDialogue> smtp_server();

/// nginx's auth_http: sends IMAP users to one port and SMTP users to the other.
std::unique_ptr<ServerDialogue> nginx_auth_server(std::uint16_t imap_port, std::uint16_t smtp_port);

}  // namespace postern::bench
