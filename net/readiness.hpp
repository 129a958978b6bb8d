/// Tells connections that wait for long when their sockets are ready.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <sys/epoll.h>

namespace postern::net {

/// A socket of which the ReadinessQueue tells. Knows what was told since somebody last tried.
class WatchedSocket {
public:
    WatchedSocket() = default;
    WatchedSocket(const WatchedSocket&) = delete;
    WatchedSocket& operator=(const WatchedSocket&) = delete;
    WatchedSocket(WatchedSocket&&) = delete;
    WatchedSocket& operator=(WatchedSocket&&) = delete;

protected:
    ~WatchedSocket() = default;

    /// What has come since the last time; nothing of it after `tell_later`.
    struct Change {
        bool may_read = false;
        bool may_write = false;
        bool has_ended =
            false;  ///< the peer will send no more: to be read to the end, for nothing will come to tell of
    };

private:
    friend class ReadinessQueue;

    /// May end this or any other watch.
    virtual void tell(Change change) = 0;
};

/// The sockets of one io_context that Asio does not look after. Asio keeps 400 bytes for a waiting socket, and its
/// record of each descriptor for as long as the process lives, between memory that could else be given back; and it
/// tells the kernel each time that it waits. This tells it once: epoll(7), edge-triggered, inside a descriptor that
/// Asio watches.
///
/// Thread rule: the thread of the io_context. The io_context runs on as long as there is a watch.
class ReadinessQueue final : public boost::asio::execution_context::service {
public:
    using key_type = ReadinessQueue;
    inline static boost::asio::execution_context::id id;

    explicit ReadinessQueue(boost::asio::execution_context& context);
    ~ReadinessQueue() override;
    ReadinessQueue(const ReadinessQueue&) = delete;
    ReadinessQueue& operator=(const ReadinessQueue&) = delete;
    ReadinessQueue(ReadinessQueue&&) = delete;
    ReadinessQueue& operator=(ReadinessQueue&&) = delete;

    /// `socket` hears of each change of its descriptor, first of the state it is in, until `unwatch`. False: the kernel
    /// would not (memory, max_user_watches).
    [[nodiscard]] bool watch(int descriptor, WatchedSocket& socket);
    void unwatch(int descriptor, WatchedSocket& socket) noexcept;

    /// Tells a watched socket soon, whether anything changed or not.
    void tell_later(WatchedSocket& socket);

private:
    static constexpr std::size_t most_at_once = 64;

    void shutdown() noexcept override;
    void wait();
    void look();
    void tell_due();

    boost::asio::io_context& context_;
    boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> epoll_;
    std::size_t watched_ = 0;
    bool is_waiting_ = false;
    bool is_shut_down_ = false;
    bool is_tell_due_posted_ = false;
    std::vector<WatchedSocket*> due_;                 // for `tell_due`; null: gone since
    std::vector<WatchedSocket*> telling_;             // of the `tell_due` under way
    std::array<epoll_event, most_at_once> events_{};  // of the look under way
    std::size_t count_ = 0;                           // how many there are
};

}  // namespace postern::net
