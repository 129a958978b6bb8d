/// The two lines of the log that a mail session writes: one for each attempt to log in, one at the end of its relay.
#pragma once

#include "auth/verdict.hpp"
#include "config/settings.hpp"
#include "proxy/open_sessions.hpp"
#include "proxy/relay.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::proxy {

using SteadyTime = std::chrono::steady_clock::time_point;

/// What joins the log lines of one session: unique for the life of the process, and improbable to repeat after it.
/// Thread rule: any thread.
[[nodiscard]] std::uint64_t next_session_number();

/// An attempt to log in, as it becomes a log line.
struct LoginAttempt {
    SteadyTime begun = std::chrono::steady_clock::now();
    std::string account;  ///< empty: nobody we know. What was typed instead may be a password: it is never logged
    std::string backend;
    std::string_view factor;
    std::string_view outcome = "refused";
    std::string_view reason;
    std::string detail;
};

/// What somebody showed, as the log calls it.
[[nodiscard]] std::string_view factor_of(const auth::Evidence& evidence);

/// What both lines of a session may need.
struct LoggedSession {
    config::MailProtocol protocol = config::MailProtocol::imap;
    std::string_view listener;
    std::string_view client;  ///< address
    std::string_view tls;     ///< version
    std::uint64_t number = 0;
};

void log_attempt(const LoginAttempt& attempt, const LoggedSession& session);

/// `cut`: why it was ended from here, if it was.
void log_session(const RelayReport& report,
                 std::optional<Cut> cut,
                 std::uint32_t refused_commands,
                 std::uint64_t number,
                 SteadyTime begun);

}  // namespace postern::proxy
