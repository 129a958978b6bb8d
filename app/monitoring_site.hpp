/// What a metrics listener answers.
#pragma once

#include "app/readiness.hpp"
#include "net/http.hpp"
#include "net/metrics.hpp"

namespace postern::app {

///     GET, HEAD   /metrics        every number, in Prometheus' text format 0.0.4
///     GET, HEAD   /health/live    200: the process answers
///     GET, HEAD   /health/ready   200 while it can log people in, else 503; JSON says why
///
/// Another method there is 405, every other path 404. Thread rule: any thread. What it is made of must outlive it.
class MonitoringSite final : public net::HttpHandler {
public:
    MonitoringSite(const net::Metrics& metrics, const Readiness& readiness)
        : metrics_(metrics), readiness_(readiness) {}

    [[nodiscard]] net::HttpResponse answer(const net::HttpRequest& request) const override;

private:
    const net::Metrics& metrics_;
    const Readiness& readiness_;
};

}  // namespace postern::app
