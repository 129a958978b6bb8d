/// Time as something that can be handed in, so that tests can hold it.
#pragma once

#include <chrono>

namespace postern::base {

/// The wall clock, in whole seconds of UTC. Every rule that is about dates takes its time from here.
/// Thread rule: `now` may be called from any thread.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    Clock(Clock&&) = delete;
    Clock& operator=(Clock&&) = delete;
    virtual ~Clock() = default;

    [[nodiscard]] virtual std::chrono::sys_seconds now() const = 0;
};

/// The machine's own.
class SystemClock final : public Clock {
public:
    [[nodiscard]] std::chrono::sys_seconds now() const override {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    }
};

}  // namespace postern::base
