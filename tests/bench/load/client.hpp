#pragma once

#include "tests/bench/load/event_loop.hpp"
#include "tests/bench/load/octets.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace postern::bench {

enum class Protocol : std::uint8_t { imap, submission, http };

/// What a client sends, and how the answer begins that lets it go on.
struct Step {
    std::string text;
    std::uint64_t filler = 0;  ///< octets behind the text
    std::string end;           ///< behind the filler
    std::string good;          ///< with this the line begins that lets it go on
};

struct Hold {};  ///< stays connected and waits for Client::resume()
struct End {};   ///< is through
using Next = std::variant<Step, Hold, End>;

/// What one client does, and who counts it.
class Plan {
public:
    Plan() = default;
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;
    virtual ~Plan() = default;

    /// At the start and after each good answer. `octets` came as literals or bodies since the last call.
    virtual Next next(std::uint64_t octets) = 0;
    /// A line that lets it go on.
    virtual void answered(std::string_view) {}
    /// The connection is of no more use, before the plan was through.
    virtual void fail(const std::string& reason) = 0;
    /// The connection is over in either way.
    virtual void over(bool is_resumed) = 0;
};

/// One connection that follows a plan.
class Client final : public Pollable {
public:
    Client(Stream stream, Protocol protocol, std::unique_ptr<Plan> plan);

    int number() const override { return stream_.number(); }
    bool waits_to_read() const override { return !stream_.waits_to_write() || is_holding_; }
    bool waits_to_write() const override { return stream_.waits_to_write(); }
    bool on_ready() override;

    /// Asks the plan again. EventLoop::wake() must follow.
    void resume();

private:
    enum class Verdict : std::uint8_t { go_on, good, bad };

    bool converse();
    void advance();
    bool flush();
    void take(std::string_view octets);
    Verdict judge(std::string_view line);
    Verdict judge_imap(std::string_view line);
    Verdict judge_http(std::string_view line);

    Stream stream_;
    Protocol protocol_;
    std::unique_ptr<Plan> plan_;
    Step step_;
    std::uint64_t sent_ = 0;  ///< of text, filler and end together
    LineReader lines_;
    std::uint64_t literal_left_ = 0;
    std::uint64_t literal_length_ = 0;  ///< HTTP: of the body, once its header is known
    std::uint64_t octets_ = 0;          ///< of literals and bodies in this step
    bool ends_with_body_ = false;       ///< HTTP: the answer is whole when the body is
    bool closes_ = false;               ///< HTTP: the server wants no further request on this connection
    bool is_holding_ = false;
    bool is_through_ = false;
    std::string failure_;
};

}  // namespace postern::bench
