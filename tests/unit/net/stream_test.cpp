#include "net/stream.hpp"

#include "net/deadline.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_certificate.hpp"
#include "tests/unit/net/loopback.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include <sys/socket.h>

namespace postern::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

/// A server that is `mail.example.org`, and clients that trust it.
class StreamTest : public testing::Test {
protected:
    StreamTest() { connect_again(); }

    config::TlsSettings settings_for(const test::TestCertificate& certificate) {
        config::TlsSettings settings;
        settings.certificate = folder_.write("certificate.pem", certificate.certificate);
        settings.key = folder_.write("key.pem", certificate.key);
        return settings;
    }

    TlsContext server_context(const config::TlsSettings& settings, std::vector<std::string> alpn = {"imap"}) {
        auto made = TlsContext::for_server(settings, std::move(alpn));
        if (!made) throw std::runtime_error(made.error());
        return std::move(*made);
    }

    TlsContext client_context(const std::string& ca_file) {
        auto made = TlsContext::for_client(ca_file);
        if (!made) throw std::runtime_error(made.error());
        return std::move(*made);
    }

    /// Both handshakes; what the client made of it.
    std::expected<void, std::string> shake_hands(const TlsContext& server,
                                                 const TlsContext& client,
                                                 const std::string& name,
                                                 const std::string& place = {}) {
        std::expected<void, std::string> outcome;
        auto serve = [&]() -> asio::awaitable<void> {
            const auto shaken = co_await server_->handshake_as_server(server);
            server_secured_ = shaken.has_value();
            if (!shaken) server_->close();
        };
        auto connect = [&]() -> asio::awaitable<void> {
            outcome = co_await client_->handshake_as_client(client, name, place);
            if (!outcome) client_->close();
        };
        test::run_to_end(context_, [&]() -> asio::awaitable<void> { co_await (serve() && connect()); }());
        return outcome;
    }

    void secure() {
        const auto settings = settings_for(test::make_certificate("mail.example.org"));
        server_tls_ = std::make_unique<TlsContext>(server_context(settings));
        client_tls_ = std::make_unique<TlsContext>(client_context(settings.certificate));
        const auto secured = shake_hands(*server_tls_, *client_tls_, "mail.example.org");
        ASSERT_TRUE(secured) << secured.error();
    }

    /// Another connection between the two.
    void connect_again() {
        auto [one, other] = test::connected_sockets(context_);
        client_ = std::make_unique<Stream>(std::move(one));
        server_descriptor_ = other.native_handle();
        server_ = std::make_unique<Stream>(std::move(other));
    }

    /// A session with `server_tls_` that the next connection can resume.
    void begin_session() {
        const auto settings = settings_for(test::make_certificate("mail.example.org"));
        server_tls_ = std::make_unique<TlsContext>(server_context(settings));
        client_tls_ = std::make_unique<TlsContext>(client_context(settings.certificate));
        ASSERT_TRUE(shake_hands(*server_tls_, *client_tls_, "mail.example.org", "here"));
        EXPECT_FALSE(client_->is_resumed());
        auto greet = [&]() -> asio::awaitable<void> {
            (void)co_await server_->write("* OK\r\n");
            std::array<char, 16> greeting{};
            (void)co_await client_->read_some(greeting);
        };
        test::run_to_end(context_, greet());
        connect_again();
    }

    /// The client's handshake with a server that answers the first thing it hears by this.
    std::expected<void, std::string> shake_hands_with_one_that_says(std::string_view bytes) {
        std::expected<void, std::string> outcome;
        auto answer = [&]() -> asio::awaitable<void> {
            std::array<char, 4096> hello{};
            (void)co_await server_->read_some(hello);
            (void)co_await server_->write(bytes);
        };
        auto connect = [&]() -> asio::awaitable<void> {
            outcome = co_await client_->handshake_as_client(*client_tls_, "mail.example.org", "here");
        };
        test::run_to_end(context_, [&]() -> asio::awaitable<void> { co_await (answer() && connect()); }());
        connect_again();
        return outcome;
    }

    /// Everything that arrives until the peer ends.
    static asio::awaitable<void> read_all(Stream& stream, std::string& into) {
        std::array<char, 3000> piece{};
        for (;;) {
            const auto count = co_await stream.read_some(piece);
            if (!count) {
                EXPECT_EQ(count.error(), StreamEnd::closed);
                co_return;
            }
            into.append(piece.data(), *count);
        }
    }

    void expect_bytes_cross_whole() {
        std::string sent(3'000'000, '\0');
        for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 7 + i / 256);
        std::string received;
        auto send = [&]() -> asio::awaitable<void> {
            const auto written = co_await client_->write(sent);
            EXPECT_TRUE(written);
            client_->end_output();
        };
        auto receive = [&]() -> asio::awaitable<void> { co_await read_all(*server_, received); };
        test::run_to_end(context_, [&]() -> asio::awaitable<void> { co_await (send() && receive()); }());
        EXPECT_TRUE(received == sent) << received.size() << " of " << sent.size();
    }

    test::TemporaryFolder folder_;
    asio::io_context context_{1};
    std::unique_ptr<TlsContext> server_tls_;
    std::unique_ptr<TlsContext> client_tls_;
    std::unique_ptr<Stream> client_;
    std::unique_ptr<Stream> server_;
    int server_descriptor_ = -1;
    bool server_secured_ = false;
};

TEST_F(StreamTest, ClearTextCrossesWholeAndEndsWithTheSender) {
    expect_bytes_cross_whole();
}

TEST_F(StreamTest, TlsCrossesWholeAndEndsWithTheSender) {
    secure();
    EXPECT_EQ(server_->tls_version(), "TLSv1.3");
    expect_bytes_cross_whole();
}

TEST_F(StreamTest, AfterOneSideEndedTheOtherMayStillSpeak) {
    secure();
    std::string heard;
    auto talk = [&]() -> asio::awaitable<void> {
        client_->end_output();
        std::array<char, 16> piece{};
        const auto end = co_await server_->read_some(piece);
        EXPECT_EQ(end.error(), StreamEnd::closed);
        (void)co_await server_->write("still here");
        server_->end_output();
        co_await read_all(*client_, heard);
    };
    test::run_to_end(context_, talk());
    EXPECT_EQ(heard, "still here");
}

TEST_F(StreamTest, ACertificateOfAnotherNameIsRefused) {
    const auto settings = settings_for(test::make_certificate("other.example.org"));
    const auto outcome =
        shake_hands(server_context(settings), client_context(settings.certificate), "mail.example.org");
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().find("ostname mismatch"), std::string::npos) << outcome.error();
}

TEST_F(StreamTest, ACertificateOfAnUnknownAuthorityIsRefused) {
    const auto settings = settings_for(test::make_certificate("mail.example.org"));
    const std::string others = folder_.write("others.pem", test::make_certificate("mail.example.org").certificate);
    const auto outcome = shake_hands(server_context(settings), client_context(others), "mail.example.org");
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().find("certificate refused"), std::string::npos) << outcome.error();
}

TEST_F(StreamTest, ACertificateThatRanOutIsRefused) {
    const auto settings = settings_for(test::make_certificate("mail.example.org", -1));
    const auto outcome =
        shake_hands(server_context(settings), client_context(settings.certificate), "mail.example.org");
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().find("expired"), std::string::npos) << outcome.error();
}

TEST_F(StreamTest, APeerThatSpeaksClearTextInsteadOfTlsIsRefused) {
    const auto settings = settings_for(test::make_certificate("mail.example.org"));
    const TlsContext tls = client_context(settings.certificate);
    std::expected<void, std::string> outcome;
    auto talk = [&]() -> asio::awaitable<void> {
        (void)co_await server_->write("* OK [CAPABILITY IMAP4rev1] hello\r\n");
        outcome = co_await client_->handshake_as_client(tls, "mail.example.org");
    };
    test::run_to_end(context_, talk());
    EXPECT_FALSE(outcome);
}

TEST_F(StreamTest, ASessionIsResumedWithTheServerItBeganWith) {
    begin_session();
    ASSERT_TRUE(shake_hands(*server_tls_, *client_tls_, "mail.example.org", "here"));
    EXPECT_TRUE(client_->is_resumed());
    EXPECT_TRUE(server_->is_resumed());
    EXPECT_NE(client_->peer_pin(), "");
    connect_again();
    ASSERT_TRUE(shake_hands(*server_tls_, *client_tls_, "mail.example.org", "there"));
    EXPECT_FALSE(client_->is_resumed());
}

TEST_F(StreamTest, AServerThatCannotBearASessionIsSpared) {
    begin_session();
    const std::string_view internal_error("\x15\x03\x03\x00\x02\x02\x50", 7);
    EXPECT_FALSE(shake_hands_with_one_that_says(internal_error));
    for (int i = 0; i != 2; ++i) {
        ASSERT_TRUE(shake_hands(*server_tls_, *client_tls_, "mail.example.org", "here"));
        EXPECT_FALSE(client_->is_resumed());
        connect_again();
    }
}

TEST_F(StreamTest, AServerThatFallsSilentIsNotOfferedTheSessionAgain) {
    begin_session();
    auto say_nothing = [&]() -> asio::awaitable<void> {
        std::array<char, 4096> hello{};
        (void)co_await server_->read_some(hello);
        client_->cancel();
    };
    auto connect = [&]() -> asio::awaitable<void> {
        const auto outcome = co_await client_->handshake_as_client(*client_tls_, "mail.example.org", "here");
        EXPECT_FALSE(outcome);
    };
    test::run_to_end(context_, [&]() -> asio::awaitable<void> { co_await (say_nothing() && connect()); }());
    connect_again();
    ASSERT_TRUE(shake_hands(*server_tls_, *client_tls_, "mail.example.org", "here"));
    EXPECT_FALSE(client_->is_resumed());
}

TEST_F(StreamTest, ASessionEndsWithAnErrorOfTls) {
    begin_session();
    ASSERT_TRUE(shake_hands(*server_tls_, *client_tls_, "mail.example.org", "here"));
    ASSERT_TRUE(client_->is_resumed());
    auto talk = [&]() -> asio::awaitable<void> {
        // No record of this session: what a server does that changes its mind after the handshake.
        const std::string_view garbage(
            "\x17\x03\x03\x00\x20"
            "0123456789abcdef0123456789abcdef",
            37);
        EXPECT_EQ(::send(server_descriptor_, garbage.data(), garbage.size(), 0), 37);
        std::array<char, 16> piece{};
        const auto end = co_await client_->read_some(piece);
        EXPECT_FALSE(end);
    };
    test::run_to_end(context_, talk());
    connect_again();
    ASSERT_TRUE(shake_hands(*server_tls_, *client_tls_, "mail.example.org", "here"));
    EXPECT_FALSE(client_->is_resumed());
}

TEST_F(StreamTest, ABrowsersAlpnIsRefusedByAMailListener) {
    const auto settings = settings_for(test::make_certificate("mail.example.org"));
    const TlsContext server = server_context(settings, {"imap"});
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> browser(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    constexpr std::array<unsigned char, 12> offered{2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    SSL_CTX_set_alpn_protos(browser.get(), offered.data(), offered.size());
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(browser.get()), SSL_free);
    // Memory BIOs: only what the server answers to this greeting matters.
    BIO* const out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), out);
    SSL_set_connect_state(ssl.get());
    SSL_do_handshake(ssl.get());
    std::string greeting(4096, '\0');
    greeting.resize(static_cast<std::size_t>(BIO_read(out, greeting.data(), 4096)));

    std::expected<void, std::string> outcome;
    auto talk = [&]() -> asio::awaitable<void> {
        (void)co_await client_->write(greeting);
        outcome = co_await server_->handshake_as_server(server);
    };
    test::run_to_end(context_, talk());
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().find("application protocol"), std::string::npos) << outcome.error();
}

TEST_F(StreamTest, AWriterWaitsForASlowReaderAndIsFreedByCancel) {
    secure();
    StreamEnd end = StreamEnd::closed;
    Deadline deadline(context_.get_executor(), [&] { client_->cancel(); });
    auto talk = [&]() -> asio::awaitable<void> {
        deadline.set(20ms);
        const std::string more_than_sockets_hold(64'000'000, 'x');
        const auto written = co_await client_->write(more_than_sockets_hold);
        end = written ? StreamEnd::closed : written.error();
    };
    test::run_to_end(context_, talk());
    EXPECT_EQ(end, StreamEnd::cancelled);
}

TEST_F(StreamTest, ACancelBetweenTwoWaitsIsNotLost) {
    auto talk = [&]() -> asio::awaitable<void> {
        client_->cancel();
        std::array<char, 16> piece{};
        const auto first = co_await client_->read_some(piece);
        EXPECT_EQ(first.error(), StreamEnd::cancelled);
        client_->allow_again();
        (void)co_await server_->write("x");
        const auto second = co_await client_->read_some(piece);
        EXPECT_TRUE(second);
    };
    test::run_to_end(context_, talk());
}

TEST_F(StreamTest, AResetIsAFailureAndNotAnEnd) {
    auto [one, other] = test::connected_sockets(context_);
    Stream stream(std::move(one));
    other.set_option(asio::socket_base::linger(true, 0));
    other.close();
    auto talk = [&]() -> asio::awaitable<void> {
        std::array<char, 16> piece{};
        const auto end = co_await stream.read_some(piece);
        EXPECT_EQ(end.error(), StreamEnd::failed);
    };
    test::run_to_end(context_, talk());
}

TEST_F(StreamTest, AfterCloseNothingTouchesTheDescriptorThatMayBeAnothersNow) {
    secure();
    client_->close();
    std::array<char, 4> piece{};
    EXPECT_EQ(client_->try_read(piece).status, IoStatus::failed);
    EXPECT_EQ(client_->put("x"), IoStatus::failed);
    client_->end_output();
}

TEST_F(StreamTest, KnowsItsPeer) {
    EXPECT_EQ(server_->peer_address().text(), "127.0.0.1");
    EXPECT_NE(server_->peer_port(), 0);
    EXPECT_EQ(server_->tls_version(), "");
}

TEST_F(StreamTest, AKeyThatDoesNotBelongToTheCertificateIsToldWithItsFile) {
    config::TlsSettings settings = settings_for(test::make_certificate("mail.example.org"));
    settings.key = folder_.write("other.pem", test::make_certificate("mail.example.org").key);
    const auto made = TlsContext::for_server(settings, {"imap"});
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().find("other.pem"), std::string::npos) << made.error();
}

TEST_F(StreamTest, AFileThatIsNoCertificateIsToldWithItsName) {
    config::TlsSettings settings = settings_for(test::make_certificate("mail.example.org"));
    settings.certificate = folder_.write("text.pem", "not a certificate");
    const auto made = TlsContext::for_server(settings, {"imap"});
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().find("text.pem"), std::string::npos) << made.error();
}

/// Reads whatever comes, and counts how often it is told.
struct Reader final : StreamWatcher {
    void stream_changed(Stream& stream) override {
        ++told;
        std::array<char, 100> piece{};
        if (stream.cancelled() || ends_at_once) return stream.end_watch();
        if (!stream.may_try(IoStatus::want_read)) return;
        for (IoResult got = stream.try_read(piece); got.status != IoStatus::want_read; got = stream.try_read(piece)) {
            if (got.status != IoStatus::done) return stream.end_watch();
            heard.append(piece.data(), got.bytes);
        }
    }
    int told = 0;
    bool ends_at_once = false;
    std::string heard;
};

TEST_F(StreamTest, AWatcherHearsOfEverythingUntilTheEnd) {
    secure();
    Reader reader;
    ASSERT_TRUE(server_->watch(reader));
    const std::string sent(300'000, 'x');
    auto talk = [&]() -> asio::awaitable<void> {
        EXPECT_TRUE(co_await client_->write(sent));
        client_->end_output();
    };
    test::run_to_end(context_, talk());
    context_.restart();
    context_.run();  // as long as there is a watch
    EXPECT_TRUE(reader.heard == sent) << reader.heard.size();
}

TEST_F(StreamTest, AWatcherHearsOfACancelAndOfNothingBehindTheWatch) {
    Reader reader;
    ASSERT_TRUE(server_->watch(reader));
    server_->cancel();
    context_.run();
    EXPECT_GE(reader.told, 1);
    const int told = reader.told;
    EXPECT_EQ(client_->put("x"), IoStatus::done);
    context_.restart();
    context_.run();
    EXPECT_EQ(reader.told, told);
}

TEST_F(StreamTest, MayBeWaitedForAgainBehindAWatch) {
    Reader reader;
    reader.ends_at_once = true;
    ASSERT_TRUE(server_->watch(reader));
    context_.run();
    auto talk = [&]() -> asio::awaitable<void> {
        std::array<char, 10> piece{};
        EXPECT_TRUE(co_await client_->write("again"));
        EXPECT_EQ(co_await server_->read_some(piece), 5U);
    };
    test::run_to_end(context_, talk());
}

TEST_F(StreamTest, AWatcherMayEndAnotherThatIsToldAtTheSameTime) {
    struct Ender final : StreamWatcher {
        explicit Ender(std::unique_ptr<Stream>& other_stream) : other(other_stream) {}
        void stream_changed(Stream& stream) override {
            ++told;
            other.reset();
            stream.end_watch();
        }
        std::unique_ptr<Stream>& other;
        int told = 0;
    };
    for (const bool is_asked_for : {false, true}) {
        auto [one, another] = test::connected_sockets(context_);
        client_ = std::make_unique<Stream>(std::move(one));
        server_ = std::make_unique<Stream>(std::move(another));
        Ender first(server_);
        Ender second(client_);
        ASSERT_TRUE(client_->watch(first));
        ASSERT_TRUE(server_->watch(second));
        if (is_asked_for) client_->tell_later();
        if (is_asked_for) server_->tell_later();
        context_.restart();
        context_.run();
        EXPECT_EQ(first.told + second.told, 1);
    }
}

}  // namespace
}  // namespace postern::net
