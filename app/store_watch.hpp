/// Whether the store answers, asked again and again.
#pragma once

#include "auth/store.hpp"
#include "base/clock.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <thread>

namespace postern::app {

/// A thread that reads from the store every few seconds, so that whoever must not block can know. What it is made of
/// must outlive it.
class StoreWatch {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds usual_interval{5'000};
    /// How long an answer counts: a store that stands still gives none at all.
    static constexpr std::chrono::seconds believed_for{20};

    /// `interval`: between two looks.
    StoreWatch(auth::Store& store, const base::Clock& clock, std::chrono::milliseconds interval = usual_interval);

    /// False when the last answer was an error, or is too old. Thread rule: any thread, no locks; so below.
    [[nodiscard]] bool is_reachable(Clock::time_point now = Clock::now()) const noexcept;
    /// Messages that waited in the outbox at the last look, and how long the oldest had.
    [[nodiscard]] std::uint64_t outbox_waiting() const noexcept { return outbox_waiting_.load(); }
    [[nodiscard]] std::chrono::seconds outbox_age() const noexcept { return std::chrono::seconds(outbox_age_.load()); }

private:
    void run(const std::stop_token& stop);
    void look();

    auth::Store& store_;
    const base::Clock& clock_;
    const std::chrono::milliseconds interval_;
    // Whoever made this has just opened the store.
    std::atomic<bool> has_answered_{true};
    std::atomic<Clock::rep> answered_at_{Clock::now().time_since_epoch().count()};
    std::atomic<std::uint64_t> outbox_waiting_{0};
    std::atomic<std::int64_t> outbox_age_{0};
    std::mutex mutex_;
    std::condition_variable_any stopped_;
    std::jthread thread_;  // last: it uses everything else
};

}  // namespace postern::app
