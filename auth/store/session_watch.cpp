#include "auth/store/session_watch.hpp"

#include <sys/socket.h>

namespace postern::auth::store {

SessionWatch::SessionWatch(std::size_t sessions, std::chrono::milliseconds patience)
    : patience_(patience), expected_(sessions), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void SessionWatch::expect_answer(std::size_t position, int descriptor) {
    const std::scoped_lock lock(mutex_);
    expected_[position] = {.descriptor = descriptor, .until = std::chrono::steady_clock::now() + patience_};
}

void SessionWatch::renew(std::size_t position) {
    const std::scoped_lock lock(mutex_);
    expected_[position].until = std::chrono::steady_clock::now() + patience_;
}

void SessionWatch::rest(std::size_t position) {
    const std::scoped_lock lock(mutex_);
    expected_[position].descriptor = -1;
}

void SessionWatch::run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        cut_silent();
        stopped_.wait_for(lock, stop, patience_ / 8, [] { return false; });
    }
}

void SessionWatch::cut_silent() {
    const auto now = std::chrono::steady_clock::now();
    for (Expected& expected : expected_) {
        if (expected.descriptor < 0 || now < expected.until) continue;
        ::shutdown(expected.descriptor, SHUT_RDWR);
        expected.descriptor = -1;
    }
}

}  // namespace postern::auth::store
