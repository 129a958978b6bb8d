/// A whole session over real sockets and TLS, with a backend that follows a script: what real servers never do on
/// demand.
#pragma once

#include "proxy/mail_session.hpp"
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

namespace asio = boost::asio;
using asio::ip::tcp;
using net::Stream;
using namespace std::chrono_literals;

inline constexpr std::string_view greeting = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n";

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
        capabilities_ = std::make_unique<BackendCapabilities>(settings_.backends);
        services_ = std::make_shared<const MailServices>(settings_, *asked_, recall_pool_, pool_, router_, *connector_,
                                                         *health_, *capabilities_, sending_, sessions_, session_limits_,
                                                         addresses_, metrics_, test_store_.clock);
        worker_ = std::make_unique<net::Worker>();

        net::TcpAcceptor acceptor(worker_->context(), {asio::ip::address_v4::loopback(), 0});
        net::TcpSocket socket(context_);
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
        net::TcpSocket socket = co_await backend_listener_.async_accept(asio::use_awaitable);
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

    /// `jobs` of somebody else's stand in the pool, until `let_go_` is set.
    void occupy_pool(int jobs) {
        const std::shared_future<void> gate = let_go_.get_future().share();
        auto occupy = [this, gate]() -> asio::awaitable<void> {
            (void)co_await pool_.run([gate] { return gate.wait(), true; });
        };
        for (int i = 0; i < jobs; ++i) asio::co_spawn(elsewhere_, occupy, asio::detached);
        elsewhere_.poll();
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
    auth::Authenticator* asked_ = &authenticator_;
    routing::Router router_{settings_.routing};
    net::ConnectionLimit connections_{10};
    asio::io_context context_{1};
    net::TcpAcceptor backend_listener_;
    std::unique_ptr<net::TlsContext> tls_;
    std::unique_ptr<net::TlsContext> trust_;
    std::unique_ptr<BackendConnector> connector_;
    std::unique_ptr<BackendHealth> health_;
    std::unique_ptr<BackendCapabilities> capabilities_;
    std::shared_ptr<const MailServices> services_;
    std::unique_ptr<Stream> client_;
    std::unique_ptr<net::Worker> worker_;
    asio::io_context elsewhere_{1};  // for somebody else who uses the pool
    std::promise<void> let_go_;
    net::BlockingPool recall_pool_{1, 1};
    net::BlockingPool pool_{1, 1};
};

}  // namespace postern::proxy
