#include "net/deadline.hpp"

#include "net/tcp_socket.hpp"

#include <boost/asio/execution_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/set.hpp>

#include <utility>

namespace postern::net {

/// The deadlines of one io_context, by the time when each is to be looked at. Ordered insertion and not a wheel: a
/// deadline enters once and is then moved for free, so there is nothing that a wheel would save.
class DeadlineQueue final : public boost::asio::execution_context::service {
public:
    using key_type = DeadlineQueue;
    inline static boost::asio::execution_context::id id;

    explicit DeadlineQueue(boost::asio::execution_context& context)
        : service(context), timer_(static_cast<boost::asio::io_context&>(context)) {}

    void enter(Deadline& deadline) {
        if (deadline.is_linked()) waiting_.erase(waiting_.iterator_to(deadline));
        deadline.looked_at_ = deadline.due_;
        waiting_.insert(deadline);
        if (deadline.looked_at_ < armed_for_) arm();
    }

    void leave(Deadline& deadline) noexcept {
        if (!deadline.is_linked()) return;
        waiting_.erase(waiting_.iterator_to(deadline));
        // A timer that waits for nobody would keep the io_context from ending.
        if (waiting_.empty() && !is_shut_down_) disarm();
    }

private:
    struct Earlier {
        bool operator()(const Deadline& one, const Deadline& other) const noexcept {
            return one.looked_at_ < other.looked_at_;
        }
    };

    /// The io_context is being destroyed, and what waits in it; its timers have gone before.
    void shutdown() noexcept override { is_shut_down_ = true; }

    void arm() {
        armed_for_ = waiting_.begin()->looked_at_;
        timer_.expires_at(armed_for_);
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (!error) look();
        });
    }

    void disarm() noexcept {
        armed_for_ = Deadline::TimePoint::max();
        timer_.cancel();
    }

    void look() {
        const auto now = std::chrono::steady_clock::now();
        armed_for_ = Deadline::TimePoint::max();
        while (!waiting_.empty() && waiting_.begin()->looked_at_ <= now) {
            Deadline& first = *waiting_.begin();
            waiting_.erase(waiting_.begin());
            if (first.due_ > now) {
                first.looked_at_ = first.due_;
                waiting_.insert(first);
            } else {
                expire(first);
            }
        }
        if (!waiting_.empty() && waiting_.begin()->looked_at_ < armed_for_) arm();
    }

    static void expire(Deadline& deadline) {
        deadline.due_ = Deadline::TimePoint::max();
        deadline.looked_at_ = Deadline::TimePoint::max();
        deadline.expired_ = true;
        const std::function<void()> call = deadline.on_expiry_;  // a copy, for it may destroy the deadline
        call();
    }

    boost::intrusive::
        multiset<Deadline, boost::intrusive::compare<Earlier>, boost::intrusive::constant_time_size<false>>
            waiting_;
    boost::asio::steady_timer timer_;
    Deadline::TimePoint armed_for_ = Deadline::TimePoint::max();  // or earlier than anybody needs
    bool is_shut_down_ = false;
};

Deadline::Deadline(const boost::asio::any_io_executor& executor, std::function<void()> expired)
    : queue_(boost::asio::use_service<DeadlineQueue>(context_of(executor))), on_expiry_(std::move(expired)) {}

Deadline::~Deadline() {
    queue_.leave(*this);
}

void Deadline::set(std::chrono::milliseconds from_now) {
    expired_ = false;
    due_ = std::chrono::steady_clock::now() + from_now;
    if (due_ < looked_at_) queue_.enter(*this);
}

}  // namespace postern::net
