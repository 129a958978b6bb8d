/// What the process counts and measures, as Prometheus reads it.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::net {

/// Counters are found once, when their owner is made, and are then atomic numbers: whoever counts takes no lock. Labels
/// come from the configuration or from a closed list, never from what a peer sent: so their number is bounded.
class Metrics {
public:
    /// Adds families whose values are known when they are asked for. Called by `text`, so it must not block.
    using Ask = std::function<void(std::vector<prometheus::MetricFamily>&)>;

    /// A family that is registered twice is one family, and a label set that is added twice is one number.
    [[nodiscard]] prometheus::Registry& registry() noexcept { return registry_; }

    /// Thread rule: before anybody calls `text`.
    void ask(Ask ask) { asks_.push_back(std::move(ask)); }

    /// Everything, in the text format 0.0.4. Thread rule: any thread; costs about a millisecond for a thousand numbers.
    [[nodiscard]] std::string text() const;

private:
    prometheus::Registry registry_;
    std::vector<Ask> asks_;
};

/// One number of a gauge.
struct GaugeSample {
    prometheus::Labels labels;
    double value = 0;
};

[[nodiscard]] prometheus::MetricFamily gauge_family(std::string name,
                                                    std::string help,
                                                    const std::vector<GaugeSample>& samples);

/// TLS handshakes with clients. Thread rule: any thread.
class HandshakeCounters {
public:
    /// `protocol`: the label, one of the listeners' protocols.
    HandshakeCounters(prometheus::Registry& registry, const std::string& protocol);

    /// `version` as OpenSSL names it; empty: the handshake failed.
    void ended(std::string_view version) const;

private:
    prometheus::Counter* tls1_2_;
    prometheus::Counter* tls1_3_;
    prometheus::Counter* failed_;
};

/// What happens on the HTTP listeners of one protocol. Thread rule: any thread.
class HttpCounters {
public:
    HttpCounters(prometheus::Registry& registry, const std::string& protocol);

    void handshake_ended(std::string_view version) const { handshakes_.ended(version); }
    void answered(unsigned status) const;

private:
    HandshakeCounters handshakes_;
    std::array<prometheus::Counter*, 5> by_class_;  // 1xx to 5xx
};

}  // namespace postern::net
