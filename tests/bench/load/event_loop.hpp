#pragma once

#include "tests/bench/load/stream.hpp"

#include <memory>
#include <unordered_map>

namespace postern::bench {

/// Something with a descriptor that waits for readiness.
class Pollable {
public:
    Pollable() = default;
    Pollable(const Pollable&) = delete;
    Pollable& operator=(const Pollable&) = delete;
    virtual ~Pollable() = default;

    virtual int number() const = 0;
    /// Does what can be done; false: it is over, and is destroyed. It may add others to the loop.
    virtual bool on_ready() = 0;
    virtual bool waits_to_read() const = 0;
    virtual bool waits_to_write() const = 0;
};

/// One thread's epoll, level-triggered, and the owner of what waits in it.
class EventLoop {
public:
    EventLoop();

    /// Calls on_ready() at the next turn at the latest.
    void add(std::unique_ptr<Pollable> pollable);
    /// Calls on_ready() now: for one that has something to say by itself.
    void wake(int number);
    /// Waits for at most that long (-1: without end), then calls everybody who is ready.
    void turn(int milliseconds);
    std::size_t size() const { return pollables_.size(); }

private:
    struct Entry {
        std::unique_ptr<Pollable> pollable;
        std::uint32_t events;
    };

    Descriptor epoll_;
    std::unordered_map<int, Entry> pollables_;
};

}  // namespace postern::bench
