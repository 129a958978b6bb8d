/// How many client connections the process holds, and the bound on it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

namespace postern::net {

/// Thread rule: any thread.
class ConnectionLimit {
public:
    /// One counted connection; uncounted on destruction. The limit must outlive it.
    class Ticket {
    public:
        explicit Ticket(std::atomic<std::uint32_t>& count) : count_(&count) {}
        Ticket(Ticket&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
        Ticket& operator=(Ticket&& other) noexcept {
            std::swap(count_, other.count_);
            return *this;
        }
        Ticket(const Ticket&) = delete;
        Ticket& operator=(const Ticket&) = delete;
        ~Ticket() {
            if (count_ != nullptr) count_->fetch_sub(1, std::memory_order_relaxed);
        }

    private:
        std::atomic<std::uint32_t>* count_;
    };

    explicit ConnectionLimit(std::uint32_t limit) : limit_(limit) {}

    /// From now on. Whoever is in stays in.
    void set_limit(std::uint32_t limit) noexcept { limit_.store(limit, std::memory_order_relaxed); }

    /// nullopt when the limit is reached.
    [[nodiscard]] std::optional<Ticket> enter() {
        if (count_.fetch_add(1, std::memory_order_relaxed) < limit_.load(std::memory_order_relaxed))
            return Ticket(count_);
        count_.fetch_sub(1, std::memory_order_relaxed);
        return std::nullopt;
    }

    [[nodiscard]] std::uint32_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint32_t limit() const noexcept { return limit_; }

private:
    std::atomic<std::uint32_t> limit_;
    std::atomic<std::uint32_t> count_{0};
};

}  // namespace postern::net
