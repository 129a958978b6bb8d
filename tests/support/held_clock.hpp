#pragma once

#include "base/clock.hpp"

#include <atomic>

namespace postern::test {

/// A clock that stands still until the test moves it.
class HeldClock final : public base::Clock {
public:
    [[nodiscard]] std::chrono::sys_seconds now() const override {
        return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
    }
    std::atomic<long long> seconds = 1'800'000'000;
};

}  // namespace postern::test
