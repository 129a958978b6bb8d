#include "tests/bench/load/event_loop.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/epoll.h>

namespace postern::bench {
namespace {

std::uint32_t events_of(const Pollable& pollable) {
    std::uint32_t events = 0;
    if (pollable.waits_to_read()) events |= EPOLLIN;
    if (pollable.waits_to_write()) events |= EPOLLOUT;
    return events;
}

void control(int epoll, int operation, int number, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = number;
    if (epoll_ctl(epoll, operation, number, &event) < 0) {
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
}

}  // namespace

EventLoop::EventLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_.number() < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

void EventLoop::add(std::unique_ptr<Pollable> pollable) {
    const int number = pollable->number();
    const std::uint32_t events = events_of(*pollable);
    control(epoll_.number(), EPOLL_CTL_ADD, number, events);
    pollables_.insert_or_assign(number, Entry{std::move(pollable), events});
}

void EventLoop::wake(int number) {
    const auto found = pollables_.find(number);
    if (found == pollables_.end()) return;
    // What is added meanwhile may move entries of the map; the pollable itself stays where it is.
    Pollable& pollable = *found->second.pollable;
    if (!pollable.on_ready()) {
        pollables_.erase(number);
        return;
    }
    Entry& entry = pollables_.at(number);
    const std::uint32_t events = events_of(pollable);
    if (events == entry.events) return;
    entry.events = events;
    control(epoll_.number(), EPOLL_CTL_MOD, number, events);
}

void EventLoop::turn(int milliseconds) {
    std::array<epoll_event, 256> events{};
    const int count = epoll_wait(epoll_.number(), events.data(), static_cast<int>(events.size()), milliseconds);
    for (int i = 0; i < count; ++i) wake(events.at(static_cast<std::size_t>(i)).data.fd);
}

}  // namespace postern::bench
