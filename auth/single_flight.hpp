/// Of several who ask the same at once, one finds out and all get his answer.
#pragma once

#include "auth/boot_mac.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace postern::auth {

/// A mail program opens five connections at once with the same password: one hash, one charge.
/// Thread rule: any thread; those who wait block until the one has found out.
template <class Answer>
class SingleFlight {
public:
    /// `work` must not throw.
    template <class Work>
    Answer run(const BootKey& key, Work work) {
        std::unique_lock lock(mutex_);
        if (const auto under_way = flights_.find(key); under_way != flights_.end()) {
            const std::shared_ptr<Flight> flight = under_way->second;
            flight->landed.wait(lock, [&] { return flight->answer.has_value(); });
            return *flight->answer;
        }
        const auto flight = std::make_shared<Flight>();
        flights_.emplace(key, flight);
        lock.unlock();
        Answer answer = work();
        lock.lock();
        flight->answer = answer;
        flights_.erase(key);
        flight->landed.notify_all();
        return answer;
    }

private:
    struct Flight {
        std::condition_variable landed;
        std::optional<Answer> answer;
    };

    std::mutex mutex_;
    std::unordered_map<BootKey, std::shared_ptr<Flight>, BootKeyHash> flights_;
};

}  // namespace postern::auth
