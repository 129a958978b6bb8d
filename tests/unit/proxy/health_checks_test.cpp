// The checks against a server that follows a script.
#include "proxy/health_checks.hpp"

#include "mail_session_fixture.hpp"

namespace postern::proxy {
namespace {

class HealthChecksTest : public MailSessionTest {
protected:
    HealthChecksTest() { backend().check_interval = 1ms; }

    ~HealthChecksTest() override {
        if (worker_) worker_->shut_down_connections();
    }

    config::BackendSettings& backend() { return settings_.backends.at("imap1"); }

    void speak_submission() {
        backend().protocol = config::MailProtocol::submission;
        backend().login = config::BackendLogin::xclient;
    }

    void begin() {
        start();
        worker_->post([this] { (void)start_health_checks(*worker_, services_); });
    }

    /// One check of a server that says `greets`, and then `answers` when it is asked; what it was asked. When the next
    /// one begins, what this one found is known.
    asio::awaitable<std::string> is_checked(std::string greets, std::string answers) {
        const auto stream = next_ ? std::move(next_) : co_await backend_accepts();
        co_await say(*stream, greets);
        std::string asked;
        if (!answers.empty()) {
            asked = co_await read_until(*stream, "\r\n");
            co_await say(*stream, answers);
        }
        asked += co_await read_until(*stream, "until it ends");
        stream->close();
        next_ = co_await backend_accepts();
        co_return asked;
    }

    [[nodiscard]] bool is_up() { return health_->of(backend(), 0).is_up(); }
    [[nodiscard]] std::optional<std::vector<std::string>> list() { return capabilities_->of(backend(), 0).list(); }

    std::unique_ptr<Stream> next_;  // the check that has begun
};

TEST_F(HealthChecksTest, LearnFromTheGreetingOrAsk) {
    begin();
    run([this]() -> asio::awaitable<void> {
        EXPECT_EQ(co_await is_checked("* OK [CAPABILITY IMAP4rev1 ID] ready\r\n", ""), "a LOGOUT\r\n");
        EXPECT_EQ(list(), (std::vector<std::string>{"IMAP4rev1", "ID"}));
        EXPECT_EQ(co_await is_checked("* OK ready\r\n", "* CAPABILITY IMAP4rev1\r\nC OK done\r\n"),
                  "C CAPABILITY\r\na LOGOUT\r\n");
        EXPECT_EQ(list(), std::vector<std::string>{"IMAP4rev1"});
        EXPECT_TRUE(is_up());
    }());
}

TEST_F(HealthChecksTest, AskARelayByEhlo) {
    speak_submission();
    begin();
    run([this]() -> asio::awaitable<void> {
        EXPECT_EQ(co_await is_checked("220 hi\r\n", "250-x\r\n250-SIZE 5\r\n250 DSN\r\n"),
                  "EHLO mail.example.org\r\nQUIT\r\n");
        EXPECT_EQ(list(), (std::vector<std::string>{"SIZE 5", "DSN"}));
        EXPECT_EQ(capabilities_->of(backend(), 0).current().message_limit(), 5U);
    }());
}

TEST_F(HealthChecksTest, FindAServerUpThatGreetsAndDoesNotTell) {
    speak_submission();
    begin();
    run([this]() -> asio::awaitable<void> {
        (void)co_await is_checked("220 hi\r\n", "250-x\r\n250 DSN\r\n");
        (void)co_await is_checked("220 hi\r\n", "502 what?\r\n");
        EXPECT_TRUE(is_up());
        EXPECT_EQ(list(), std::vector<std::string>{"DSN"}) << "what it said last holds";
    }());
}

TEST_F(HealthChecksTest, FindAServerDownThatDoesNotGreet) {
    speak_submission();
    begin();
    run([this]() -> asio::awaitable<void> {
        (void)co_await is_checked("220 hi\r\n", "250-x\r\n250 DSN\r\n");
        (void)co_await is_checked("554 go away\r\n", "");
        EXPECT_FALSE(is_up());
        EXPECT_EQ(list(), std::vector<std::string>{"DSN"});
    }());
}

}  // namespace
}  // namespace postern::proxy
