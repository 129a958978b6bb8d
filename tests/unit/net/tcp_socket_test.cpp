#include "net/tcp_socket.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace postern::net {
namespace {

int option_of(TcpSocket& socket, int option) {
    int value = 0;
    socklen_t size = sizeof value;
    EXPECT_EQ(getsockopt(socket.native_handle(), IPPROTO_TCP, option, &value, &size), 0);
    return value;
}

TEST(KeepAlive, DiffersBetweenConnectionsThatBeginTogether) {
    boost::asio::io_context context{1};
    std::vector<TcpSocket> sockets;
    std::set<int> idle;
    std::set<int> intervals;
    for (int i = 0; i < 61; ++i) {
        TcpSocket& socket = sockets.emplace_back(context, boost::asio::ip::tcp::v4());
        set_connection_options(socket.native_handle());
        spread_keep_alive(socket.native_handle());
        idle.insert(option_of(socket, TCP_KEEPIDLE));
        intervals.insert(option_of(socket, TCP_KEEPINTVL));
    }
    EXPECT_GT(idle.size(), 50U);
    EXPECT_GE(*idle.begin(), 60);
    EXPECT_LT(*idle.rbegin(), 300) << "NATs forget a connection that is idle for five minutes";
    EXPECT_GT(intervals.size(), 15U);
    EXPECT_GE(*intervals.begin(), 10);
}

}  // namespace
}  // namespace postern::net
