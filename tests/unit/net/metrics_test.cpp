#include "net/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::net {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, AreWrittenAsPrometheusReadsThem) {
    Metrics metrics;
    const HttpCounters http(metrics.registry(), "https");
    http.answered(200);
    http.answered(204);
    http.answered(404);
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr("# HELP postern_http_requests_total HTTP requests that were answered.\n"
                                "# TYPE postern_http_requests_total counter\n"));
    EXPECT_THAT(text, HasSubstr("\npostern_http_requests_total{class=\"2xx\",protocol=\"https\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("\npostern_http_requests_total{class=\"4xx\",protocol=\"https\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("\npostern_http_requests_total{class=\"5xx\",protocol=\"https\"} 0\n"));
}

TEST(Metrics, AskAnewEachTimeForWhatIsKnownThen) {
    Metrics metrics;
    double value = 1;
    metrics.ask([&](auto& families) {
        families.push_back(gauge_family("up", "Up.", {{.labels = {{"server", "a\"b\n"}}, .value = value}}));
    });
    EXPECT_THAT(metrics.text(), HasSubstr("# TYPE up gauge\nup{server=\"a\\\"b\\n\"} 1\n"));
    value = 0;
    EXPECT_THAT(metrics.text(), HasSubstr("up{server=\"a\\\"b\\n\"} 0\n"));
}

TEST(Metrics, GoOnWhenTheirOwnerIsMadeAnew) {
    Metrics metrics;
    HttpCounters(metrics.registry(), "http").answered(301);
    HttpCounters(metrics.registry(), "http").answered(301);
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr("postern_http_requests_total{class=\"3xx\",protocol=\"http\"} 2\n"));
    EXPECT_EQ(text.find("# TYPE postern_http_requests_total"), text.rfind("# TYPE postern_http_requests_total"));
}

TEST(HandshakeCounters, KnowVersionsAndFailures) {
    Metrics metrics;
    const HandshakeCounters counters(metrics.registry(), "imap");
    counters.ended("TLSv1.3");
    counters.ended("TLSv1.3");
    counters.ended("TLSv1.2");
    counters.ended("");
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr("{outcome=\"succeeded\",protocol=\"imap\",version=\"TLSv1.3\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("{outcome=\"succeeded\",protocol=\"imap\",version=\"TLSv1.2\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("{outcome=\"failed\",protocol=\"imap\",version=\"none\"} 1\n"));
}

TEST(HttpCounters, TakeNoNumberOutOfTheirClasses) {
    Metrics metrics;
    const HttpCounters http(metrics.registry(), "https");
    http.answered(0);
    http.answered(999);
    const std::string text = metrics.text();
    EXPECT_THAT(text, HasSubstr("{class=\"1xx\",protocol=\"https\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("{class=\"5xx\",protocol=\"https\"} 1\n"));
    EXPECT_THAT(text, Not(HasSubstr("9xx")));
}

}  // namespace
}  // namespace postern::net
