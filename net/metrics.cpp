#include "net/metrics.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>
#include <sstream>

namespace postern::net {

std::string Metrics::text() const {
    auto families = registry_.Collect();
    for (const Ask& ask : asks_) ask(families);
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    return std::move(out).str();
}

prometheus::MetricFamily gauge_family(std::string name, std::string help, const std::vector<GaugeSample>& samples) {
    prometheus::MetricFamily family;
    family.name = std::move(name);
    family.help = std::move(help);
    family.type = prometheus::MetricType::Gauge;
    for (const GaugeSample& sample : samples) {
        prometheus::ClientMetric& metric = family.metric.emplace_back();
        for (const auto& [label, value] : sample.labels) metric.label.push_back({.name = label, .value = value});
        metric.gauge.value = sample.value;
    }
    return family;
}

HandshakeCounters::HandshakeCounters(prometheus::Registry& registry, const std::string& protocol) {
    auto& family = prometheus::BuildCounter()
                       .Name("postern_tls_handshakes_total")
                       .Help("TLS handshakes with clients.")
                       .Register(registry);
    const auto counter = [&](const std::string& version, const std::string& outcome) {
        return &family.Add({{"protocol", protocol}, {"version", version}, {"outcome", outcome}});
    };
    tls1_2_ = counter("TLSv1.2", "succeeded");
    tls1_3_ = counter("TLSv1.3", "succeeded");
    failed_ = counter("none", "failed");
}

void HandshakeCounters::ended(std::string_view version) const {
    if (version.empty()) return failed_->Increment();
    (version == "TLSv1.3" ? tls1_3_ : tls1_2_)->Increment();
}

HttpCounters::HttpCounters(prometheus::Registry& registry, const std::string& protocol)
    : handshakes_(registry, protocol), by_class_{} {
    auto& family = prometheus::BuildCounter()
                       .Name("postern_http_requests_total")
                       .Help("HTTP requests that were answered.")
                       .Register(registry);
    for (std::size_t i = 0; i != by_class_.size(); ++i)
        by_class_.at(i) = &family.Add({{"protocol", protocol}, {"class", std::to_string(i + 1) + "xx"}});
}

void HttpCounters::answered(unsigned status) const {
    by_class_.at(std::clamp(status / 100, 1U, 5U) - 1)->Increment();
}

}  // namespace postern::net
