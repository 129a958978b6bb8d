#include "app/server.hpp"

#include "app/courier_threads.hpp"
#include "app/housekeeping.hpp"
#include "auth/authenticator.hpp"
#include "auth/delivery/deliveries.hpp"
#include "auth/keyring.hpp"
#include "auth/password_verifiers.hpp"
#include "auth/sealing.hpp"
#include "auth/store/schema.hpp"
#include "auth/store/sql_store.hpp"
#include "autoconfig/mail_services.hpp"
#include "autoconfig/site.hpp"
#include "base/clock.hpp"
#include "net/blocking_pool.hpp"
#include "net/connection_limit.hpp"
#include "net/http_server.hpp"
#include "net/listener.hpp"
#include "net/log.hpp"
#include "net/tls_context.hpp"
#include "net/worker.hpp"
#include "proxy/backend_health.hpp"
#include "proxy/connect.hpp"
#include "proxy/health_checks.hpp"
#include "proxy/mail_session.hpp"
#include "proxy/routing/router.hpp"

#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>

namespace postern::app {
namespace {

using config::ListenerProtocol;
using config::LogLevel;

constexpr std::chrono::milliseconds stop_limit{10'000};
constexpr std::size_t resolver_threads = 2;
constexpr std::size_t waiting_look_ups = 1000;
// A full house may last: the log is to tell so, not to fill the disk.
constexpr std::chrono::seconds between_overload_lines{10};

std::size_t or_each_core(std::size_t configured) {
    return configured != 0 ? configured : std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

/// TLS of the listeners, one context for each protocol: what it accepts in ALPN and whose tickets it takes differ.
struct ServerTls {
    net::TlsContext imap;
    net::TlsContext submission;
    net::TlsContext https;
};

std::expected<ServerTls, std::string> load_server_tls(const config::TlsSettings& settings) {
    auto imap = net::TlsContext::for_server(settings, {"imap"});
    if (!imap) return std::unexpected(imap.error());
    auto submission = net::TlsContext::for_server(settings, {"submission", "smtp"});
    if (!submission) return std::unexpected(submission.error());
    auto https = net::TlsContext::for_server(settings, {"http/1.1"});
    if (!https) return std::unexpected(https.error());
    return ServerTls{.imap = std::move(*imap), .submission = std::move(*submission), .https = std::move(*https)};
}

/// Beside those that hash or wait for a slot to hash in, some for whoever needs neither.
std::size_t password_threads(const config::AuthSettings& settings) {
    constexpr std::size_t for_cached = 4;
    const auth::Admission::Bounds bounds = auth::admission_bounds(settings, settings.password_hash.memory_kib);
    return bounds.slots + bounds.waiting + for_cached;
}

/// Everything that must be opened before anything can be served.
struct Resources {
    ServerTls tls;
    auth::Keyring keyring;
    std::unique_ptr<auth::Store> store;
    std::vector<autoconfig::MailServices> domains;
};

void warn_if_readable_by_others(const std::string& store) {
    const auto status = auth::store::sqlite_status(store);
    if (status && status->readable_by_others)
        net::log(LogLevel::warning, "store_readable_by_others",
                 {{"store", store}, {"advice", "chmod 600: it holds password hashes"}});
}

std::expected<Resources, std::string> open_resources(const config::Settings& settings) {
    auto tls = load_server_tls(settings.tls);
    if (!tls) return std::unexpected(tls.error());
    auto store = auth::store::open_store(settings.store);
    if (!store) return std::unexpected(store.error().detail);
    auto keyring = auth::Keyring::load(settings.auth.key_file);
    if (!keyring) return std::unexpected(keyring.error());
    if (const auto fits = auth::check_keys(**store, *keyring); !fits) return std::unexpected(fits.error().detail);
    if (!settings.store.postgresql) warn_if_readable_by_others(settings.store.sqlite);
    auto domains = autoconfig::announced_services(settings);
    if (!domains) return std::unexpected(domains.error());
    return Resources{.tls = std::move(*tls),
                     .keyring = std::move(*keyring),
                     .store = std::move(*store),
                     .domains = std::move(*domains)};
}

/// The running program. Members are destroyed in reverse: workers first, so that no session outlives what it uses.
class Server {
public:
    Server(const config::Settings& settings, Resources resources)
        : settings_(settings),
          resources_(std::move(resources)),
          hasher_(settings.auth.password_hash),
          authenticator_(*resources_.store, hasher_, resources_.keyring, clock_, settings.auth),
          router_(settings.routing),
          site_(std::move(resources_.domains)),
          redirects_(settings),
          connections_(settings.limits.connections),
          health_(settings.backends),
          sending_(settings.submission.messages_per_hour, settings.submission.recipients_per_hour),
          resolver_pool_(resolver_threads, waiting_look_ups),
          password_pool_(password_threads(settings.auth), settings.auth.password_queue),
          deliveries_(settings.accounts, settings.server.hostname) {}

    std::expected<void, std::string> start() {
        auto backends = proxy::BackendConnector::make(settings_.backends, resolver_pool_);
        if (!backends) return std::unexpected(backends.error());
        backends_ = std::make_unique<proxy::BackendConnector>(std::move(*backends));
        mail_ = std::make_unique<proxy::MailServices>(settings_, authenticator_, password_pool_, router_, *backends_,
                                                      health_, sending_, clock_);

        for (const auto& listener : settings_.listeners)
            if (const auto free = net::check_address_is_free(listener.address, listener.port); !free) return free;
        for (std::size_t i = 0; i < or_each_core(settings_.server.threads); ++i) {
            workers_.push_back(std::make_unique<net::Worker>());
            const auto opened = open_listeners(*workers_.back());
            if (!opened) return opened;
        }
        proxy::start_health_checks(*workers_.front(), settings_.backends, *backends_, health_);
        for (const auto& listener : listeners_) listener->start();
        for (const auto& worker : workers_) worker->start();
        couriers_.emplace(*resources_.store, resources_.keyring, clock_, deliveries_);
        housekeeping_.emplace(*resources_.store, resources_.keyring, clock_, settings_.accounts.journal_months);
        return {};
    }

    void stop() {
        housekeeping_.reset();
        couriers_.reset();
        // Each on the thread of its worker; the last worker to be asked is waited for as long as the first.
        for (std::size_t i = 0; i < listeners_.size(); ++i) {
            net::Listener* const listener = listeners_[i].get();
            workers_[i / settings_.listeners.size()]->post([listener] { listener->close(); });
        }
        for (const auto& worker : workers_) worker->shut_down_connections();
        const auto end = std::chrono::steady_clock::now() + stop_limit;
        for (const auto& worker : workers_) {
            const auto left = end - std::chrono::steady_clock::now();
            worker->finish(std::max(std::chrono::milliseconds(0), std::chrono::floor<std::chrono::milliseconds>(left)));
        }
    }

    [[nodiscard]] std::size_t threads() const { return workers_.size(); }

private:
    std::expected<void, std::string> open_listeners(net::Worker& worker) {
        for (const config::ListenerSettings& settings : settings_.listeners) {
            auto accepted = [this, &worker, &settings](boost::asio::ip::tcp::socket socket) {
                accept(worker, settings, std::move(socket));
            };
            auto listener = net::Listener::open(worker, settings.address, settings.port, std::move(accepted));
            if (!listener) return std::unexpected(listener.error());
            listeners_.push_back(std::move(*listener));
        }
        return {};
    }

    void accept(net::Worker& worker, const config::ListenerSettings& listener, boost::asio::ip::tcp::socket socket) {
        auto ticket = connections_.enter();
        if (!ticket) {
            // Nothing can be said before TLS, and TLS is what we cannot afford now: the socket just closes.
            log_overload();
            return;
        }
        switch (listener.protocol) {
            case ListenerProtocol::imap:
                proxy::serve_mail(worker, std::move(socket), std::move(*ticket), listener, resources_.tls.imap, *mail_);
                break;
            case ListenerProtocol::submission:
                proxy::serve_mail(worker, std::move(socket), std::move(*ticket), listener, resources_.tls.submission,
                                  *mail_);
                break;
            case ListenerProtocol::https:
                net::serve_http(worker, std::move(socket), std::move(*ticket), &resources_.tls.https, site_, {},
                                listener.proxies);
                break;
            case ListenerProtocol::http:
                net::serve_http(worker, std::move(socket), std::move(*ticket), nullptr, redirects_, {},
                                listener.proxies);
                break;
        }
    }

    void log_overload() {
        const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch() / std::chrono::seconds(1);
        std::int64_t last = overload_logged_.load(std::memory_order_relaxed);
        if (now - last < between_overload_lines.count() || !overload_logged_.compare_exchange_strong(last, now)) return;
        net::log(LogLevel::error, "too_many_connections",
                 {{"limit", settings_.limits.connections}, {"setting", "limits.connections"}});
    }

    const config::Settings& settings_;
    Resources resources_;
    base::SystemClock clock_;
    auth::PasswordVerifiers hasher_;
    auth::Authenticator authenticator_;
    proxy::routing::Router router_;
    autoconfig::AutoconfigSite site_;
    autoconfig::RedirectSite redirects_;
    net::ConnectionLimit connections_;
    proxy::BackendHealth health_;
    proxy::SendingLimits sending_;
    std::atomic<std::int64_t> overload_logged_{-between_overload_lines.count()};
    std::unique_ptr<proxy::BackendConnector> backends_;
    std::unique_ptr<proxy::MailServices> mail_;
    std::vector<std::unique_ptr<net::Worker>> workers_;
    std::vector<std::unique_ptr<net::Listener>> listeners_;  // worker by worker, in the order of the settings
    // Last, so first to be destroyed: a job that still runs answers to a worker, and so must end before them.
    net::BlockingPool resolver_pool_;
    net::BlockingPool password_pool_;
    auth::delivery::Deliveries deliveries_;
    std::optional<CourierThreads> couriers_;
    std::optional<Housekeeping> housekeeping_;
};

/// Blocks until SIGTERM or SIGINT. SIGHUP, with which administrators ask other servers to read their configuration
/// again, must not cost anybody his session. The caller's thread only.
int wait_for_end(boost::asio::io_context& context, boost::asio::signal_set& signals) {
    int received = SIGHUP;
    while (received == SIGHUP) {
        signals.async_wait([&](const boost::system::error_code& error, int number) { received = error ? 0 : number; });
        context.restart();
        context.run();
        if (received == SIGHUP)
            net::log(LogLevel::warning, "reload_unsupported", {{"advice", "restart to apply a new configuration"}});
    }
    return received;
}

/// Every session may hold two descriptors. The soft limit is often 1024, kept low for programs that use select().
void raise_descriptor_limit(const config::Settings& settings) {
    constexpr rlim_t beside_sessions = 256;
    const rlim_t wanted = rlim_t{2} * settings.limits.connections + beside_sessions;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, wanted));
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted)
        net::log(LogLevel::warning, "few_descriptors",
                 {{"limit", limit.rlim_cur},
                  {"wanted", wanted},
                  {"advice", "raise LimitNOFILE or lower limits.connections"}});
}

int run(const config::Settings& settings) {
    // Before any thread, so that all of them inherit it: OpenSSL writes with write(), which raises SIGPIPE.
    std::signal(SIGPIPE, SIG_IGN);
    boost::asio::io_context context{1};
    boost::asio::signal_set signals(context, SIGTERM, SIGINT, SIGHUP);
    raise_descriptor_limit(settings);

    auto resources = open_resources(settings);
    if (!resources) {
        net::log(LogLevel::error, "cannot_start", {{"reason", resources.error()}});
        return 1;
    }
    Server server(settings, std::move(*resources));
    if (const auto started = server.start(); !started) {
        net::log(LogLevel::error, "cannot_start", {{"reason", started.error()}});
        return 1;
    }
    net::log(LogLevel::info, "ready",
             {{"version", POSTERN_VERSION}, {"threads", server.threads()}, {"listeners", settings.listeners.size()}});
    const int signal = wait_for_end(context, signals);
    net::log(LogLevel::info, "stopping", {{"signal", signal}});
    server.stop();
    net::log(LogLevel::info, "stopped");
    return 0;
}

}  // namespace

int serve(const config::Settings& settings) {
    net::start_logging(settings.log);
    const int status = run(settings);
    net::stop_logging();
    return status;
}

}  // namespace postern::app
