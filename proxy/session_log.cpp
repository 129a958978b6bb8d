#include "proxy/session_log.hpp"

#include "net/log.hpp"

#include <atomic>
#include <random>
#include <variant>

namespace postern::proxy {
namespace {

using config::LogLevel;

std::string_view reason_of_end(RelayEnd end) {
    switch (end) {
        case RelayEnd::client_closed:
            return "client_closed";
        case RelayEnd::backend_closed:
            return "backend_closed";
        case RelayEnd::idle:
            return "idle";
        case RelayEnd::failed:
            return "failed";
        case RelayEnd::broken_protocol:
            return "protocol_error";
        case RelayEnd::shut_down:
            return "shut_down";
    }
    return "unknown";
}

std::string_view reason_of_cut(Cut cut) {
    return cut == Cut::kicked ? "kicked" : "revoked";
}

std::int64_t milliseconds_since(SteadyTime begun) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count();
}

}  // namespace

std::uint64_t next_session_number() {
    static std::atomic<std::uint64_t> next{std::random_device{}() * std::uint64_t{0x100000}};
    return next.fetch_add(1, std::memory_order_relaxed);
}

std::string_view factor_of(const auth::Evidence& evidence) {
    if (std::holds_alternative<auth::BearerToken>(evidence)) return "token";
    return std::holds_alternative<auth::CertificateHolder>(evidence) ? "certificate" : "password";
}

void log_attempt(const LoginAttempt& attempt, const LoggedSession& session) {
    const bool our_fault = attempt.outcome == "failed";
    net::log(our_fault ? LogLevel::error : LogLevel::info, "login",
             {{"outcome", attempt.outcome},
              {"reason", attempt.reason},
              {"account", attempt.account},
              {"factor", attempt.factor},
              {"protocol", session.protocol == config::MailProtocol::imap ? "imap" : "submission"},
              {"listener", session.listener},
              {"client", session.client},
              {"backend", attempt.backend},
              {"tls", session.tls},
              {"duration_ms", milliseconds_since(attempt.begun)},
              {"session", session.number},
              {"detail", attempt.detail}});
}

void log_session(const RelayReport& report,
                 std::optional<Cut> cut,
                 std::uint32_t refused_commands,
                 std::uint64_t number,
                 SteadyTime begun) {
    net::log(LogLevel::info, "session",
             {{"end", cut ? reason_of_cut(*cut) : reason_of_end(report.end)},
              {"session", number},
              {"bytes_from_client", report.bytes_from_client},
              {"bytes_from_backend", report.bytes_from_backend},
              {"refused_commands", refused_commands},
              {"duration_ms", milliseconds_since(begun)}});
}

}  // namespace postern::proxy
