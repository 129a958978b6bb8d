// A login that finds a server down, and what becomes known of servers by logins and checks.
#include "proxy/health_checks.hpp"
#include "proxy/routing/server_choice.hpp"
#include "tests/unit/proxy/mail_session_fixture.hpp"

namespace postern::proxy {
namespace {

/// A backend of two servers: the listener of the test, and one that the test says.
class FailoverTest : public MailSessionTest {
protected:
    /// Names of the two are chosen so that the user belongs to the other one.
    void add_own_server(std::uint16_t port) {
        auto& servers = settings_.backends.at("imap1").servers;
        for (int i = 0;; ++i) {
            servers.resize(1);
            servers.push_back({.name = "own" + std::to_string(i), .host = "127.0.0.1", .port = port});
            if (routing::preferred_servers(servers, "anne@example.org").front() == 1) return;
        }
    }
    static std::uint16_t closed_port() {
        asio::io_context context;
        net::TcpAcceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
        return acceptor.local_endpoint().port();
    }
    config::BackendSettings& backend() { return settings_.backends.at("imap1"); }
    ServerHealth& health_of(std::size_t index) { return health_->of(backend(), index); }
};

TEST_F(FailoverTest, AnotherServerStandsInForOneThatIsDown) {
    add_own_server(closed_port());
    start();
    run([this]() -> asio::awaitable<void> {
        co_await log_in("right");
        const auto backend = co_await backend_accepts();
        (void)co_await backend_lets_in(*backend);
        const std::string reply = co_await hear_reply();
        EXPECT_TRUE(reply.starts_with("a OK")) << reply;
    }());
    EXPECT_FALSE(health_of(1).is_up());
    EXPECT_TRUE(health_of(0).is_up());
}

TEST_F(FailoverTest, AnotherServerStandsInForOneThatSaysItIsNotReady) {
    net::TcpAcceptor own(context_, {asio::ip::address_v4::loopback(), 0});
    add_own_server(own.local_endpoint().port());
    start();
    run([&]() -> asio::awaitable<void> {
        co_await log_in("right");
        Stream first(co_await own.async_accept(asio::use_awaitable));
        co_await say(first, "* BYE starting up\r\n");
        const auto backend = co_await backend_accepts();
        (void)co_await backend_lets_in(*backend);
        const std::string reply = co_await hear_reply();
        EXPECT_TRUE(reply.starts_with("a OK")) << reply;
    }());
    EXPECT_FALSE(health_of(1).is_up());
}

TEST_F(FailoverTest, ARefusalOfTheUserIsNoFaultOfTheServer) {
    net::TcpAcceptor own(context_, {asio::ip::address_v4::loopback(), 0});
    add_own_server(own.local_endpoint().port());
    start();
    run([&]() -> asio::awaitable<void> {
        co_await log_in("right");
        Stream first(co_await own.async_accept(asio::use_awaitable));
        co_await say(first, greeting);
        const std::string login = co_await read_until(first, "\r\n");
        co_await say(first, login.substr(0, login.find(' ')) + " NO [AUTHENTICATIONFAILED] no such user\r\n");
        const std::string reply = co_await hear_reply();
        EXPECT_TRUE(reply.starts_with("a NO [UNAVAILABLE]")) << reply;
    }());
    EXPECT_TRUE(health_of(1).is_up());
}

TEST_F(FailoverTest, KeepsAwayFromAServerThatIsKnownToBeDown) {
    net::TcpAcceptor own(context_, {asio::ip::address_v4::loopback(), 0});
    add_own_server(own.local_endpoint().port());
    start();
    health_of(1).failed(ServerHealth::Clock::now() + 1h);
    run([&]() -> asio::awaitable<void> {
        co_await log_in("right");
        const auto backend = co_await backend_accepts();
        (void)co_await backend_lets_in(*backend);
        const std::string reply = co_await hear_reply();
        EXPECT_TRUE(reply.starts_with("a OK")) << reply;
    }());
}

TEST_F(FailoverTest, TriesTheUsersOwnServerWhenAllAreDown) {
    net::TcpAcceptor own(context_, {asio::ip::address_v4::loopback(), 0});
    add_own_server(own.local_endpoint().port());
    start();
    for (const std::size_t server : {0U, 1U}) health_of(server).failed(ServerHealth::Clock::now() + 1h);
    run([&]() -> asio::awaitable<void> {
        co_await log_in("right");
        Stream first(co_await own.async_accept(asio::use_awaitable));
        (void)co_await backend_lets_in(first);
        const std::string reply = co_await hear_reply();
        EXPECT_TRUE(reply.starts_with("a OK")) << reply;
    }());
    EXPECT_TRUE(health_of(1).is_up()) << "it has shown that it is back";
    EXPECT_FALSE(health_of(0).is_up());
}

TEST_F(FailoverTest, AShutdownBringsNoServerDown) {
    net::TcpAcceptor own(context_, {asio::ip::address_v4::loopback(), 0});
    add_own_server(own.local_endpoint().port());
    start();
    run([&]() -> asio::awaitable<void> {
        co_await log_in("right");
        Stream first(co_await own.async_accept(asio::use_awaitable));
        worker_->shut_down_connections();
        const std::string rest = co_await read_until(first, "never");
        EXPECT_EQ(rest, "") << "nothing was said before the greeting";
    }());
    EXPECT_TRUE(health_of(1).is_up());
}

TEST_F(FailoverTest, ChecksFindAServerThatSaysNothingAndOneThatIsBack) {
    settings_.backends.at("imap1").check_interval = 1ms;
    net::TcpAcceptor own(context_, {asio::ip::address_v4::loopback(), 0});
    add_own_server(own.local_endpoint().port());
    start();
    net::Worker checker;
    health_of(0).failed(ServerHealth::Clock::now() + 1h);
    const auto checks = start_health_checks(checker, services_);
    checker.start();
    run([&]() -> asio::awaitable<void> {
        const auto back = co_await backend_accepts();
        Stream silent(co_await own.async_accept(asio::use_awaitable));
        co_await say(*back, greeting);
        const std::string heard = co_await read_until(*back, "\r\n");
        EXPECT_EQ(heard, "a LOGOUT\r\n");
        back->end_output();
        // Both are asked anew once the outcome of the first check is known.
        const auto again = co_await backend_accepts();
        EXPECT_TRUE(health_of(0).is_up());
        const std::string nothing = co_await read_until(silent, "never");
        EXPECT_EQ(nothing, "") << "it was waited for, then left";
        Stream once_more(co_await own.async_accept(asio::use_awaitable));
        EXPECT_FALSE(health_of(1).is_up());
    }());
    checker.shut_down_connections();
    checker.finish(60s);
}

}  // namespace
}  // namespace postern::proxy
