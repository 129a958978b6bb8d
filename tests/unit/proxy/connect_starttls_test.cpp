// Connections to a relay by STARTTLS, over real sockets and TLS, with a relay that follows a script.
#include "proxy/connect.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_certificate.hpp"
#include "tests/unit/net/loopback.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace postern::proxy {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

/// The relay is `relay.example.org`; the test's own thread is both sides.
class ConnectByStartTls : public testing::Test {
protected:
    ConnectByStartTls() : listener_(context_, {asio::ip::address_v4::loopback(), 0}) {
        const test::TestCertificate certificate = test::make_certificate("relay.example.org");
        config::TlsSettings tls;
        tls.certificate = folder_.write("certificate.pem", certificate.certificate);
        tls.key = folder_.write("key.pem", certificate.key);
        relay_tls_ = std::make_unique<net::TlsContext>(std::move(*net::TlsContext::for_server(tls, {"smtp"})));
        backend_.name = "smtp";
        backend_.protocol = config::MailProtocol::submission;
        backend_.tls = config::BackendTls::starttls;
        backend_.tls_name = "relay.example.org";
        backend_.ca_file = tls.certificate;
        backend_.servers = {{.name = "first", .host = "127.0.0.1", .port = listener_.local_endpoint().port()}};
    }

    asio::awaitable<std::unique_ptr<net::Stream>> relay_accepts() {
        net::TcpSocket socket = co_await listener_.async_accept(asio::use_awaitable);
        co_return std::make_unique<net::Stream>(std::move(socket));
    }

    /// One line of postern's in plaintext, and what the relay says to it.
    static asio::awaitable<void> exchange(net::Stream& relay, const std::string& line, std::string_view reply) {
        std::string heard;
        std::array<char, 200> bytes{};
        while (!heard.ends_with('\n')) {
            const auto count = co_await relay.read_some(bytes);
            if (!count) break;
            heard.append(bytes.data(), *count);
        }
        EXPECT_EQ(heard, line);
        const auto written = co_await relay.write(reply);
        EXPECT_TRUE(written);
    }

    /// Up to the handshake; `go_ahead` is the answer to STARTTLS.
    static asio::awaitable<void> agree(net::Stream& relay, std::string_view go_ahead) {
        (void)co_await relay.write("220 relay ESMTP\r\n");
        co_await exchange(relay, "EHLO mail.example.org\r\n", "250-relay\r\n250 STARTTLS\r\n");
        co_await exchange(relay, "STARTTLS\r\n", go_ahead);
    }

    BackendConnector make_connector() {
        return std::move(*BackendConnector::make(backends_, "mail.example.org", pool_));
    }

    /// Connects to a relay that does this.
    template <class Relay>
    std::expected<std::unique_ptr<net::Stream>, BackendFailed> connect(Relay serve) {
        return connect(make_connector(), std::move(serve));
    }

    template <class Relay>
    std::expected<std::unique_ptr<net::Stream>, BackendFailed> connect(const BackendConnector& connector, Relay serve) {
        std::expected<std::unique_ptr<net::Stream>, BackendFailed> connected;
        auto ask = [&]() -> asio::awaitable<void> {
            connected = co_await connector.connect(backend_, backend_.servers.front(), std::nullopt, interruption_);
            if (!connected) co_return;
            const auto written = co_await (*connected)->write("EHLO again\r\n");
            EXPECT_TRUE(written);
            if (relay_greets_) (void)co_await (*connected)->read_some(heard_);
        };
        auto answer = [&]() -> asio::awaitable<void> {
            const auto relay = co_await relay_accepts();
            co_await serve(*relay);
            if (relay_greets_) (void)co_await relay->write("250 hello again\r\n");
            rest_ = co_await read_all(*relay);
        };
        test::run_to_end(context_, [&]() -> asio::awaitable<void> {
            co_await (answer() && [&]() -> asio::awaitable<void> {
                co_await ask();
                if (connected) (*connected)->end_output();
            }());
        }());
        return connected;
    }

    static asio::awaitable<std::string> read_all(net::Stream& stream) {
        std::string text;
        std::array<char, 200> bytes{};
        for (;;) {
            const auto count = co_await stream.read_some(bytes);
            if (!count) co_return text;
            text.append(bytes.data(), *count);
        }
    }

    test::TemporaryFolder folder_;
    asio::io_context context_{1};
    net::TcpAcceptor listener_;
    std::unique_ptr<net::TlsContext> relay_tls_;
    std::map<std::string, config::BackendSettings> backends_;
    config::BackendSettings& backend_ = backends_["smtp"];
    net::BlockingPool pool_{1, 1};
    net::Interruption interruption_;
    std::string rest_;           ///< what the relay heard after its part
    bool relay_greets_ = false;  ///< after TLS, and is read: so its ticket has come too
    std::array<char, 200> heard_{};
};

TEST_F(ConnectByStartTls, LeadsToTlsWithTheRightServer) {
    const auto connected = connect([this](net::Stream& relay) -> asio::awaitable<void> {
        co_await agree(relay, "220 go\r\n");
        const auto secured = co_await relay.handshake_as_server(*relay_tls_);
        EXPECT_TRUE(secured) << secured.error();
    });
    ASSERT_TRUE(connected) << connected.error().detail;
    EXPECT_EQ((*connected)->tls_version(), "TLSv1.3");
    EXPECT_EQ(rest_, "EHLO again\r\n");
}

TEST_F(ConnectByStartTls, FailsWithAnotherServer) {
    backend_.tls_name = "another.example.org";
    const auto connected = connect([this](net::Stream& relay) -> asio::awaitable<void> {
        co_await agree(relay, "220 go\r\n");
        (void)co_await relay.handshake_as_server(*relay_tls_);
    });
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().fault, BackendFault::unreachable);
    EXPECT_TRUE(connected.error().detail.starts_with("TLS: certificate refused")) << connected.error().detail;
}

TEST_F(ConnectByStartTls, FailsWithAnotherKeyThanThePinnedAndTellsIt) {
    const auto serve = [this](net::Stream& relay) -> asio::awaitable<void> {
        co_await agree(relay, "220 go\r\n");
        (void)co_await relay.handshake_as_server(*relay_tls_);
    };
    backend_.pins = {"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="};
    const auto refused = connect(serve);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, BackendFault::unreachable);
    EXPECT_EQ(rest_, "") << "not a word to it";
    const std::string_view told = "TLS: the key of the certificate is not pinned: its pin is ";
    ASSERT_TRUE(refused.error().detail.starts_with(told)) << refused.error().detail;

    backend_.pins.push_back(refused.error().detail.substr(told.size()));
    EXPECT_TRUE(connect(serve)) << "one of the pins is enough";
    backend_.tls_name = "another.example.org";
    const auto named_otherwise = connect(serve);
    ASSERT_FALSE(named_otherwise) << "a pin takes nothing away from what is verified otherwise";
    EXPECT_TRUE(named_otherwise.error().detail.starts_with("TLS: certificate refused"))
        << named_otherwise.error().detail;
}

TEST_F(ConnectByStartTls, ResumesTheSessionWithTheSameServerOnly) {
    const auto serve = [this](net::Stream& relay) -> asio::awaitable<void> {
        co_await agree(relay, "220 go\r\n");
        (void)co_await relay.handshake_as_server(*relay_tls_);
    };
    relay_greets_ = true;
    std::optional<BackendConnector> connector = make_connector();
    const auto first = connect(*connector, serve);
    ASSERT_TRUE(first);
    EXPECT_FALSE((*first)->is_resumed());
    const auto second = connect(*connector, serve);
    ASSERT_TRUE(second);
    EXPECT_TRUE((*second)->is_resumed());
    EXPECT_EQ((*second)->peer_pin(), (*first)->peer_pin());

    backend_.servers.front().host = "localhost";
    const auto elsewhere = connect(*connector, serve);
    ASSERT_TRUE(elsewhere);
    EXPECT_FALSE((*elsewhere)->is_resumed());
    backend_.servers.front().host = "127.0.0.1";
    connector = make_connector();
    const auto after_reload = connect(*connector, serve);
    ASSERT_TRUE(after_reload);
    EXPECT_FALSE((*after_reload)->is_resumed());
}

TEST_F(ConnectByStartTls, ComparesPinsWhenASessionIsResumedToo) {
    const auto serve = [this](net::Stream& relay) -> asio::awaitable<void> {
        co_await agree(relay, "220 go\r\n");
        (void)co_await relay.handshake_as_server(*relay_tls_);
    };
    relay_greets_ = true;
    const auto connector = make_connector();
    ASSERT_TRUE(connect(connector, serve));
    relay_greets_ = false;
    backend_.pins = {"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="};
    const auto refused = connect(connector, serve);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().detail.starts_with("TLS: the key of the certificate is not pinned"))
        << refused.error().detail;
}

TEST_F(ConnectByStartTls, FailsWhenTheRelaySaysMoreBeforeTls) {
    const auto connected = connect(
        [](net::Stream& relay) -> asio::awaitable<void> { co_await agree(relay, "220 go\r\n250 AUTH PLAIN\r\n"); });
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().fault, BackendFault::protocol);
    EXPECT_EQ(rest_, "") << "no handshake, and nothing in plaintext";
}

TEST_F(ConnectByStartTls, FailsWhenTheRelayGoesOnInPlaintext) {
    const auto connected = connect([](net::Stream& relay) -> asio::awaitable<void> {
        co_await agree(relay, "220 go\r\n");
        std::array<char, 200> client_hello{};
        (void)co_await relay.read_some(client_hello);
        (void)co_await relay.write("250-relay\r\n250 AUTH PLAIN\r\n");
    });
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().fault, BackendFault::unreachable);
    EXPECT_FALSE(rest_.contains("EHLO"));
}

TEST_F(ConnectByStartTls, IsGivenUpWhenTheRelayIsSilent) {
    backend_.connect_timeout = 30ms;
    const auto connected =
        connect([](net::Stream& relay) -> asio::awaitable<void> { (void)co_await relay.write("220 relay\r\n"); });
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().fault, BackendFault::unreachable);
    EXPECT_EQ(connected.error().detail, "no TLS handshake in time");
    EXPECT_EQ(rest_, "EHLO mail.example.org\r\n");
}

}  // namespace
}  // namespace postern::proxy
