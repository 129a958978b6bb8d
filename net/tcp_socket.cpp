#include "net/tcp_socket.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace postern::net {
namespace {

// Below the five minutes after which NATs forget an idle connection, so that IDLE survives them.
constexpr int keepalive_idle_seconds = 240;
constexpr int keepalive_interval_seconds = 30;
constexpr int keepalive_probes = 6;

void set_option(int descriptor, int level, int option, int value) {
    // Failing means a kernel without the option: the connection works all the same.
    (void)setsockopt(descriptor, level, option, &value, sizeof value);
}

}  // namespace

void set_connection_options(int descriptor) {
    set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, keepalive_idle_seconds);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, keepalive_interval_seconds);
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, keepalive_probes);
    // No TCP_USER_TIMEOUT: it would also cut a peer that is alive but has not read for a while.
}

void spread_keep_alive(int descriptor) {
    // Descriptors are counted, so their numbers spread as well as chance. The kernel's timers round four minutes to
    // many seconds; it is the intervals that draw the probes apart.
    constexpr int idle_spread = 60;
    constexpr int interval_spread = 20;
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE,
               keepalive_idle_seconds - idle_spread / 2 + descriptor % (idle_spread + 1));
    set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL,
               keepalive_interval_seconds - interval_spread / 2 + descriptor % (interval_spread + 1));
}

}  // namespace postern::net
