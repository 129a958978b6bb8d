#include "app/memory_trimming.hpp"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace postern::app {
namespace {

constexpr std::chrono::seconds between_looks{5};

}  // namespace

bool TrimmingPolicy::is_due(std::uint32_t connections) {
    most_ = std::max(most_, connections);
    const std::uint32_t gone = most_ - connections;
    if (gone < fewest_gone || gone < connections) return false;
    most_ = connections;
    return true;
}

MemoryTrimming::MemoryTrimming(boost::asio::io_context& context, std::function<std::uint32_t()> connections)
    : timer_(context), connections_(std::move(connections)) {
    wait();
}

void MemoryTrimming::wait() {
    timer_.expires_after(between_looks);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;
        if (policy_.is_due(connections_())) malloc_trim(0);
        wait();
    });
}

}  // namespace postern::app
