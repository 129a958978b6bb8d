#include "app/monitoring_site.hpp"

#include <string>

namespace postern::app {
namespace {

net::HttpResponse answer_with(unsigned status, std::string type, std::string body) {
    return {.status = status,
            .headers = {{"Content-Type", std::move(type)}, {"Cache-Control", "no-store"}},
            .body = std::make_shared<const std::string>(std::move(body))};
}

}  // namespace

net::HttpResponse MonitoringSite::answer(const net::HttpRequest& request) const {
    const bool is_known =
        request.path == "/metrics" || request.path == "/health/live" || request.path == "/health/ready";
    if (!is_known) return answer_with(404, "text/plain; charset=utf-8", "not found\n");
    if (request.method != "GET" && request.method != "HEAD") {
        net::HttpResponse refusal = answer_with(405, "text/plain; charset=utf-8", "only GET and HEAD\n");
        refusal.headers.emplace_back("Allow", "GET, HEAD");
        return refusal;
    }
    if (request.path == "/metrics")
        return answer_with(200, "text/plain; version=0.0.4; charset=utf-8", metrics_.text());
    if (request.path == "/health/live") return answer_with(200, "application/json", "{\"live\":true}\n");
    const ReadinessReport report = readiness_.report();
    return answer_with(report.is_ready() ? 200 : 503, "application/json", report.json());
}

}  // namespace postern::app
