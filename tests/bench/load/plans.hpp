#pragma once

#include "tests/bench/load/client.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace postern::bench {

using Clock = std::chrono::steady_clock;

/// What all sessions of a run did together.
struct Totals {
    std::uint64_t operations = 0;
    std::uint64_t errors = 0;
    std::uint64_t octets = 0;  ///< of messages, in either direction
    std::uint64_t handshakes = 0;
    std::uint64_t resumed = 0;  ///< of these handshakes
    std::uint64_t held = 0;
    std::string first_error;
    std::vector<double> microseconds;  ///< of each operation
};

struct User {
    std::string login;
    std::string password;
};

/// From the greeting to the answer to the login.
std::vector<Step> login_steps(Protocol protocol, const User& user);
/// From login to farewell.
std::vector<Step> logout_steps(Protocol protocol);
/// A message of about that many octets, from MAIL to the end of DATA.
std::vector<Step> message_steps(const User& user, std::uint64_t octets);
std::vector<Step> fetch_steps(std::uint64_t octets);
std::vector<Step> append_steps(std::uint64_t octets);
std::vector<Step> noop_steps();
std::vector<Step> idle_steps();
std::vector<Step> done_steps();
std::vector<Step> http_steps(const std::string& host, const std::string& path);

/// Does `before` once, `operation` over and over while the run goes on, and `after`.
struct Script {
    std::vector<Step> before;
    std::vector<Step> operation;
    std::vector<Step> after;
    std::uint64_t operations_at_most;  ///< of one session
    bool times_session = false;        ///< an operation is timed from the connection, not from its first step
    bool holds = false;                ///< waits before `after`
};

/// What sessions need to know of the run they belong to.
class Run {
public:
    Run() = default;
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    virtual ~Run() = default;

    virtual bool goes_on() const = 0;
    virtual void slot_is_free(std::size_t slot) = 0;
    Totals totals;
};

class ScriptedPlan final : public Plan {
public:
    /// `started`: when the session should begin; what is timed from the connection is timed from then.
    ScriptedPlan(Run& run, std::size_t slot, Script script, Clock::time_point started);

    Next next(std::uint64_t octets) override;
    void fail(const std::string& reason) override;
    void over(bool is_resumed) override;

private:
    void count_operation();

    Run& run_;
    std::size_t slot_;
    Script script_;
    Clock::time_point started_;
    enum class Part : std::uint8_t { before, operation, after } part_ = Part::before;
    std::size_t step_ = 0;
    std::uint64_t operations_ = 0;
    bool has_held_ = false;
};

}  // namespace postern::bench
