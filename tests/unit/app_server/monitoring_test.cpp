// What a metrics listener answers, and that docs/operation.md names every metric.
#include "app/monitoring_site.hpp"
#include "app/process_metrics.hpp"
#include "app/readiness.hpp"
#include "proxy/mail_metrics.hpp"
#include "tests/support/test_store.hpp"
#include "tests/unit/app_server/unsteady_store.hpp"

#include <fstream>
#include <iterator>
#include <regex>
#include <set>

namespace postern::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

config::Settings two_backends() {
    config::Settings settings;
    settings.listeners = {{.name = "imaps", .protocol = config::ListenerProtocol::imap, .address = "::", .port = 993}};
    for (const std::string name : {"dovecot", "unused"}) {
        config::BackendSettings& backend = settings.backends[name];
        backend.name = name;
        backend.servers = {{.name = "mail1", .host = "h1", .port = 993},
                           {.name = "mail2", .host = "h2", .port = 993},
                           {.name = "mail3", .host = "h3", .port = 993, .drain = true}};
    }
    config::BackendSettings& smtp = settings.backends["smtp"];
    smtp.name = "smtp";
    smtp.protocol = config::MailProtocol::submission;
    smtp.servers = {{.name = "relay", .host = "h4", .port = 25}};
    settings.routing.default_backend = {{config::MailProtocol::imap, "dovecot"},
                                        {config::MailProtocol::submission, "smtp"}};
    return settings;
}

class MonitoringTest : public testing::Test {
protected:
    [[nodiscard]] net::HttpResponse get(const std::string& path, const std::string& method = "GET") const {
        return MonitoringSite(metrics_, readiness_).answer({.method = method, .path = path});
    }
    void bring_down(const std::string& backend, std::size_t server) {
        health_.of(settings_.backends.at(backend), server).failed(proxy::ServerHealth::Clock::now());
    }

    const config::Settings settings_ = two_backends();
    postern::test::TestStore test_store_;
    test::UnsteadyStore store_{test_store_.store()};
    proxy::BackendHealth health_{settings_.backends};
    StoreWatch watch_{store_, test_store_.clock, 20ms};
    Readiness readiness_{watch_, [this] {
                             return Readiness::Backends{.routed = routed_backends(settings_),
                                                        .servers = server_states(settings_, health_)};
                         }};
    net::Metrics metrics_;
    net::ConnectionLimit connections_{100};
    net::BlockingPool pool_{3, 5};
};

TEST_F(MonitoringTest, IsReadyWhileEveryRoutedBackendHasAServer) {
    EXPECT_EQ(get("/health/ready").status, 200U);
    EXPECT_EQ(*get("/health/ready").body,
              "{\"ready\":true,\"checks\":{\"process\":\"ok\",\"store\":\"ok\",\"backends\":\"ok\"}}\n");
    bring_down("dovecot", 0);
    bring_down("unused", 0);
    bring_down("unused", 1);
    bring_down("unused", 2);
    EXPECT_EQ(get("/health/ready").status, 200U) << "another stands in, and nobody is routed to the unused one";
    bring_down("dovecot", 1);
    const auto answer = get("/health/ready");
    EXPECT_EQ(answer.status, 503U) << "the drained one takes no sessions";
    EXPECT_THAT(*answer.body, HasSubstr("\"ready\":false"));
    EXPECT_THAT(*answer.body, HasSubstr("\"backends\":\"no server is up of: dovecot\""));
    EXPECT_EQ(get("/health/live").status, 200U);
}

TEST_F(MonitoringTest, AsksNothingOfBackendsWhoseProtocolIsNotListenedTo) {
    EXPECT_THAT(routed_backends(settings_), ElementsAre("dovecot"));
    config::Settings both = two_backends();
    both.listeners.push_back(
        {.name = "s", .protocol = config::ListenerProtocol::submission, .address = "::", .port = 465});
    both.routing.rules.push_back({.name = "r", .when = {}, .backend = "unused", .senders = {}});
    EXPECT_THAT(routed_backends(both), ElementsAre("dovecot", "smtp", "unused"));
}

TEST_F(MonitoringTest, TakesDrainedServersWhenAllAre) {
    config::Settings settings = two_backends();
    for (config::BackendServer& server : settings.backends["dovecot"].servers) server.drain = true;
    for (const ServerState& state : server_states(settings, health_))
        if (state.backend == "dovecot") EXPECT_TRUE(state.takes_sessions) << state.server;
}

TEST_F(MonitoringTest, IsNotReadyWithoutItsStoreNorWhenItStops) {
    store_.fails = true;
    store_.wait_for_two_questions();
    store_.wait_for_two_questions();
    EXPECT_EQ(get("/health/ready").status, 503U);
    EXPECT_THAT(*get("/health/ready").body, HasSubstr("\"store\":\"the database does not answer"));
    readiness_.stop();
    EXPECT_THAT(*get("/health/ready").body, HasSubstr("\"process\":\"stopping\""));
    EXPECT_EQ(get("/health/live").status, 200U);
}

TEST_F(MonitoringTest, AnswersOnlyWhatItKnows) {
    EXPECT_EQ(get("/").status, 404U);
    EXPECT_EQ(get("/metrics/").status, 404U);
    EXPECT_EQ(get("/health").status, 404U);
    EXPECT_EQ(get("/mail/config-v1.1.xml").status, 404U);
    EXPECT_EQ(get("/metrics", "HEAD").status, 200U);
    const auto refused = get("/metrics", "POST");
    EXPECT_EQ(refused.status, 405U);
    EXPECT_THAT(refused.headers, testing::Contains(testing::Pair("Allow", "GET, HEAD")));
    EXPECT_THAT(get("/metrics").headers,
                testing::Contains(testing::Pair("Content-Type", "text/plain; version=0.0.4; charset=utf-8")));
}

/// Everything that a process can tell.
void tell_all(net::Metrics& metrics, const config::Settings& settings, ProcessState state) {
    const proxy::MailMetrics mail(metrics.registry(), settings.backends);
    const net::HttpCounters http(metrics.registry(), "https");
    refused_connections(metrics, "limit").Increment();
    tell_process_state(metrics, std::move(state));
}

TEST_F(MonitoringTest, TellsWhatIsSoAtTheTimeOfAsking) {
    tell_all(metrics_, settings_,
             {.connections = connections_,
              .password_pool = pool_,
              .store = watch_,
              .readiness = readiness_,
              .servers = [this] { return server_states(settings_, health_); }});
    const auto ticket = connections_.enter();
    EXPECT_THAT(*get("/metrics").body, HasSubstr("\npostern_connections 1\n"));
    EXPECT_THAT(*get("/metrics").body, HasSubstr("\npostern_connections_limit 100\n"));
    EXPECT_THAT(*get("/metrics").body, HasSubstr("\npostern_password_pool_threads 3\n"));
    EXPECT_THAT(*get("/metrics").body, HasSubstr("\npostern_password_pool_busy 0\n"));
    EXPECT_THAT(*get("/metrics").body, HasSubstr("\npostern_backend_up{backend=\"smtp\",server=\"relay\"} 1\n"));
    EXPECT_THAT(*get("/metrics").body, HasSubstr("\npostern_ready 1\n"));
    bring_down("smtp", 0);
    bring_down("dovecot", 0);
    bring_down("dovecot", 1);
    EXPECT_THAT(*get("/metrics").body, HasSubstr("\npostern_backend_up{backend=\"smtp\",server=\"relay\"} 0\n"));
    EXPECT_THAT(*get("/metrics").body, HasSubstr("\npostern_ready 0\n"));
}

std::set<std::string> matches(const std::string& text, const std::string& expression) {
    const std::regex regex(expression);
    std::set<std::string> found;
    for (std::sregex_iterator at(text.begin(), text.end(), regex); at != std::sregex_iterator(); ++at)
        found.insert((*at)[1]);
    return found;
}

TEST_F(MonitoringTest, TellsExactlyTheMetricsThatAreDocumented) {
    tell_all(metrics_, settings_,
             {.connections = connections_,
              .password_pool = pool_,
              .store = watch_,
              .readiness = readiness_,
              .servers = [this] { return server_states(settings_, health_); }});
    std::ifstream file(POSTERN_SOURCE_DIR "/docs/operation.md");
    const std::string document{std::istreambuf_iterator<char>(file), {}};
    const std::string text = "\n" + metrics_.text();
    EXPECT_EQ(matches(text, "\n# TYPE ([a-z_]+) "), matches(document, "\n\\| `((?:postern|process)_[a-z_]+)` \\|"));
    // And every name that an alert asks for.
    std::ifstream alerts_file(POSTERN_SOURCE_DIR "/packaging/prometheus/alerts.yaml");
    const std::string alerts{std::istreambuf_iterator<char>(alerts_file), {}};
    const auto asked = matches(alerts, "(postern_[a-z_]+)");
    EXPECT_GT(asked.size(), 5U);
    for (const std::string& name : asked) EXPECT_THAT(text, HasSubstr("\n# TYPE " + name + " "));
}

}  // namespace
}  // namespace postern::app
