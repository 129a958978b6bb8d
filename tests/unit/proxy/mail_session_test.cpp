// A whole session over real sockets and TLS, with a backend that follows a script: what real servers never do on
// demand.
#include "proxy/mail_session.hpp"

#include "proxy/health_checks.hpp"
#include "proxy/routing/server_choice.hpp"
#include "tests/support/counting_hasher.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_certificate.hpp"
#include "tests/support/test_store.hpp"
#include "tests/unit/net/loopback.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gtest/gtest.h>

#include <array>
#include <future>
#include <memory>
#include <string>

namespace postern::proxy {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using net::Stream;
using namespace std::chrono_literals;

constexpr std::string_view greeting = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n";

/// One IMAP session of account anne, password "right". The test's own thread is client and backend, the worker is
/// postern.
class MailSessionTest : public testing::Test {
protected:
    MailSessionTest() : backend_listener_(context_, {asio::ip::address_v4::loopback(), 0}) {
        settings_.server.hostname = "mail.example.org";
        config::BackendSettings backend;
        backend.name = "imap1";
        backend.servers = {{.name = "first", .host = "127.0.0.1", .port = backend_listener_.local_endpoint().port()}};
        backend.tls = config::BackendTls::none;
        backend.login = config::BackendLogin::master_user;
        backend.master_user = "postern";
        backend.master_password = base::Secret("master");
        settings_.backends.emplace("imap1", std::move(backend));
        settings_.routing.default_backend = {{config::MailProtocol::imap, "imap1"}};
        listener_.name = "imaps";
        listener_.protocol = config::ListenerProtocol::imap;

        const test::TestCertificate certificate = test::make_certificate("mail.example.org");
        settings_.tls.certificate = folder_.write("certificate.pem", certificate.certificate);
        settings_.tls.key = folder_.write("key.pem", certificate.key);

        settings_.auth.failure_delay = 1ms;
        const auth::AccountWithPassword anne{test::new_account("anne@example.org"), base::Secret("plain1:right")};
        EXPECT_TRUE(test_store_.accounts().add(std::span(&anne, 1)));
    }

    ~MailSessionTest() override {
        if (client_) client_->close();
        if (worker_) worker_->finish(60s);
    }

    /// Starts postern and connects the client, its handshake done.
    void start() {
        tls_ = std::make_unique<net::TlsContext>(std::move(*net::TlsContext::for_server(settings_.tls, {"imap"})));
        trust_ = std::make_unique<net::TlsContext>(std::move(*net::TlsContext::for_client(settings_.tls.certificate)));
        connector_ = std::make_unique<BackendConnector>(
            std::move(*BackendConnector::make(settings_.backends, settings_.server.hostname, pool_)));
        health_ = std::make_unique<BackendHealth>(settings_.backends);
        services_ = std::make_shared<const MailServices>(settings_, authenticator_, pool_, router_, *connector_,
                                                         *health_, sending_, sessions_, session_limits_, addresses_,
                                                         metrics_, test_store_.clock);
        worker_ = std::make_unique<net::Worker>();

        tcp::acceptor acceptor(worker_->context(), {asio::ip::address_v4::loopback(), 0});
        tcp::socket socket(context_);
        socket.connect(acceptor.local_endpoint());
        client_ = std::make_unique<Stream>(std::move(socket));
        serve_mail(*worker_, acceptor.accept(), std::move(*connections_.enter()), listener_, *tls_, services_);
        worker_->start();
        test::run_to_end(context_, [this]() -> asio::awaitable<void> {
            const auto secured = co_await client_->handshake_as_client(*trust_, "mail.example.org");
            EXPECT_TRUE(secured) << secured.error();
        }());
    }

    /// Reads until what arrived ends with `ending`, or the peer ended, and gives all of it.
    static asio::awaitable<std::string> read_until(Stream& stream, std::string_view ending) {
        std::string text;
        std::array<char, 1000> piece{};
        while (!text.ends_with(ending)) {
            const auto count = co_await stream.read_some(piece);
            if (!count) break;
            text.append(piece.data(), *count);
        }
        co_return text;
    }

    static asio::awaitable<void> say(Stream& stream, std::string_view text) {
        const auto written = co_await stream.write(text);
        EXPECT_TRUE(written);
    }

    asio::awaitable<std::unique_ptr<Stream>> backend_accepts() {
        tcp::socket socket = co_await backend_listener_.async_accept(asio::use_awaitable);
        co_return std::make_unique<Stream>(std::move(socket));
    }

    /// The backend's side of a login that works; gives what postern sent to log in.
    static asio::awaitable<std::string> backend_lets_in(Stream& backend) {
        co_await say(backend, greeting);
        const std::string login = co_await read_until(backend, "\r\n");
        const std::string tag = login.substr(0, login.find(' '));
        co_await say(backend, tag + " OK [CAPABILITY IMAP4rev1 IDLE] in\r\n");
        co_return login;
    }

    asio::awaitable<void> log_in(std::string_view password, std::string_view more = "") {
        co_await say(*client_, "a LOGIN anne@example.org " + std::string(password) + "\r\n" + std::string(more));
    }

    /// What the client hears until the line that begins with "tag ", with the greeting left out.
    asio::awaitable<std::string> hear_reply() {
        std::string text;
        while (!text.starts_with("a ") && !text.starts_with("b ")) {
            text = co_await read_until(*client_, "\r\n");
            if (text.empty()) break;
            if (const auto at = text.find("\r\na "); at != std::string::npos) text = text.substr(at + 2);
        }
        co_return text;
    }

    void run(asio::awaitable<void> talk) { test::run_to_end(context_, std::move(talk)); }

    test::TemporaryFolder folder_;
    config::Settings settings_;
    config::ListenerSettings listener_;
    test::TestStore test_store_;
    test::CountingHasher hasher_;
    SendingLimits sending_{0, 0};
    OpenSessions sessions_;
    SessionLimits session_limits_;
    net::AddressLimit addresses_;
    prometheus::Registry registry_;
    const MailMetrics metrics_{registry_, {}};
    auth::Authenticator authenticator_{test_store_.store(), hasher_, test_store_.keyring, test_store_.clock,
                                       settings_.auth};
    routing::Router router_{settings_.routing};
    net::ConnectionLimit connections_{10};
    asio::io_context context_{1};
    tcp::acceptor backend_listener_;
    std::unique_ptr<net::TlsContext> tls_;
    std::unique_ptr<net::TlsContext> trust_;
    std::unique_ptr<BackendConnector> connector_;
    std::unique_ptr<BackendHealth> health_;
    std::shared_ptr<const MailServices> services_;
    std::unique_ptr<Stream> client_;
    std::unique_ptr<net::Worker> worker_;
    asio::io_context elsewhere_{1};  // for somebody else who uses the pool
    net::BlockingPool pool_{1, 1};
};

TEST_F(MailSessionTest, BytesPipelinedBehindTheLoginReachTheBackendAfterIt) {
    start();
    run([this]() -> asio::awaitable<void> {
        co_await log_in("right", "b SELECT INBOX\r\nc NOOP\r\n");
        const auto backend = co_await backend_accepts();
        const std::string login = co_await backend_lets_in(*backend);
        EXPECT_NE(login.find("AUTHENTICATE PLAIN "), std::string::npos) << login;
        const std::string relayed = co_await read_until(*backend, "c NOOP\r\n");
        EXPECT_EQ(relayed, "b SELECT INBOX\r\nc NOOP\r\n");
        const std::string reply = co_await hear_reply();
        EXPECT_EQ(reply, "a OK [CAPABILITY IMAP4rev1 IDLE] Logged in\r\n");
        co_await say(*backend, "c OK done\r\n");
        const std::string answer = co_await read_until(*client_, "\r\n");
        EXPECT_EQ(answer, "c OK done\r\n");
    }());
}

TEST_F(MailSessionTest, AWrongPasswordReachesNoBackendAndTheNextMayBeRight) {
    start();
    run([this]() -> asio::awaitable<void> {
        co_await log_in("wrong");
        const std::string refusal = co_await hear_reply();
        EXPECT_TRUE(refusal.starts_with("a NO [AUTHENTICATIONFAILED]")) << refusal;
        boost::system::error_code nobody;
        backend_listener_.non_blocking(true);
        backend_listener_.accept(nobody);
        EXPECT_EQ(nobody, asio::error::would_block);

        co_await log_in("right");
        const auto backend = co_await backend_accepts();
        (void)co_await backend_lets_in(*backend);
        const std::string reply = co_await hear_reply();
        EXPECT_TRUE(reply.starts_with("a OK ")) << reply;
    }());
}

TEST_F(MailSessionTest, ABackendThatIsDownIsUnavailableAndTheSessionStaysUsable) {
    backend_listener_.close();
    start();
    run([this]() -> asio::awaitable<void> {
        for (int i = 0; i < 2; ++i) {
            co_await log_in("right");
            const std::string reply = co_await hear_reply();
            EXPECT_TRUE(reply.starts_with("a NO [UNAVAILABLE]")) << reply;
        }
        co_await say(*client_, "b NOOP\r\n");
        const std::string reply = co_await hear_reply();
        EXPECT_TRUE(reply.starts_with("b OK")) << reply;
    }());
}

TEST_F(MailSessionTest, ABackendThatSaysNothingIsGivenUpAfterItsLimit) {
    settings_.backends.at("imap1").login_timeout = 30ms;
    start();
    run([this]() -> asio::awaitable<void> {
        co_await log_in("right");
        const auto backend = co_await backend_accepts();
        const std::string reply = co_await hear_reply();
        EXPECT_TRUE(reply.starts_with("a NO [UNAVAILABLE]")) << reply;
        const std::string nothing_more = co_await read_until(*backend, "never");
        EXPECT_EQ(nothing_more, "");  // and its connection was closed
    }());
}

class BackendFailure : public MailSessionTest,
                       public testing::WithParamInterface<std::pair<const char*, const char*>> {};

TEST_P(BackendFailure, IsUnavailableToTheClientWhateverTheBackendSaid) {
    start();
    run([this]() -> asio::awaitable<void> {
        co_await log_in("right");
        {
            const auto backend = co_await backend_accepts();
            co_await say(*backend, GetParam().second);
        }
        const std::string reply = co_await hear_reply();
        EXPECT_TRUE(reply.starts_with("a NO [UNAVAILABLE]")) << reply;
    }());
}

INSTANTIATE_TEST_SUITE_P(Ends,
                         BackendFailure,
                         testing::Values(std::pair{"BeforeItsGreeting", ""},
                                         std::pair{"InsideItsGreeting", "* OK [CAPA"},
                                         std::pair{"AfterItsGreeting", greeting.data()},
                                         std::pair{"WithBye", "* BYE too busy\r\n"},
                                         std::pair{"WithPreauth", "* PREAUTH hello anne\r\n"},
                                         std::pair{"WithGarbage", "\x01\x02\x03\r\n"}),
                         [](const auto& test) { return std::string(test.param.first); });

TEST_F(MailSessionTest, AClientThatLeavesWhileTheBackendIsAskedLeavesNothingBehind) {
    start();
    run([this]() -> asio::awaitable<void> {
        co_await log_in("right");
        const auto backend = co_await backend_accepts();
        client_->close();
        (void)co_await backend_lets_in(*backend);
        const std::string nothing_more = co_await read_until(*backend, "never");
        EXPECT_EQ(nothing_more, "");
    }());
    worker_->finish(60s);
    worker_.reset();
    EXPECT_EQ(connections_.count(), 0U);
}

TEST_F(MailSessionTest, AClientThatDoesNotLogInInTimeIsToldBye) {
    settings_.limits.login_timeout = 30ms;
    start();
    run([this]() -> asio::awaitable<void> {
        const std::string heard = co_await read_until(*client_, "never");
        EXPECT_NE(heard.find("* BYE"), std::string::npos) << heard;
    }());
}

TEST_F(MailSessionTest, ALoginTimeoutWhileTheBackendIsAskedIsNeverAnsweredWithOk) {
    settings_.limits.login_timeout = 2s;  // long enough to get as far as the backend on a busy machine
    start();
    run([this]() -> asio::awaitable<void> {
        co_await log_in("right");
        const auto backend = co_await backend_accepts();  // and says nothing
        const std::string heard = co_await read_until(*client_, "never");
        EXPECT_EQ(heard.find("a OK"), std::string::npos) << heard;
        EXPECT_NE(heard.find("* BYE"), std::string::npos) << heard;
    }());
}

TEST_F(MailSessionTest, AShutdownDuringThePasswordCheckReachesNoBackend) {
    std::promise<void> let_go;
    const std::shared_future<void> gate = let_go.get_future().share();
    auto occupy = [&]() -> asio::awaitable<void> { (void)co_await pool_.run([gate] { return gate.wait(), true; }); };
    asio::co_spawn(elsewhere_, occupy(), asio::detached);
    elsewhere_.poll();  // the pool's one thread is taken: the check of the password waits
    start();
    run([this, &let_go]() -> asio::awaitable<void> {
        co_await log_in("right");
        (void)co_await read_until(*client_, "ready.\r\n");
        worker_->shut_down_connections();
        worker_->post([&let_go] { let_go.set_value(); });
        const std::string heard = co_await read_until(*client_, "never");
        EXPECT_EQ(heard.find("a OK"), std::string::npos) << heard;
        boost::system::error_code nobody;
        backend_listener_.non_blocking(true);
        backend_listener_.accept(nobody);
        EXPECT_EQ(nobody, asio::error::would_block);
    }());
    elsewhere_.run();
}

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
        tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
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
    tcp::acceptor own(context_, {asio::ip::address_v4::loopback(), 0});
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
    tcp::acceptor own(context_, {asio::ip::address_v4::loopback(), 0});
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
    tcp::acceptor own(context_, {asio::ip::address_v4::loopback(), 0});
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
    tcp::acceptor own(context_, {asio::ip::address_v4::loopback(), 0});
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

TEST_F(FailoverTest, AClientThatLeavesBringsNoServerDown) {
    tcp::acceptor own(context_, {asio::ip::address_v4::loopback(), 0});
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
    tcp::acceptor own(context_, {asio::ip::address_v4::loopback(), 0});
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

TEST_F(MailSessionTest, AShutdownBeforeLoginSaysBye) {
    start();
    run([this]() -> asio::awaitable<void> {
        (void)co_await read_until(*client_, "\r\n");
        worker_->shut_down_connections();
        const std::string heard = co_await read_until(*client_, "never");
        EXPECT_NE(heard.find("* BYE"), std::string::npos) << heard;
    }());
}

TEST_F(MailSessionTest, AShutdownAfterLoginSaysByeBetweenResponses) {
    start();
    run([this]() -> asio::awaitable<void> {
        co_await log_in("right");
        const auto backend = co_await backend_accepts();
        (void)co_await backend_lets_in(*backend);
        (void)co_await hear_reply();
        worker_->shut_down_connections();
        const std::string heard = co_await read_until(*client_, "never");
        EXPECT_EQ(heard, "* BYE The session is ended by the server\r\n");
    }());
}

TEST_F(MailSessionTest, AShutdownAddsNothingToAResponse) {
    start();
    run([this]() -> asio::awaitable<void> {
        co_await log_in("right");
        const auto backend = co_await backend_accepts();
        (void)co_await backend_lets_in(*backend);
        (void)co_await hear_reply();
        co_await say(*backend, "* 1 FETCH (BODY[] {100}\r\nabc");
        const std::string begun = co_await read_until(*client_, "abc");
        EXPECT_TRUE(begun.ends_with("abc"));
        worker_->shut_down_connections();
        const std::string heard = co_await read_until(*client_, "never");
        EXPECT_EQ(heard, "");
    }());
}

TEST_F(MailSessionTest, MoreLoginsThanThePoolTakesAreTemporarilyUnavailable) {
    std::promise<void> let_go;
    const std::shared_future<void> gate = let_go.get_future().share();
    auto occupy = [&]() -> asio::awaitable<void> { (void)co_await pool_.run([gate] { return gate.wait(), true; }); };
    for (int i = 0; i < 2; ++i) asio::co_spawn(elsewhere_, occupy(), asio::detached);
    elsewhere_.poll();  // one thread and one place in the queue: both taken
    start();
    run([this]() -> asio::awaitable<void> {
        co_await log_in("right");
        const std::string reply = co_await hear_reply();
        EXPECT_TRUE(reply.starts_with("a NO [UNAVAILABLE]")) << reply;
    }());
    EXPECT_EQ(hasher_.verified.load(), 0);
    let_go.set_value();
    elsewhere_.run();
}

}  // namespace
}  // namespace postern::proxy
