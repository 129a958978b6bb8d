/// Gives memory back to the system when many connections have gone.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>

namespace postern::app {

/// When it is worth it. The allocator keeps what it was given for those who come next; only once half of a crowd has
/// left is it nobody's.
class TrimmingPolicy {
public:
    static constexpr std::uint32_t fewest_gone = 250;

    /// `connections`: how many there are now. True once for each crowd that leaves.
    [[nodiscard]] bool is_due(std::uint32_t connections);

private:
    std::uint32_t most_ = 0;  // since it was due last
};

/// Looks every few seconds, on the thread of `context`. Trimming stops an I/O thread for milliseconds at most: for as
/// long as its part of the heap is gone through.
class MemoryTrimming {
public:
    /// `connections` tells how many there are. Looks while it lives.
    MemoryTrimming(boost::asio::io_context& context, std::function<std::uint32_t()> connections);

private:
    void wait();

    boost::asio::steady_timer timer_;
    std::function<std::uint32_t()> connections_;
    TrimmingPolicy policy_;
};

}  // namespace postern::app
