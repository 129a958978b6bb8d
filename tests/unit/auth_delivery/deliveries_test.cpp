#include "auth/delivery/deliveries.hpp"

#include "auth/delivery/command_hook.hpp"
#include "tests/support/smtp_sink.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <thread>

namespace postern::auth::delivery {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;

const Posting posting{.id = 42, .correlation = "c1", .created_at = Time(std::chrono::seconds(1'800'000'000))};

/// Answers one request with a status.
class OneAnswer {
public:
    explicit OneAnswer(unsigned status)
        : acceptor_(context_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)), thread_([this, status] {
              tcp::socket socket = acceptor_.accept();
              boost::beast::flat_buffer buffer;
              http::read(socket, buffer, request_);
              http::response<http::string_body> response(http::int_to_status(status), 11);
              if (status != 204) response.body() = "thanks";
              response.prepare_payload();
              http::write(socket, response);
          }) {}
    std::string url(const std::string& path) {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + path;
    }
    const http::request<http::string_body>& request() {
        if (thread_.joinable()) thread_.join();
        return request_;
    }

private:
    boost::asio::io_context context_;
    tcp::acceptor acceptor_;
    http::request<http::string_body> request_;
    std::jthread thread_;
};

class DeliveriesTest : public testing::Test {
protected:
    void mail_to(std::uint16_t port) {
        settings_.mail.emplace();
        settings_.mail->host = "127.0.0.1";
        settings_.mail->port = port;
        settings_.mail->tls = config::MailTls::none;
        settings_.mail->from = "no-reply@school.org";
        settings_.mail->from_name = "École";
    }
    std::string outcome(const OutboxMessage& message) {
        const auto delivered = deliveries_.deliver(message, posting, stop_.get_token());
        if (delivered) return "taken";
        return (delivered.error().is_final ? "never: " : "later: ") + delivered.error().why;
    }
    std::string hook(const std::vector<std::string>& command) {
        settings_.hook.emplace().command = command;
        return outcome(HookEvent{.event = "account.activated", .fields = {{"login", "anna"}}});
    }

    test::TemporaryFolder folder_;
    config::AccountSettings settings_;
    Deliveries deliveries_{settings_, "mail.school.org"};
    std::stop_source stop_;
};

const MailMessage mail{.to = "anna@example.org", .subject = "Clé", .text = "Bonjour.\n.\n=20\n"};

TEST_F(DeliveriesTest, HandsAMailToARealServer) {
    const test::SmtpSink sink;
    mail_to(sink.port());
    ASSERT_EQ(outcome(mail), "taken");
    const auto mails = sink.mails();
    ASSERT_EQ(mails.size(), 1U);
    EXPECT_EQ(mails[0].to, "anna@example.org");
    EXPECT_EQ(mails[0].header("Message-ID"), "<42.postern@school.org>");
    EXPECT_EQ(mails[0].header("Subject"), "=?UTF-8?B?Q2zDqQ==?=");
    EXPECT_EQ(mails[0].text, "Bonjour.\n.\n=20\n");
}

TEST_F(DeliveriesTest, TellsWhatIsFinalFromWhatMayBeBetterLater) {
    {
        const test::SmtpSink refuses({"-f", "RCPT"});
        mail_to(refuses.port());
        EXPECT_EQ(outcome(mail), "later: the relay answered 500") << "it did not understand us";
    }
    {
        const test::SmtpSink is_busy({"-r", "RCPT"});
        mail_to(is_busy.port());
        EXPECT_EQ(outcome(mail), "later: the relay answered 450");
    }
    {
        const test::SmtpSink refuses({"-f", "RCPT", "-B", "550 5.1.1 <anna@example.org> unknown"});
        mail_to(refuses.port());
        EXPECT_EQ(outcome(mail), "never: the relay answered 550") << "and nothing of the address";
    }
    mail_to(1);
    EXPECT_EQ(outcome(mail), "later: the relay: nobody answers there");
    settings_.mail.reset();
    EXPECT_EQ(outcome(mail), "later: accounts.mail is not set up");
}

TEST_F(DeliveriesTest, SendsNothingToARelayWithoutTls) {
    const test::SmtpSink sink;
    mail_to(sink.port());
    settings_.mail->tls = config::MailTls::starttls;
    EXPECT_EQ(outcome(mail), "later: the relay: it does not offer TLS");
    EXPECT_TRUE(sink.mails().empty());
}

TEST_F(DeliveriesTest, EndsWhenPosternStops) {
    boost::asio::io_context context;
    tcp::acceptor silent(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    mail_to(silent.local_endpoint().port());
    stop_.request_stop();
    EXPECT_EQ(outcome(mail), "later: the relay: postern is stopping");
}

TEST_F(DeliveriesTest, WritesTextMessagesAsTheGatewayWantsThem) {
    OneAnswer gateway(200);
    settings_.sms.emplace();
    settings_.sms->url = gateway.url("/send");
    settings_.sms->content_type = "application/json";
    settings_.sms->body = R"({"to":"{{number}}","text":"{{text}}"})";
    settings_.sms->authorization = base::Secret("Bearer x");
    ASSERT_EQ(outcome(SmsMessage{.number = "+33612345678", .text = "Code \"1\" & é\n"}), "taken");
    EXPECT_EQ(gateway.request().body(), "{\"to\":\"+33612345678\",\"text\":\"Code \\\"1\\\" & é\\n\"}");
    EXPECT_EQ(gateway.request()["Authorization"], "Bearer x");
    EXPECT_EQ(gateway.request()["Idempotency-Key"], "42");
    EXPECT_EQ(gateway.request().target(), "/send");
    settings_.sms->content_type = "application/x-www-form-urlencoded";
    settings_.sms->body = "to={{number}}&text={{text}}";
    EXPECT_EQ(sms_body(*settings_.sms, {.number = "+336", .text = "a&b=é"}), "to=%2B336&text=a%26b%3D%C3%A9");
}

TEST_F(DeliveriesTest, JudgesAnInterfaceByItsAnswer) {
    for (const auto& [status, want] :
         std::vector<std::pair<unsigned, std::string>>{{204, "taken"},
                                                       {302, "never: the interface answered 302"},
                                                       {400, "never: the interface answered 400"},
                                                       {429, "later: the interface answered 429"},
                                                       {503, "later: the interface answered 503"}}) {
        OneAnswer interface(status);
        settings_.hook.emplace().url = interface.url("/events");
        EXPECT_EQ(outcome(HookEvent{.event = "account.activated", .fields = {{"login", "anna"}}}), want);
        EXPECT_EQ(interface.request().body(),
                  R"({"event":"account.activated","id":42,"correlation":"c1","fields":{"login":"anna"}})");
    }
}

TEST_F(DeliveriesTest, RunsACommandWithTheEventOnItsInputAndNoEnvironment) {
    ::setenv("POSTERN_CANARY", "secret", 1);
    const std::string out = folder_.file("out");
    EXPECT_EQ(hook({"/bin/sh", "-c", "cat > \"$1\"; env >> \"$1\"; ls /proc/self/fd | wc -l >> \"$1\"", "sh", out}),
              "taken");
    std::ifstream file(out);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_TRUE(
        text.starts_with(R"({"event":"account.activated","id":42,"correlation":"c1","fields":{"login":"anna"}})"));
    EXPECT_TRUE(text.contains("PATH=")) << text;
    EXPECT_FALSE(text.contains("POSTERN_CANARY"));
}

TEST_F(DeliveriesTest, TriesAgainWhatACommandDidNotDo) {
    EXPECT_EQ(hook({"/bin/sh", "-c", "exit 3"}), "later: the command ended with status 3");
    EXPECT_EQ(hook({"/bin/sh", "-c", "kill -9 $$"}), "later: the command was ended by signal 9");
    EXPECT_EQ(hook({"/no/such/program"}), "later: the command cannot be run: No such file or directory");
    EXPECT_EQ(hook({"/bin/true"}), "taken") << "although it never read";
}

TEST_F(DeliveriesTest, KillsACommandThatTakesTooLongWithItsChildren) {
    const std::vector<std::string> command{"/bin/sh", "-c", "sleep 600 & sleep 600"};
    const auto ran = run_command(command, "x", stop_.get_token(), std::chrono::milliseconds(200));
    EXPECT_EQ(ran.error().why, "the command took too long");
}

}  // namespace
}  // namespace postern::auth::delivery
