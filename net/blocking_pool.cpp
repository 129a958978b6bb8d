#include "net/blocking_pool.hpp"

#include <sys/resource.h>
#include <unistd.h>

namespace postern::net {

namespace {

// A tenth of what a thread of the same processor gets that has not moved to the background.
constexpr int background_nice = 10;

}  // namespace

void move_to_background() noexcept {
    // To Linux each thread is a process of its own here (setpriority(2), "C library/kernel differences").
    thread_local const int moved = setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), background_nice);
    (void)moved;
}

}  // namespace postern::net
