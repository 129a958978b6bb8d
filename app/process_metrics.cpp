#include "app/process_metrics.hpp"

#include <prometheus/gauge.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace postern::app {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

double number(std::size_t count) {
    return static_cast<double>(count);
}

void tell_backends(Families& families, const std::vector<ServerState>& servers) {
    std::vector<net::GaugeSample> samples;
    samples.reserve(servers.size());
    for (const ServerState& server : servers)
        samples.push_back(
            {.labels = {{"backend", server.backend}, {"server", server.server}}, .value = server.is_up ? 1.0 : 0.0});
    families.push_back(
        net::gauge_family("postern_backend_up", "Whether a server of a backend answers: 1 or 0.", samples));
}

void tell_pool(Families& families, const net::BlockingPool& pool) {
    const std::size_t jobs = pool.jobs();
    const std::size_t busy = std::min(jobs, pool.threads());
    families.push_back(net::gauge_family("postern_password_pool_threads", "Threads that logins are checked on.",
                                         {{.labels = {}, .value = number(pool.threads())}}));
    families.push_back(net::gauge_family("postern_password_pool_busy", "Threads that check a login or wait for a slot.",
                                         {{.labels = {}, .value = number(busy)}}));
    families.push_back(net::gauge_family("postern_password_pool_queued", "Logins that wait for a thread.",
                                         {{.labels = {}, .value = number(jobs - busy)}}));
}

void tell_store(Families& families, const StoreWatch& store) {
    families.push_back(net::gauge_family("postern_store_up", "Whether the database answers: 1 or 0.",
                                         {{.labels = {}, .value = store.is_reachable() ? 1.0 : 0.0}}));
    families.push_back(net::gauge_family("postern_outbox_waiting", "Messages in the outbox that have not left yet.",
                                         {{.labels = {}, .value = number(store.outbox_waiting())}}));
    families.push_back(net::gauge_family("postern_outbox_oldest_seconds", "How long the oldest of them has waited.",
                                         {{.labels = {}, .value = static_cast<double>(store.outbox_age().count())}}));
}

}  // namespace

void tell_process_state(net::Metrics& metrics, ProcessState state) {
    using namespace std::chrono;
    prometheus::BuildGauge()
        .Name("postern_build_info")
        .Help("Always 1; the version is a label.")
        .Register(metrics.registry())
        .Add({{"version", POSTERN_VERSION}})
        .Set(1);
    prometheus::BuildGauge()
        .Name("process_start_time_seconds")
        .Help("When the process began to serve, in seconds since 1970.")
        .Register(metrics.registry())
        .Add({})
        .Set(duration<double>(system_clock::now().time_since_epoch()).count());
    metrics.ask([state = std::move(state)](Families& families) {
        const bool is_ready = state.readiness.report().is_ready();
        families.push_back(net::gauge_family("postern_ready", "As /health/ready: 1 or 0.",
                                             {{.labels = {}, .value = is_ready ? 1.0 : 0.0}}));
        families.push_back(net::gauge_family("postern_connections", "Open connections that count for the limit.",
                                             {{.labels = {}, .value = number(state.connections.count())}}));
        families.push_back(net::gauge_family("postern_connections_limit", "The setting limits.connections.",
                                             {{.labels = {}, .value = number(state.connections.limit())}}));
        tell_backends(families, state.servers());
        tell_pool(families, state.password_pool);
        tell_store(families, state.store);
    });
}

prometheus::Counter& refused_connections(net::Metrics& metrics, const std::string& reason) {
    return prometheus::BuildCounter()
        .Name("postern_connections_refused_total")
        .Help("Connections that were closed as soon as they were accepted.")
        .Register(metrics.registry())
        .Add({{"reason", reason}});
}

}  // namespace postern::app
