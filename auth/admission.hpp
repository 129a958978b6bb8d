/// How many passwords are hashed at once: a bound on memory and cores, and on waiting for them.
#pragma once

#include "auth/boot_mac.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace postern::auth {

enum class Lane {
    known,     ///< places the account was entered from
    stranger,  ///< everybody else: one of five slots, when the known want them all, and half of the waiting places
};

/// Thread rule: any thread; `enter` blocks for at most `longest_wait`, nothing else blocks.
class Admission {
public:
    struct Bounds {
        std::size_t slots = 1;     ///< hashes that run at once
        std::size_t waiting = 16;  ///< that may wait for one, and as many that ask what is under way already
        std::chrono::milliseconds longest_wait{2'000};
    };

    explicit Admission(const Bounds& bounds) : bounds_(bounds) {}
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;
    Admission(Admission&&) = delete;
    Admission& operator=(Admission&&) = delete;
    ~Admission() = default;

    /// A place among those who hash or wait for it, and the slot that it may have led to, for as long as it lives. The
    /// admission must outlive it.
    class Place {
    public:
        Place(Admission& admission, Lane lane, std::string network, const BootKey& question, bool is_follower)
            : admission_(&admission),
              lane_(lane),
              network_(std::move(network)),
              question_(question),
              is_follower_(is_follower) {}
        Place(Place&& other) noexcept
            : admission_(std::exchange(other.admission_, nullptr)),
              lane_(other.lane_),
              network_(std::move(other.network_)),
              question_(other.question_),
              is_follower_(other.is_follower_),
              is_running_(other.is_running_) {}
        Place& operator=(Place&&) = delete;
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place() {
            if (admission_ != nullptr) admission_->leave(*this);
        }

        /// Waits for a slot. False: waiting was in vain. Call once.
        [[nodiscard]] bool enter() { return admission_->enter(*this); }

    private:
        friend Admission;
        Admission* admission_;
        Lane lane_;
        std::string network_;
        BootKey question_;
        bool is_follower_;
        bool is_running_ = false;
    };

    /// nullopt: too many are there already. Beside as many as there are slots, all may have `waiting` places, strangers
    /// half of them, and one network half of what its lane may have. Who asks the same `question` as somebody who has a
    /// place is not to be hashed but to hear the answer: he counts for nothing but the bound on those.
    [[nodiscard]] std::optional<Place> reserve(Lane lane, const std::string& network, const BootKey& question);

    /// How many places there are at most.
    [[nodiscard]] static std::size_t most_places(const Bounds& bounds) { return bounds.slots + 2 * bounds.waiting; }

    /// The slots that this many cores and this much memory allow: at least one.
    [[nodiscard]] static std::size_t slots_for(std::size_t cores, std::size_t memory_mib, std::size_t hash_kib);

private:
    using ByLane = std::array<std::size_t, 2>;

    [[nodiscard]] bool may_run(Lane lane) const;
    [[nodiscard]] std::size_t most(Lane lane) const;
    [[nodiscard]] bool has_room(Lane lane, const std::string& network) const;
    bool enter(Place& place);
    void leave(const Place& place);

    const Bounds bounds_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t running_ = 0;
    ByLane places_{};                             // taken
    ByLane waiting_{};                            // within `enter`
    std::size_t since_stranger_ = 0;              // known ones let in while strangers waited
    std::map<std::string, ByLane> from_network_;  // places taken
    std::size_t followers_ = 0;
    std::unordered_map<BootKey, std::size_t, BootKeyHash> questions_;  // of all who have a place
};

}  // namespace postern::auth
