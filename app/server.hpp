/// The running program: workers, their listeners, and the configuration they serve with.
#pragma once

#include "app/background.hpp"
#include "app/generation.hpp"
#include "app/monitoring.hpp"
#include "app/revocations.hpp"
#include "auth/authenticator.hpp"
#include "auth/keyring.hpp"
#include "auth/password_verifiers.hpp"
#include "auth/store.hpp"
#include "base/clock.hpp"
#include "config/settings.hpp"
#include "net/blocking_pool.hpp"
#include "net/connection_limit.hpp"
#include "net/listener.hpp"
#include "net/tcp_socket.hpp"
#include "net/worker.hpp"
#include "proxy/sending_limits.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::app {

/// Thread rule: one thread, which may block for as long as files are read and workers come to what they are posted.
class Server {
public:
    /// What must be opened before anything can be served.
    struct Resources {
        auth::Keyring keyring;
        std::unique_ptr<auth::Store> store;
    };
    [[nodiscard]] static std::expected<Resources, std::string> open(const config::Settings& settings);

    Server(const config::Settings& settings, Resources resources);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    Server(Server&&) = delete;
    Server& operator=(Server&&) = delete;
    ~Server();

    /// Binds the listeners, or takes those that are inherited, and serves. The error says what to do. Call once.
    [[nodiscard]] std::expected<void, std::string> start(config::Settings settings,
                                                         std::vector<net::InheritedSocket> inherited);

    /// Serves with other settings from now on. Sessions go on with those they began with; no connection is refused
    /// meanwhile. When it fails, nothing has changed. Gives the sections that only a restart applies.
    [[nodiscard]] std::expected<std::vector<std::string>, std::string> reload(config::Settings settings);

    /// The descriptors of all listening sockets. They stay the server's.
    [[nodiscard]] std::vector<int> listening_sockets() const;

    /// Accepts no more, and does nothing by itself any more: somebody else serves now. Sessions go on.
    void retire();

    /// Connections of clients that are open now.
    [[nodiscard]] std::uint32_t connections() const { return connections_.count(); }

    /// Tells every connection to end, and waits for that; what is left after ten seconds is cut. Call once.
    void stop();

    [[nodiscard]] std::size_t threads() const { return stations_.size(); }
    [[nodiscard]] const Generation& generation() const { return *generation_; }
    [[nodiscard]] const proxy::OpenSessions& sessions() const { return sessions_; }

private:
    using Endpoint = std::pair<std::string, std::uint16_t>;  // address and port
    // More than one for an endpoint where more were inherited than there are workers.
    using Listeners = std::multimap<Endpoint, std::shared_ptr<net::Listener>>;
    using Opened = std::expected<std::vector<Listeners>, std::string>;  // for each station

    /// A worker and what is its thread's alone.
    struct Station {
        net::Worker worker;
        std::shared_ptr<const Generation> generation;
        std::vector<std::weak_ptr<net::Connection>> checks;  // of the first station
        Listeners listeners;

        /// On the worker's thread.
        void close();
    };

    [[nodiscard]] Opened open_listeners(const config::Settings& settings);
    [[nodiscard]] std::expected<void, std::string> add_own(const config::ListenerSettings& listener,
                                                           std::vector<Listeners>& all);
    [[nodiscard]] std::expected<void, std::string> add_inherited(const config::ListenerSettings& listener,
                                                                 std::vector<net::InheritedSocket> sockets,
                                                                 std::vector<Listeners>& all);
    [[nodiscard]] std::vector<net::InheritedSocket> take_inherited(const config::ListenerSettings& listener);
    [[nodiscard]] net::Listener::Accepted acceptance(Station& station, const config::ListenerSettings& listener);
    void take_over(Station& station, std::shared_ptr<const Generation> generation, Listeners opened);
    void accept(Station& station, const Endpoint& endpoint, net::TcpSocket socket);
    [[nodiscard]] static bool is_due(std::atomic<std::int64_t>& logged);
    void log_overload(std::uint32_t limit);
    void tell_of_refused(const base::IpAddress& address);

    [[nodiscard]] std::vector<std::string> unapplied(const config::Settings& settings) const;

    const std::uint16_t configured_threads_;
    const config::StoreSettings store_settings_;
    const config::AuthSettings auth_settings_;
    Resources resources_;
    base::SystemClock clock_;
    auth::PasswordVerifiers hasher_;
    auth::Authenticator authenticator_;
    net::ConnectionLimit connections_;
    Monitoring monitoring_;
    proxy::SendingLimits sending_;
    proxy::OpenSessions sessions_;
    proxy::SessionLimits session_limits_;
    net::AddressLimit addresses_;
    net::TicketKeys tickets_;
    std::atomic<std::int64_t> overload_logged_;
    std::atomic<std::int64_t> refusal_logged_;
    std::shared_ptr<const Generation> generation_;
    std::vector<std::unique_ptr<Station>> stations_;
    std::vector<net::InheritedSocket> inherited_;  // while it starts
    // After the workers, so destroyed before them: a job that still runs answers to a worker.
    net::BlockingPool resolver_pool_;
    net::BlockingPool recall_pool_;
    net::BlockingPool password_pool_;
    SharedServices shared_;
    std::optional<Background> background_;
    Revocations revocations_;
};

}  // namespace postern::app
