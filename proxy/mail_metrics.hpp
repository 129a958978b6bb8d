/// What the mail face counts.
#pragma once

#include "config/settings.hpp"
#include "net/metrics.hpp"
#include "proxy/relay.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace postern::proxy {

/// What a server of a backend said to a login on a user's behalf.
enum class BackendAnswer { accepted, refused, failed };

/// Made from the backends of one reading of the configuration; one made from the next reading over the same registry
/// goes on with the same numbers. Thread rule: any thread.
class MailMetrics {
public:
    MailMetrics(prometheus::Registry& registry, const std::map<std::string, config::BackendSettings>& backends);

    /// One client connection, counted while it lives. The registry must outlive it.
    class OpenSession {
    public:
        explicit OpenSession(prometheus::Gauge& gauge) : gauge_(gauge) { gauge_.Increment(); }
        OpenSession(const OpenSession&) = delete;
        OpenSession& operator=(const OpenSession&) = delete;
        OpenSession(OpenSession&&) = delete;
        OpenSession& operator=(OpenSession&&) = delete;
        ~OpenSession() { gauge_.Decrement(); }

    private:
        prometheus::Gauge& gauge_;
    };
    [[nodiscard]] prometheus::Gauge& sessions(config::MailProtocol protocol) const { return *of(protocol).sessions; }

    /// `version` as OpenSSL names it; empty: the handshake failed.
    void handshake(config::MailProtocol protocol, std::string_view version) const {
        of(protocol).handshakes.ended(version);
    }

    /// `outcome` and `reason` as the log line "login" has them; a reason that is on no list counts as "other".
    void login(config::MailProtocol protocol,
               std::string_view outcome,
               std::string_view reason,
               std::chrono::duration<double> spent) const;

    /// `server`: its index in the backend.
    void backend_login(const config::BackendSettings& backend, std::size_t server, BackendAnswer answer) const;

    /// The TLS handshake with a server that is not spoken to in clear text.
    void backend_handshake(const config::BackendSettings& backend, std::size_t server, bool is_resumed) const;

    [[nodiscard]] RelayCounters relayed(config::MailProtocol protocol) const { return of(protocol).relayed; }

    void refused_commands(config::MailProtocol protocol, std::uint32_t count) const {
        of(protocol).refused_commands->Increment(count);
    }

private:
    using Counters = std::map<std::string, prometheus::Counter*, std::less<>>;
    struct OfProtocol {
        net::HandshakeCounters handshakes;
        prometheus::Gauge* sessions = nullptr;
        std::map<std::string, Counters, std::less<>> logins;  // by outcome and reason
        std::map<std::string, prometheus::Histogram*, std::less<>> durations;
        RelayCounters relayed;
        prometheus::Counter* refused_commands = nullptr;
    };
    struct OfServer {
        std::array<prometheus::Counter*, 3> logins{};  // by BackendAnswer
        prometheus::Counter* full_handshakes = nullptr;
        prometheus::Counter* resumed_handshakes = nullptr;
    };

    [[nodiscard]] const OfProtocol& of(config::MailProtocol protocol) const {
        return protocol == config::MailProtocol::imap ? imap_ : submission_;
    }
    static OfProtocol make(prometheus::Registry& registry, const std::string& protocol);
    static void add_logins(OfProtocol& counters, prometheus::Registry& registry, const std::string& protocol);

    OfProtocol imap_;
    OfProtocol submission_;
    std::map<std::string, std::vector<OfServer>> servers_;  // by the backend's name
};

}  // namespace postern::proxy
