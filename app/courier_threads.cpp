#include "app/courier_threads.hpp"

#include "net/log.hpp"

namespace postern::app {

namespace {

// How long a message waits for somebody to look, when nothing else is due.
constexpr std::chrono::milliseconds between_looks{1'000};
constexpr std::chrono::milliseconds after_trouble{10'000};

void log_report(const auth::Courier::Report& report) {
    using enum auth::Courier::Outcome;
    const std::string_view kind = auth::name_of(report.kind);
    switch (report.outcome) {
        case sent:
            net::log(config::LogLevel::info, "outbox_sent",
                     {{"message", report.id}, {"kind", kind}, {"correlation", report.correlation}});
            break;
        case postponed:
            net::log(config::LogLevel::warning, "outbox_postponed",
                     {{"message", report.id},
                      {"kind", kind},
                      {"correlation", report.correlation},
                      {"tries", report.tries},
                      {"reason", report.why}});
            break;
        case failed:
            net::log(config::LogLevel::error, "outbox_failed",
                     {{"message", report.id},
                      {"kind", kind},
                      {"correlation", report.correlation},
                      {"tries", report.tries},
                      {"reason", report.why}});
            break;
    }
}

}  // namespace

CourierThreads::CourierThreads(auth::Store& store,
                               const auth::Keyring& keyring,
                               const base::Clock& clock,
                               auth::Delivery& delivery,
                               std::size_t count)
    : store_(store), keyring_(keyring), clock_(clock), delivery_(delivery) {
    threads_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
}

void CourierThreads::wait(const std::stop_token& stop, std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    stopped_.wait_for(lock, stop, time, [] { return false; });
}

void CourierThreads::run(const std::stop_token& stop) {
    auth::Courier courier(store_, keyring_, clock_, delivery_);
    while (!stop.stop_requested()) {
        const auto report = courier.send_one(stop);
        if (!report) {
            net::log(config::LogLevel::error, "outbox_unavailable", {{"reason", report.error().detail}});
            wait(stop, after_trouble);
        } else if (*report) {
            log_report(**report);
        } else {
            wait(stop, between_looks);
        }
    }
}

}  // namespace postern::app
