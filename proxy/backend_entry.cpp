#include "proxy/backend_entry.hpp"

#include "net/deadline.hpp"
#include "proxy/protocols.hpp"
#include "proxy/routing/server_choice.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace postern::proxy {
namespace {

namespace asio = boost::asio;

// How long a server may take to be connected to when another stands by.
constexpr std::chrono::milliseconds failover_limit{1'500};

std::string_view name_of(BackendFault fault) {
    switch (fault) {
        case BackendFault::unreachable:
            return "backend_unreachable";
        case BackendFault::unavailable:
            return "backend_unavailable";
        case BackendFault::refused:
            return "backend_refused";
        case BackendFault::missing_capability:
            return "backend_missing_capability";
        case BackendFault::protocol:
            return "backend_protocol_error";
    }
    return "unknown";
}

}  // namespace

asio::awaitable<bool> BackendEntry::enter(Admission& admission) {
    const config::BackendSettings& backend = user_.backend;
    std::vector<std::size_t> servers = routing::preferred_servers(backend.servers, user_.login);
    std::erase_if(servers, [&](std::size_t server) { return health_.of(backend, server).is_drained(); });
    if (servers.empty()) {
        report_.backend = backend.name;
        report_.reason = "backend_drained";
        co_return false;
    }
    bool has_tried = false;
    for (std::size_t i = 0; i != servers.size(); ++i) {
        ServerHealth& health = health_.of(backend, servers[i]);
        if (servers.size() > 1 && !health.may_try(ServerHealth::Clock::now())) continue;
        has_tried = true;
        const bool has_other = std::any_of(servers.begin() + static_cast<std::ptrdiff_t>(i) + 1, servers.end(),
                                           [&](std::size_t other) { return health_.of(backend, other).is_up(); });
        const Outcome outcome = co_await log_in(servers[i], has_other, admission);
        if (outcome != Outcome::server_failed) co_return outcome == Outcome::done;
    }
    if (has_tried) co_return false;
    const Outcome outcome = co_await log_in(servers.front(), false, admission);
    co_return outcome == Outcome::done;
}

asio::awaitable<BackendEntry::Outcome> BackendEntry::log_in(std::size_t server, bool has_other, Admission& admission) {
    const config::BackendSettings& backend = user_.backend;
    report_.backend = backend.name;
    if (backend.servers.size() > 1) report_.backend += '/' + backend.servers[server].name;
    report_.reason = {};
    report_.detail.clear();
    const bool is_in = co_await try_server(server, has_other, admission);
    if (is_in) {
        health_.worked(backend, server);
        metrics_.backend_login(backend, server, BackendAnswer::accepted);
        co_return Outcome::done;
    }
    if (interruption_.is_requested()) co_return Outcome::failed;
    // What another server of the same backend would say too is no fault of this one.
    if (report_.reason == name_of(BackendFault::refused) ||
        report_.reason == name_of(BackendFault::missing_capability)) {
        metrics_.backend_login(backend, server, BackendAnswer::refused);
        co_return Outcome::failed;
    }
    metrics_.backend_login(backend, server, BackendAnswer::failed);
    health_.failed(backend, server, std::string(report_.reason) + ' ' + report_.detail);
    admission = {};
    co_return Outcome::server_failed;
}

asio::awaitable<bool> BackendEntry::try_server(std::size_t server, bool has_other, Admission& admission) {
    const config::BackendSettings& backend = user_.backend;
    if (interruption_.is_requested()) co_return false;
    auto connected = co_await connector_.connect(
        backend, backend.servers[server], BackendConnector::Client{user_.client_address, user_.client_port},
        interruption_, has_other ? failover_limit : std::chrono::milliseconds::max());
    if (interruption_.is_requested()) co_return false;
    if (!connected) {
        report_.reason = name_of(connected.error().fault);
        report_.detail = connected.error().detail;
        co_return false;
    }
    admission.stream = std::move(*connected);
    if (backend.tls != config::BackendTls::none)
        metrics_.backend_handshake(backend, server, admission.stream->is_resumed());
    const auto stop = [&stream = *admission.stream] { stream.cancel(); };
    net::Deadline limit(executor_, stop);
    const auto step = interruption_.step(stop);
    limit.set(backend.login_timeout);
    const BackendStep outcome = co_await converse(*admission.stream, admission.unread);
    // The session may be over although the backend's last word had already come: nobody must be told that he is in.
    if (interruption_.is_requested()) co_return false;
    if (const auto* ready = std::get_if<BackendReady>(&outcome)) {
        admission.ready = *ready;
        co_return true;
    }
    if (const auto* failed = std::get_if<BackendFailed>(&outcome)) {
        report_.reason = name_of(failed->fault);
        report_.detail = failed->detail;
    } else {
        report_.reason = limit.expired() ? "backend_timeout" : "backend_closed";
        report_.detail = admission.stream->read_failure();
    }
    co_return false;
}

/// The login dialogue with the backend to its end. ReadMore: the connection ended first.
asio::awaitable<BackendStep> BackendEntry::converse(net::Stream& stream, std::string& unread) const {
    const auto login = make_backend_login(user_);
    for (;;) {
        BackendStep step = login->next();
        const base::WipingBuffer output = login->take_output();
        const auto written = co_await stream.write(base::view(output));
        if (!written) co_return ReadMore{};
        if (!std::holds_alternative<ReadMore>(step)) {
            if (std::holds_alternative<BackendReady>(step)) unread = login->take_unread();
            co_return step;
        }
        std::array<char, 1024> bytes{};
        const auto count = co_await stream.read_some(bytes);
        if (!count) co_return ReadMore{};
        login->receive({bytes.data(), *count});
    }
}

}  // namespace postern::proxy
