/// How many passwords are hashed at once: a bound on memory and cores, and on waiting for them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace postern::auth {

enum class Lane {
    known,     ///< places the account was entered from
    stranger,  ///< everybody else: one of five slots, when the known want them all
};

/// Thread rule: any thread; `enter` blocks for at most `longest_wait`.
class Admission {
public:
    struct Bounds {
        std::size_t slots = 1;     ///< hashes that run at once
        std::size_t waiting = 16;  ///< that may wait for one; at most a quarter of them from one network
        std::chrono::milliseconds longest_wait{2'000};
    };

    explicit Admission(const Bounds& bounds) : bounds_(bounds) {}
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;
    Admission(Admission&&) = delete;
    Admission& operator=(Admission&&) = delete;
    ~Admission() = default;

    /// A slot, for as long as it lives.
    class Ticket {
    public:
        explicit Ticket(Admission& admission) : admission_(&admission) {}
        Ticket(Ticket&& other) noexcept : admission_(std::exchange(other.admission_, nullptr)) {}
        Ticket& operator=(Ticket&&) = delete;
        Ticket(const Ticket&) = delete;
        Ticket& operator=(const Ticket&) = delete;
        ~Ticket() {
            if (admission_ != nullptr) admission_->leave();
        }

    private:
        Admission* admission_;
    };

    /// nullopt: too many are waiting already, or waiting was in vain.
    [[nodiscard]] std::optional<Ticket> enter(Lane lane, const std::string& network);

    /// The slots that this many cores and this much memory allow: at least one.
    [[nodiscard]] static std::size_t slots_for(std::size_t cores, std::size_t memory_mib, std::size_t hash_kib);

private:
    [[nodiscard]] bool may_run(Lane lane) const;
    void leave();

    const Bounds bounds_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t running_ = 0;
    std::size_t waiting_known_ = 0;
    std::size_t waiting_strangers_ = 0;
    std::size_t since_stranger_ = 0;                   // known ones let in while strangers waited
    std::map<std::string, std::size_t> from_network_;  // waiting
};

}  // namespace postern::auth
