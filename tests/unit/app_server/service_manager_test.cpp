#include "app/service_manager.hpp"

#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace postern::app {
namespace {

/// A service manager's end of NOTIFY_SOCKET.
class ServiceManagerTest : public testing::Test {
protected:
    ~ServiceManagerTest() override {
        ::unsetenv("NOTIFY_SOCKET");
        if (socket_ >= 0) ::close(socket_);
    }

    void listen(const std::string& name) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name.data(), name.size());
        if (name.front() == '@') address.sun_path[0] = '\0';
        socket_ = ::socket(AF_UNIX, SOCK_DGRAM, 0);
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        ASSERT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), length), 0) << std::strerror(errno);
        ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    }

    std::string heard() const {
        std::array<char, 200> text{};
        const auto count = ::recv(socket_, text.data(), text.size(), MSG_DONTWAIT);
        return count < 0 ? "nothing" : std::string(text.data(), static_cast<std::size_t>(count));
    }

    postern::test::TemporaryFolder folder_;
    int socket_ = -1;
};

TEST_F(ServiceManagerTest, IsToldOnASocketInTheFileSystem) {
    listen(folder_.file("notify"));
    tell_service_manager("READY=1");
    tell_service_manager("STOPPING=1");
    EXPECT_EQ(heard(), "READY=1");
    EXPECT_EQ(heard(), "STOPPING=1");
    EXPECT_EQ(heard(), "nothing");
}

TEST_F(ServiceManagerTest, IsToldOnAnAbstractSocket) {
    listen("@postern-test-" + std::to_string(::getpid()));
    tell_service_manager("READY=1");
    EXPECT_EQ(heard(), "READY=1");
}

TEST_F(ServiceManagerTest, IsToldNothingWhenThereIsNone) {
    ::unsetenv("NOTIFY_SOCKET");
    tell_service_manager("READY=1");
    for (const std::string& name :
         {std::string(), std::string("relative"), std::string(200, '/'), folder_.file("no")}) {
        ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
        tell_service_manager("READY=1");  // and does not fall over
    }
}

}  // namespace
}  // namespace postern::app
