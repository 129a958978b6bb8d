#include "net/deadline.hpp"

#include <utility>

namespace postern::net {

struct Deadline::State {
    State(const boost::asio::any_io_executor& executor, std::function<void()> function)
        : timer(executor), on_expiry(std::move(function)) {}

    boost::asio::steady_timer timer;
    std::function<void()> on_expiry;  // empty once the Deadline is gone
    TimePoint due = TimePoint::max();
    TimePoint armed_for = TimePoint::max();
    bool expired = false;
};

Deadline::Deadline(const boost::asio::any_io_executor& executor, std::function<void()> expired)
    : state_(std::make_shared<State>(executor, std::move(expired))) {}

Deadline::~Deadline() {
    state_->on_expiry = nullptr;
    state_->timer.cancel();
}

void Deadline::set(std::chrono::milliseconds from_now) {
    state_->expired = false;
    state_->due = std::chrono::steady_clock::now() + from_now;
    if (state_->due < state_->armed_for) arm(state_);
}

bool Deadline::expired() const noexcept {
    return state_->expired;
}

void Deadline::arm(const std::shared_ptr<State>& state) {
    state->armed_for = state->due;
    state->timer.expires_at(state->due);
    state->timer.async_wait([state](const boost::system::error_code& error) {
        if (error || !state->on_expiry) return;
        if (std::chrono::steady_clock::now() < state->due) {
            arm(state);
            return;
        }
        state->armed_for = TimePoint::max();
        state->due = TimePoint::max();
        state->expired = true;
        state->on_expiry();
    });
}

}  // namespace postern::net
