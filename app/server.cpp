#include "app/server.hpp"

#include "auth/sealing.hpp"
#include "auth/store/schema.hpp"
#include "auth/store/sql_store.hpp"
#include "net/http_server.hpp"
#include "net/log.hpp"
#include "proxy/health_checks.hpp"

#include <algorithm>
#include <future>
#include <thread>

namespace postern::app {
namespace {

using config::ListenerProtocol;
using config::LogLevel;

constexpr std::chrono::milliseconds stop_limit{10'000};
// How many names may go without an answer before other names wait: each holds one thread.
constexpr std::size_t resolver_threads = 16;
constexpr std::size_t waiting_look_ups = 1000;
// Each takes a few reads of the store: so many wait for less than a second.
constexpr std::size_t recall_threads = 4;
constexpr std::size_t waiting_recalls = 4096;
// A full house may last: the log is to tell so, not to fill the disk.
constexpr std::chrono::seconds between_overload_lines{10};

std::size_t or_each_core(std::size_t configured) {
    return configured != 0 ? configured : std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

/// Beside those that hash or wait for a slot to hash in, some for whoever has proved who he is.
std::size_t password_threads(const config::AuthSettings& settings) {
    constexpr std::size_t for_others = 4;
    const auth::Admission::Bounds bounds = auth::admission_bounds(settings, settings.password_hash.memory_kib);
    return auth::Admission::most_places(bounds) + for_others;
}

void warn_if_readable_by_others(const std::string& store) {
    const auto status = auth::store::sqlite_status(store);
    if (status && status->readable_by_others)
        net::log(LogLevel::warning, "store_readable_by_others",
                 {{"store", store}, {"advice", "chmod 600: it holds password hashes"}});
}

/// Runs `work` on the worker's thread and waits for its end.
template <class Work>
auto on_thread_of(net::Worker& worker, Work work) {
    auto task = std::make_shared<std::packaged_task<decltype(work())()>>(std::move(work));
    auto result = task->get_future();
    worker.post([task] { (*task)(); });
    return result.get();
}

}  // namespace

std::expected<Server::Resources, std::string> Server::open(const config::Settings& settings) {
    auto store = auth::store::open_store(settings.store);
    if (!store) return std::unexpected(store.error().detail);
    auto keyring = auth::Keyring::load(settings.auth.key_file);
    if (!keyring) return std::unexpected(keyring.error());
    if (const auto fits = auth::check_keys(**store, *keyring); !fits) return std::unexpected(fits.error().detail);
    if (!settings.store.postgresql) warn_if_readable_by_others(settings.store.sqlite);
    return Resources{.keyring = std::move(*keyring), .store = std::move(*store)};
}

Server::Server(const config::Settings& settings, Resources resources)
    : configured_threads_(settings.server.threads),
      store_settings_(settings.store),
      auth_settings_(settings.auth),
      resources_(std::move(resources)),
      hasher_(auth_settings_.password_hash),
      authenticator_(*resources_.store, hasher_, resources_.keyring, clock_, auth_settings_),
      connections_(settings.limits.connections),
      monitoring_(*resources_.store, clock_, connections_, password_pool_),
      sending_(settings.submission.messages_per_hour, settings.submission.recipients_per_hour),
      addresses_([this](const base::IpAddress& address) { tell_of_refused(address); }),
      overload_logged_(-between_overload_lines.count()),
      refusal_logged_(-between_overload_lines.count()),
      resolver_pool_(resolver_threads, waiting_look_ups),
      recall_pool_(recall_threads, waiting_recalls),
      password_pool_(password_threads(auth_settings_), auth_settings_.password_queue, net::Urgency::background),
      shared_{.authenticator = authenticator_,
              .recall_pool = recall_pool_,
              .password_pool = password_pool_,
              .resolver_pool = resolver_pool_,
              .sending = sending_,
              .sessions = sessions_,
              .session_limits = session_limits_,
              .addresses = addresses_,
              .tickets = tickets_,
              .metrics = monitoring_.registry(),
              .clock = clock_},
      revocations_(*resources_.store, clock_, auth_settings_, sessions_) {}

/// Monitoring keeps a generation, and outlives what generations use.
Server::~Server() {
    monitoring_.watch(nullptr);
}

std::expected<void, std::string> Server::start(config::Settings settings, std::vector<net::InheritedSocket> inherited) {
    inherited_ = std::move(inherited);
    if (const auto watching = revocations_.start(); !watching) return std::unexpected(watching.error().detail);
    const std::size_t threads = or_each_core(configured_threads_);
    for (std::size_t i = 0; i < threads; ++i) stations_.push_back(std::make_unique<Station>());
    for (const auto& station : stations_) station->worker.start();
    auto applied = reload(std::move(settings));
    if (!applied) return std::unexpected(applied.error());
    for (const net::InheritedSocket& unused : inherited_)
        net::log(LogLevel::warning, "inherited_socket_unused",
                 {{"address", unused.address()}, {"port", unused.port()}, {"advice", "no listener has this address"}});
    inherited_.clear();
    return {};
}

std::expected<std::vector<std::string>, std::string> Server::reload(config::Settings settings) {
    auto generation = Generation::make(std::move(settings), shared_, generation_.get());
    if (!generation) return std::unexpected(generation.error());
    const config::Settings& made = (*generation)->settings();
    auto opened = open_listeners(made);
    if (!opened) return std::unexpected(opened.error());

    // Nothing can fail any more.
    background_.reset();
    generation_ = *generation;
    monitoring_.watch(generation_);
    connections_.set_limit(made.limits.connections);
    revocations_.set_longest_login(made.limits.login_timeout);
    sending_.set(made.submission.messages_per_hour, made.submission.recipients_per_hour);
    for (std::size_t i = 0; i != stations_.size(); ++i)
        on_thread_of(stations_[i]->worker, [this, station = stations_[i].get(), generation = *generation,
                                            listeners = std::move((*opened)[i])]() mutable {
            take_over(*station, std::move(generation), std::move(listeners));
        });
    background_.emplace(generation_, *resources_.store, resources_.keyring, clock_);

    return unapplied(made);
}

std::vector<std::string> Server::unapplied(const config::Settings& settings) const {
    std::vector<std::string> sections;
    if (settings.server.threads != configured_threads_) sections.emplace_back("server.threads");
    if (settings.store != store_settings_) sections.emplace_back("store");
    config::AuthSettings auth = auth_settings_;
    auth.failure_delay = settings.auth.failure_delay;  // that alone is asked for at each login
    if (settings.auth != auth) sections.emplace_back("auth");
    return sections;
}

/// For each station those that it does not have yet.
Server::Opened Server::open_listeners(const config::Settings& settings) {
    std::vector<Listeners> all(stations_.size());
    for (const config::ListenerSettings& listener : settings.listeners) {
        if (stations_.front()->listeners.contains(Endpoint(listener.address, listener.port))) continue;
        auto inherited = take_inherited(listener);
        const auto added =
            inherited.empty() ? add_own(listener, all) : add_inherited(listener, std::move(inherited), all);
        if (!added) return std::unexpected(added.error());
    }
    return all;
}

net::Listener::Accepted Server::acceptance(Station& station, const config::ListenerSettings& listener) {
    return [this, &station, endpoint = Endpoint(listener.address, listener.port)](net::TcpSocket socket) {
        accept(station, endpoint, std::move(socket));
    };
}

std::expected<void, std::string> Server::add_own(const config::ListenerSettings& listener,
                                                 std::vector<Listeners>& all) {
    // A port of ours may move to another address: then it is not free, and need not be.
    const Listeners& present = stations_.front()->listeners;
    const bool is_our_port = std::any_of(present.begin(), present.end(),
                                         [&](const auto& entry) { return entry.first.second == listener.port; });
    if (!is_our_port)
        if (const auto free = net::check_address_is_free(listener.address, listener.port); !free) return free;
    for (std::size_t i = 0; i != stations_.size(); ++i) {
        Station& station = *stations_[i];
        auto opened =
            net::Listener::open(station.worker, listener.address, listener.port, acceptance(station, listener));
        if (!opened) return std::unexpected(opened.error());
        all[i].emplace(Endpoint(listener.address, listener.port), std::move(*opened));
    }
    return {};
}

/// Every socket must be accepted from, because the kernel gives each its share of the connections; and every worker is
/// to have its share of them.
std::expected<void, std::string> Server::add_inherited(const config::ListenerSettings& listener,
                                                       std::vector<net::InheritedSocket> sockets,
                                                       std::vector<Listeners>& all) {
    for (std::size_t i = 0; sockets.size() < stations_.size(); ++i)
        sockets.emplace_back(sockets[i].duplicate(), sockets[i].address(), sockets[i].port());
    for (std::size_t i = 0; i != sockets.size(); ++i) {
        const std::size_t index = i % stations_.size();
        Station& station = *stations_[index];
        auto adopted = net::Listener::adopt(station.worker, std::move(sockets[i]), acceptance(station, listener));
        if (!adopted) return std::unexpected(adopted.error());
        all[index].emplace(Endpoint(listener.address, listener.port), std::move(*adopted));
    }
    return {};
}

std::vector<net::InheritedSocket> Server::take_inherited(const config::ListenerSettings& listener) {
    const std::string address = boost::asio::ip::make_address(listener.address).to_string();
    const auto others = std::partition(inherited_.begin(), inherited_.end(), [&](const auto& socket) {
        return socket.address() != address || socket.port() != listener.port;
    });
    std::vector<net::InheritedSocket> taken(std::make_move_iterator(others), std::make_move_iterator(inherited_.end()));
    inherited_.erase(others, inherited_.end());
    return taken;
}

std::vector<int> Server::listening_sockets() const {
    std::vector<int> descriptors;
    for (const auto& station : stations_)
        for (const auto& [endpoint, listener] : station->listeners) descriptors.push_back(listener->descriptor());
    return descriptors;
}

void Server::retire() {
    monitoring_.stop();
    background_.reset();
    for (const auto& station : stations_)
        on_thread_of(station->worker, [station = station.get()] { station->close(); });
}

void Server::Station::close() {
    for (const auto& [endpoint, listener] : listeners) listener->close();
    listeners.clear();
    for (const auto& check : checks)
        if (const auto running = check.lock()) running->shut_down();
    checks.clear();
}

/// On the station's thread.
void Server::take_over(Station& station, std::shared_ptr<const Generation> generation, Listeners opened) {
    station.generation = std::move(generation);
    const auto& wanted = station.generation->settings().listeners;
    std::erase_if(station.listeners, [&](const auto& entry) {
        const bool is_wanted = std::any_of(wanted.begin(), wanted.end(), [&](const config::ListenerSettings& listener) {
            return entry.first == Endpoint(listener.address, listener.port);
        });
        if (!is_wanted) entry.second->close();
        return !is_wanted;
    });
    for (auto& [endpoint, listener] : opened) {
        listener->start();
        station.listeners.emplace(endpoint, std::move(listener));
    }
    for (const auto& check : station.checks)
        if (const auto running = check.lock()) running->shut_down();
    station.checks.clear();
    if (&station == stations_.front().get())
        station.checks = proxy::start_health_checks(station.worker, Generation::mail(station.generation));
}

void Server::accept(Station& station, const Endpoint& endpoint, net::TcpSocket socket) {
    const std::shared_ptr<const Generation>& generation = station.generation;
    const auto& listeners = generation->settings().listeners;
    const auto found = std::find_if(listeners.begin(), listeners.end(), [&](const config::ListenerSettings& listener) {
        return endpoint == Endpoint(listener.address, listener.port);
    });
    if (found == listeners.end()) return;
    if (found->protocol == ListenerProtocol::metrics) return monitoring_.serve(station.worker, std::move(socket));
    auto ticket = connections_.enter();
    if (!ticket) {
        // Nothing can be said before TLS, and TLS is what we cannot afford now: the socket just closes.
        log_overload(generation->settings().limits.connections);
        monitoring_.connection_refused();
        return;
    }
    const ServerTls& tls = generation->tls();
    const net::HttpLimits http{.addresses = &addresses_,
                               .connections_per_address = generation->settings().limits.connections_per_address};
    switch (found->protocol) {
        case ListenerProtocol::imap:
        case ListenerProtocol::submission:
            proxy::serve_mail(station.worker, std::move(socket), std::move(*ticket), *found, tls.of(*found),
                              Generation::mail(generation));
            break;
        case ListenerProtocol::https:
            net::serve_http(station.worker, std::move(socket), std::move(*ticket), &tls.https,
                            Generation::site(generation), http, found->proxies, monitoring_.https());
            break;
        case ListenerProtocol::http:
            net::serve_http(station.worker, std::move(socket), std::move(*ticket), nullptr,
                            Generation::redirects(generation), http, found->proxies, monitoring_.http());
            break;
        case ListenerProtocol::metrics:
            break;  // above
    }
}

void Server::stop() {
    monitoring_.stop();
    revocations_.request_stop();
    // Each on the thread of its worker; the last worker to be asked is waited for as long as the first.
    for (const auto& station : stations_) {
        station->worker.post([station = station.get()] { station->close(); });
        station->worker.shut_down_connections();
    }
    const auto end = std::chrono::steady_clock::now() + stop_limit;
    background_.reset();
    for (const auto& station : stations_) {
        const auto left = end - std::chrono::steady_clock::now();
        station->worker.finish(
            std::max(std::chrono::milliseconds(0), std::chrono::floor<std::chrono::milliseconds>(left)));
    }
}

/// Whether ten seconds have gone by since the last time.
bool Server::is_due(std::atomic<std::int64_t>& logged) {
    const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch() / std::chrono::seconds(1);
    std::int64_t last = logged.load(std::memory_order_relaxed);
    return now - last >= between_overload_lines.count() && logged.compare_exchange_strong(last, now);
}

void Server::log_overload(std::uint32_t limit) {
    if (is_due(overload_logged_))
        net::log(LogLevel::error, "too_many_connections", {{"limit", limit}, {"setting", "limits.connections"}});
}

void Server::tell_of_refused(const base::IpAddress& address) {
    monitoring_.address_refused();
    if (is_due(refusal_logged_))
        net::log(LogLevel::warning, "too_many_connections_of_address",
                 {{"client", address.text()}, {"setting", "limits.connections_per_address"}});
}

}  // namespace postern::app
