/// Empties the outbox while postern serves.
#pragma once

#include "auth/courier.hpp"
#include "auth/delivery/deliveries.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace postern::app {

/// A few threads, because a relay that hangs must not hold up the others' mail. Each logs what became of a message.
/// Starts on construction and stops, within a second, on destruction. What it is made of must outlive it.
class CourierThreads {
public:
    CourierThreads(auth::Store& store,
                   const auth::Keyring& keyring,
                   const base::Clock& clock,
                   auth::Delivery& delivery,
                   std::size_t count = 2);

private:
    void run(const std::stop_token& stop);
    /// Until then, or until it is to stop.
    void wait(const std::stop_token& stop, std::chrono::milliseconds time);

    auth::Store& store_;
    const auth::Keyring& keyring_;
    const base::Clock& clock_;
    auth::Delivery& delivery_;
    std::mutex mutex_;
    std::condition_variable_any stopped_;
    std::vector<std::jthread> threads_;  // last: they use everything else
};

}  // namespace postern::app
