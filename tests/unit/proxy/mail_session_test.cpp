#include "proxy/mail_session.hpp"

#include "proxy/client_watch.hpp"
#include "tests/unit/proxy/mail_session_fixture.hpp"

namespace postern::proxy {
namespace {

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

/// Every token is anne's.
class AnnesTokens final : public auth::TokenVerifier {
public:
    std::expected<std::string, auth::Refused> owner_of(const base::Secret& token) override {
        if (token.reveal() == "good") return "anne@example.org";
        return std::unexpected(auth::Refusal::wrong_credentials);
    }
};

class TokenSessionTest : public MailSessionTest {
protected:
    AnnesTokens tokens_;
    auth::Authenticator with_tokens_{test_store_.store(), hasher_,        test_store_.keyring,
                                     test_store_.clock,   settings_.auth, &tokens_};
    TokenSessionTest() { asked_ = &with_tokens_; }

    // user=anne@example.org with "good" and with "bad"
    static constexpr std::string_view good =
        "a AUTHENTICATE XOAUTH2 dXNlcj1hbm5lQGV4YW1wbGUub3JnAWF1dGg9QmVhcmVyIGdvb2QBAQ==\r\n";
    static constexpr std::string_view bad =
        "a AUTHENTICATE XOAUTH2 dXNlcj1hbm5lQGV4YW1wbGUub3JnAWF1dGg9QmVhcmVyIGJhZAEB\r\n";
};

TEST_F(TokenSessionTest, ATokenOpensAMailboxWithoutAPassword) {
    start();
    run([this]() -> asio::awaitable<void> {
        const std::string hello = co_await read_until(*client_, "\r\n");
        EXPECT_TRUE(hello.contains("AUTH=OAUTHBEARER AUTH=XOAUTH2")) << hello;
        co_await say(*client_, bad);
        const std::string explained = co_await read_until(*client_, "\r\n");
        EXPECT_TRUE(explained.starts_with("+ e")) << explained;
        co_await say(*client_, "\r\n");
        const std::string refused = co_await read_until(*client_, "\r\n");
        EXPECT_TRUE(refused.starts_with("a NO [AUTHENTICATIONFAILED]")) << refused;
        co_await say(*client_, good);
        const auto backend = co_await backend_accepts();
        (void)co_await backend_lets_in(*backend);
        const std::string reply = co_await read_until(*client_, "\r\n");
        EXPECT_TRUE(reply.starts_with("a OK ")) << reply;
    }());
}

TEST_F(TokenSessionTest, ABackendThatNeedsThePasswordIsUnavailableToAToken) {
    settings_.backends.at("imap1").login = config::BackendLogin::password;
    start();
    run([this]() -> asio::awaitable<void> {
        (void)co_await read_until(*client_, "\r\n");
        co_await say(*client_, good);
        const std::string reply = co_await read_until(*client_, "\r\n");
        EXPECT_TRUE(reply.starts_with("a NO [UNAVAILABLE]")) << reply;
        boost::system::error_code nobody;
        backend_listener_.non_blocking(true);
        backend_listener_.accept(nobody);
        EXPECT_EQ(nobody, asio::error::would_block) << "it was not even asked";
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

/// How a client leaves, and with TLS on the way to the backend or without.
struct Leaving {
    const char* name;
    void (*leave)(Stream& client);
    config::BackendTls tls = config::BackendTls::none;
};

class LeavingClient : public MailSessionTest, public testing::WithParamInterface<Leaving> {};

// Neither of the times that limit the backend comes within this test's own.
TEST_P(LeavingClient, TakesTheConnectionToASilentBackendAlong) {
    config::BackendSettings& settings = settings_.backends.at("imap1");
    settings.tls = GetParam().tls;
    settings.ca_file = settings_.tls.certificate;
    settings.connect_timeout = 10min;
    settings.login_timeout = 10min;
    settings_.limits.login_timeout = 10min;
    start();
    run([this]() -> asio::awaitable<void> {
        (void)co_await read_until(*client_, "ready.\r\n");
        co_await log_in("right");
        const auto backend = co_await backend_accepts();
        if (GetParam().tls == config::BackendTls::implicit) {
            std::array<char, 1> first_of_hello{};
            (void)co_await backend->read_some(first_of_hello);
        }
        GetParam().leave(*client_);
        (void)co_await read_until(*backend, "never");
    }());
    worker_->finish(60s);
    worker_.reset();
    EXPECT_EQ(connections_.count(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Leaves,
                         LeavingClient,
                         testing::Values(Leaving{"ByClosing", [](Stream& client) { client.close(); }},
                                         Leaving{"ByEndingItsDirection", [](Stream& client) { client.end_output(); }},
                                         Leaving{"DuringTheHandshakeWithTheBackend",
                                                 [](Stream& client) { client.close(); }, config::BackendTls::implicit}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_F(MailSessionTest, AClientThatHasSaidAllItWantsStaysForTheAnswers) {
    start();
    run([this]() -> asio::awaitable<void> {
        co_await log_in("right", "b NOOP\r\n");
        client_->end_output();
        const auto backend = co_await backend_accepts();
        (void)co_await backend_lets_in(*backend);
        const std::string command = co_await read_until(*backend, "\r\n");
        EXPECT_EQ(command, "b NOOP\r\n");
        co_await say(*backend, "b OK done\r\n");
        const std::string heard = co_await read_until(*client_, "b OK done\r\n");
        EXPECT_TRUE(heard.ends_with("b OK done\r\n")) << heard;
    }());
}

TEST_F(MailSessionTest, WhatAClientSendsWhileTheBackendIsAskedComesToItInOrder) {
    std::string commands;
    for (int i = 0; commands.size() < 2 * ClientWatch::most_kept; ++i)
        commands += "b" + std::to_string(i) + " NOOP\r\n";
    commands += "last LOGOUT\r\n";
    start();
    run([&]() -> asio::awaitable<void> {
        co_await log_in("right");
        const auto backend = co_await backend_accepts();
        co_await say(*client_, commands);
        (void)co_await backend_lets_in(*backend);
        const std::string heard = co_await read_until(*backend, "last LOGOUT\r\n");
        EXPECT_EQ(heard, commands);
    }());
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
    occupy_pool(1);  // its one thread: the check of the password waits
    start();
    run([this]() -> asio::awaitable<void> {
        co_await log_in("right");
        (void)co_await read_until(*client_, "ready.\r\n");
        worker_->shut_down_connections();
        worker_->post([this] { let_go_.set_value(); });
        const std::string heard = co_await read_until(*client_, "never");
        EXPECT_EQ(heard.find("a OK"), std::string::npos) << heard;
        boost::system::error_code nobody;
        backend_listener_.non_blocking(true);
        backend_listener_.accept(nobody);
        EXPECT_EQ(nobody, asio::error::would_block);
    }());
    elsewhere_.run();
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

TEST_F(MailSessionTest, GoesWithItsWorkerWhileItRelays) {
    start();
    run([this]() -> asio::awaitable<void> {
        co_await log_in("right");
        const auto backend = co_await backend_accepts();
        (void)co_await backend_lets_in(*backend);
        (void)co_await hear_reply();
        co_await say(*client_, "b NOOP\r\n");
        const std::string relayed = co_await read_until(*backend, "\r\n");
        EXPECT_EQ(relayed, "b NOOP\r\n");
    }());
    EXPECT_EQ(sessions_.count(), 1U);
    worker_.reset();
    EXPECT_EQ(sessions_.count(), 0U);
    EXPECT_EQ(connections_.count(), 0U);
}

TEST_F(MailSessionTest, WhoIsRememberedNeedsNoPlaceAmongThoseWhoHash) {
    const auto here = base::IpAddress::parse("127.0.0.1").value();
    ASSERT_TRUE(authenticator_.authenticate({"anne@example.org", "", base::Secret("right")},
                                            {.channel = auth::Channel::imap, .client = here}));
    occupy_pool(2);  // one thread and one place in the queue
    start();
    run([this]() -> asio::awaitable<void> {
        co_await log_in("right");
        const auto backend = co_await backend_accepts();
        (void)co_await backend_lets_in(*backend);
        const std::string reply = co_await hear_reply();
        EXPECT_TRUE(reply.starts_with("a OK")) << reply;
    }());
    let_go_.set_value();
    elsewhere_.run();
}

TEST_F(MailSessionTest, MoreLoginsThanThePoolTakesAreTemporarilyUnavailable) {
    occupy_pool(2);  // one thread and one place in the queue
    start();
    run([this]() -> asio::awaitable<void> {
        co_await log_in("right");
        const std::string reply = co_await hear_reply();
        EXPECT_TRUE(reply.starts_with("a NO [UNAVAILABLE]")) << reply;
    }());
    EXPECT_EQ(hasher_.verified.load(), 0);
    let_go_.set_value();
    elsewhere_.run();
}

}  // namespace
}  // namespace postern::proxy
