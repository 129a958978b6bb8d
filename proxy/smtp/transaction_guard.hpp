/// Submission after login: what passes between client and relay, RFC 5321, RFC 2920 (pipelining), RFC 3030 (BDAT).
#pragma once

#include "config/settings.hpp"
#include "proxy/relay_guard.hpp"
#include "proxy/smtp/message_data.hpp"
#include "proxy/smtp/transaction_policy.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace postern::proxy::smtp {

/// Only commands that every submission needs reach the backend, each on a line of its own that no server can read in
/// two ways. XCLIENT, XFORWARD, AUTH and STARTTLS never do: the backend trusts postern's address, and would let a
/// client be somebody else.
///
/// A command that is refused becomes a NOOP for the backend, whose reply becomes ours: so replies stay in order however
/// much is pipelined. The reply to DATA is awaited before anything behind it is looked at, because only that reply
/// tells whether a message or a command follows. BDAT passes only to a backend that takes it: another would read its
/// octets as commands.
class TransactionGuard final : public RelayGuard {
public:
    static constexpr std::size_t longest_command = 4096;        ///< without CRLF
    static constexpr std::size_t longest_reply_line = 2048;     ///< with CRLF
    static constexpr std::size_t most_replies_awaited = 64;     ///< more commands wait in the kernel
    static constexpr std::size_t most_ehlo_bytes = 16'384;      ///< of the reply to EHLO
    static constexpr std::uint32_t most_refused_commands = 20;  ///< one more ends the session

    /// `backend_takes_chunks`: its reply to EHLO said CHUNKING.
    TransactionGuard(std::unique_ptr<TransactionPolicy> policy,
                     bool backend_takes_chunks,
                     config::Language language = config::Language::english)
        : policy_(std::move(policy)), language_(language), takes_chunks_(backend_takes_chunks) {}

    [[nodiscard]] std::string_view from_client(std::string_view bytes) override;
    [[nodiscard]] std::string_view from_backend(std::string_view bytes) override;
    [[nodiscard]] bool awaits_backend() const override;
    [[nodiscard]] bool is_broken() const override { return is_broken_; }
    [[nodiscard]] std::string_view farewell() const override;
    /// The text of a message is what the client sends now.
    [[nodiscard]] bool is_in_data() const { return mode_ == Mode::data; }
    [[nodiscard]] std::uint32_t refused() const override { return refused_; }

private:
    /// What the client sends now.
    enum class Mode : std::uint8_t { command, data_asked, data, chunk, over };
    /// Which command a reply belongs to.
    enum class Kind : std::uint8_t { passed, hello, data, replaced };
    struct Awaited {
        Kind kind = Kind::passed;
        std::string_view reply;  ///< of replaced: ours
    };

    [[nodiscard]] std::string_view take(std::string_view bytes, bool may_lend);
    std::size_t take_line(std::string_view bytes);
    void obey(std::string_view line);
    void obey_mail(std::string_view line, std::string_view argument);
    void obey_chunk(std::string_view line, std::string_view argument);
    void pass(std::string_view line, Kind kind = Kind::passed);
    void refuse(std::string_view reply);
    void hang_up(std::string_view reply);
    void take_reply_line(std::string_view line);
    void end_reply(unsigned code);
    void note_hello_line(std::string_view line, bool is_last);

    std::unique_ptr<TransactionPolicy> policy_;
    const config::Language language_;
    Mode mode_ = Mode::command;
    bool takes_chunks_ = false;
    bool is_broken_ = false;
    std::uint32_t refused_ = 0;
    std::uint64_t chunk_left_ = 0;
    MessageData data_;
    std::string line_;  // of the client, not complete
    std::string held_;  // behind a DATA that was not answered yet
    std::string up_;
    std::deque<Awaited> awaited_;
    std::string reply_line_;  // of the backend, not complete
    std::string hello_;       // lines of the reply to EHLO, filtered
    std::string down_;
};

}  // namespace postern::proxy::smtp
