#include "net/inherited_sockets.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace postern::net {
namespace {

/// A socket on the loopback address, bound at least.
int loopback_socket(bool listens) {
    const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    if (listens) EXPECT_EQ(listen(descriptor, 1), 0);
    return descriptor;
}

bool is_open(int descriptor) {
    return fcntl(descriptor, F_GETFD) >= 0;
}

TEST(InheritedSockets, AreKnownByTheirAddressAndKeptFromChildren) {
    const int descriptor = loopback_socket(true);
    {
        const auto sockets = adopt_sockets(descriptor, 1);
        ASSERT_TRUE(sockets) << sockets.error();
        ASSERT_EQ(sockets->size(), 1U);
        EXPECT_EQ(sockets->front().address(), "127.0.0.1");
        EXPECT_NE(sockets->front().port(), 0);
        EXPECT_EQ(fcntl(descriptor, F_GETFD), FD_CLOEXEC);
    }
    EXPECT_FALSE(is_open(descriptor)) << "closed with its owner";
}

TEST(InheritedSockets, AreRefusedWhenTheyDoNotListen) {
    const int descriptor = loopback_socket(false);
    const auto sockets = adopt_sockets(descriptor, 1);
    ASSERT_FALSE(sockets);
    EXPECT_EQ(sockets.error(),
              "the inherited descriptor " + std::to_string(descriptor) + " is not a listening TCP socket");
    EXPECT_FALSE(is_open(descriptor));
}

TEST(InheritedSockets, AreRefusedWhenTheyAreNoSockets) {
    const int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
    EXPECT_FALSE(adopt_sockets(descriptor, 1));
    EXPECT_FALSE(adopt_sockets(1 << 20, 1)) << "not open at all";
}

TEST(InheritedSockets, AreNoneWithoutAVariable) {
    const auto sockets = inherited_sockets();
    ASSERT_TRUE(sockets);
    EXPECT_TRUE(sockets->empty());
}

TEST(InheritedSockets, OfSystemdAreForTheProcessItNames) {
    setenv("LISTEN_FDS", "7", 1);
    setenv("LISTEN_PID", "1", 1);
    const auto sockets = inherited_sockets();
    ASSERT_TRUE(sockets) << sockets.error();
    EXPECT_TRUE(sockets->empty());
    EXPECT_EQ(std::getenv("LISTEN_FDS"), nullptr) << "no child is to believe it";
    EXPECT_EQ(std::getenv("LISTEN_PID"), nullptr);
}

TEST(InheritedSockets, NumbersThatAreNoneAreRefused) {
    for (const char* number : {"", "x", "-1", "99999999", "3 "}) {
        setenv(inherited_sockets_variable, number, 1);
        EXPECT_FALSE(inherited_sockets()) << number;
    }
}

}  // namespace
}  // namespace postern::net
