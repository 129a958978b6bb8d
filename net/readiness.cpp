#include "net/readiness.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace postern::net {

ReadinessQueue::ReadinessQueue(boost::asio::execution_context& context)
    : service(context), context_(static_cast<boost::asio::io_context&>(context)), epoll_(context_) {
    const int descriptor = epoll_create1(EPOLL_CLOEXEC);
    if (descriptor >= 0) epoll_.assign(descriptor);  // without one, nothing can be watched
}

ReadinessQueue::~ReadinessQueue() = default;

void ReadinessQueue::shutdown() noexcept {
    is_shut_down_ = true;
    boost::system::error_code ignored;
    epoll_.close(ignored);
}

bool ReadinessQueue::watch(int descriptor, WatchedSocket& socket) {
    if (is_shut_down_ || !epoll_.is_open()) return false;
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &socket}};
    if (epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) != 0) return false;
    ++watched_;
    if (!is_waiting_) wait();
    return true;
}

void ReadinessQueue::unwatch(int descriptor, WatchedSocket& socket) noexcept {
    if (is_shut_down_) return;
    epoll_event unused{};
    epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, descriptor, &unused);
    for (std::size_t i = 0; i < count_; ++i)
        if (events_.at(i).data.ptr == &socket) events_.at(i).data.ptr = nullptr;
    std::ranges::replace(due_, &socket, static_cast<WatchedSocket*>(nullptr));
    std::ranges::replace(telling_, &socket, static_cast<WatchedSocket*>(nullptr));
    boost::system::error_code ignored;
    if (--watched_ == 0) epoll_.cancel(ignored);  // or else the io_context would not end
}

void ReadinessQueue::wait() {
    is_waiting_ = true;
    epoll_.async_wait(boost::asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
        is_waiting_ = false;
        if (!error) look();
        if (watched_ > 0 && !is_shut_down_ && !is_waiting_) wait();
    });
}

void ReadinessQueue::look() {
    const int count = epoll_wait(epoll_.native_handle(), events_.data(), most_at_once, 0);
    count_ = static_cast<std::size_t>(std::max(count, 0));
    for (std::size_t i = 0; i < count_; ++i) {
        constexpr std::uint32_t broken = EPOLLERR | EPOLLHUP;
        const std::uint32_t what = events_.at(i).events;
        auto* const socket = static_cast<WatchedSocket*>(events_.at(i).data.ptr);
        if (socket == nullptr) continue;  // whoever was told before has ended this watch
        socket->tell({.may_read = (what & (EPOLLIN | EPOLLRDHUP | broken)) != 0,
                      .may_write = (what & (EPOLLOUT | broken)) != 0,
                      .has_ended = (what & (EPOLLRDHUP | broken)) != 0});
    }
    count_ = 0;
}

void ReadinessQueue::tell_later(WatchedSocket& socket) {
    if (is_shut_down_) return;
    due_.push_back(&socket);
    if (std::exchange(is_tell_due_posted_, true)) return;
    boost::asio::post(context_, [this] { tell_due(); });
}

void ReadinessQueue::tell_due() {
    is_tell_due_posted_ = false;
    telling_.swap(due_);  // what is due from here on has its turn after everybody else's
    for (std::size_t i = 0; i < telling_.size(); ++i)
        if (telling_[i] != nullptr) std::exchange(telling_[i], nullptr)->tell({});
    telling_.clear();
}

}  // namespace postern::net
