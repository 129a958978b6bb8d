#include "app/store_watch.hpp"

#include "net/log.hpp"

#include <algorithm>

namespace postern::app {

StoreWatch::StoreWatch(auth::Store& store, const base::Clock& clock, std::chrono::milliseconds interval)
    : store_(store), clock_(clock), interval_(interval), thread_([this](const std::stop_token& stop) { run(stop); }) {}

bool StoreWatch::is_reachable(Clock::time_point now) const noexcept {
    const auto age = now - Clock::time_point(Clock::duration(answered_at_.load()));
    return has_answered_.load() && age < believed_for;
}

void StoreWatch::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        look();
        std::unique_lock lock(mutex_);
        stopped_.wait_for(lock, stop, interval_, [] { return false; });
    }
}

void StoreWatch::look() {
    const auto backlog = store_.read([](auth::Transaction& transaction) { return transaction.outbox().backlog(); });
    const bool had_answered = has_answered_.exchange(backlog.has_value());
    if (!backlog) {
        if (had_answered) net::log(config::LogLevel::error, "store_down", {{"reason", backlog.error().detail}});
        return;
    }
    answered_at_.store(Clock::now().time_since_epoch().count());
    if (!had_answered) net::log(config::LogLevel::info, "store_up");
    const auto age = backlog->oldest ? clock_.now() - *backlog->oldest : std::chrono::seconds(0);
    outbox_waiting_.store(backlog->waiting);
    outbox_age_.store(std::max<std::int64_t>(0, age / std::chrono::seconds(1)));
}

}  // namespace postern::app
