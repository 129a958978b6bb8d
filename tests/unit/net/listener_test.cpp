#include "net/listener.hpp"

#include <boost/asio.hpp>
#include <gtest/gtest.h>

#include <future>

namespace postern::net {
namespace {

namespace asio = boost::asio;

std::uint16_t free_port() {
    asio::io_context context;
    const asio::ip::tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    return acceptor.local_endpoint().port();
}

TEST(Listener, GivesAcceptedSocketsOnTheWorkersThread) {
    Worker worker;
    std::promise<std::thread::id> accepted_on;
    const std::uint16_t port = free_port();
    auto listener = Listener::open(worker, "127.0.0.1", port, [&](const TcpSocket& socket) {
        EXPECT_TRUE(socket.is_open());
        asio::ip::tcp::no_delay at_once;
        asio::socket_base::keep_alive kept;
        socket.get_option(at_once);
        socket.get_option(kept);
        EXPECT_TRUE(at_once.value() && kept.value()) << "inherited from the listening socket";
        accepted_on.set_value(std::this_thread::get_id());
    });
    ASSERT_TRUE(listener) << listener.error();
    (*listener)->start();
    worker.start();
    asio::io_context context;
    asio::ip::tcp::socket client(context);
    client.connect({asio::ip::address_v4::loopback(), port});
    EXPECT_NE(accepted_on.get_future().get(), std::this_thread::get_id());
    worker.post([&] { (*listener)->close(); });
    worker.finish(std::chrono::seconds(60));
}

TEST(Listener, TwoWorkersShareAnAddressButASecondProgramIsToldThatItIsTaken) {
    Worker one;
    Worker two;
    const std::uint16_t port = free_port();
    ASSERT_TRUE(check_address_is_free("127.0.0.1", port));
    const auto nothing = [](const TcpSocket&) {};
    ASSERT_TRUE(Listener::open(one, "127.0.0.1", port, nothing));
    const auto first = Listener::open(one, "127.0.0.1", port, nothing);
    const auto second = Listener::open(two, "127.0.0.1", port, nothing);
    ASSERT_TRUE(first && second);
    const auto free = check_address_is_free("127.0.0.1", port);
    ASSERT_FALSE(free);
    EXPECT_NE(free.error().find("127.0.0.1:" + std::to_string(port)), std::string::npos) << free.error();
    EXPECT_NE(free.error().find("in use"), std::string::npos) << free.error();
}

TEST(Listener, AnAddressThatIsNotOursIsAnErrorWithTheAddressInIt) {
    Worker worker;
    const auto listener = Listener::open(worker, "192.0.2.1", 1, [](const TcpSocket&) {});
    ASSERT_FALSE(listener);
    EXPECT_NE(listener.error().find("192.0.2.1:1"), std::string::npos) << listener.error();
}

}  // namespace
}  // namespace postern::net
