#include "proxy/mail_metrics.hpp"

#include "auth/verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::proxy {
namespace {

using config::MailProtocol;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class MailMetricsTest : public testing::Test {
protected:
    MailMetricsTest() {
        config::BackendSettings& backend = backends_["dovecot"];
        backend.name = "dovecot";
        backend.servers = {{.name = "mail1", .host = "h1", .port = 993}, {.name = "mail2", .host = "h2", .port = 993}};
    }

    net::Metrics metrics_;
    std::map<std::string, config::BackendSettings> backends_;
};

TEST_F(MailMetricsTest, CountLoginsByProtocolOutcomeAndReason) {
    const MailMetrics mail(metrics_.registry(), backends_);
    mail.login(MailProtocol::imap, "accepted", "", 20ms);
    mail.login(MailProtocol::imap, "refused", "wrong_credentials", 400ms);
    mail.login(MailProtocol::submission, "failed", "backend_timeout", 10s);
    const std::string text = metrics_.text();
    EXPECT_THAT(text, HasSubstr("postern_logins_total{outcome=\"accepted\",protocol=\"imap\",reason=\"none\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("{outcome=\"refused\",protocol=\"imap\",reason=\"wrong_credentials\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("{outcome=\"failed\",protocol=\"submission\",reason=\"backend_timeout\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("{outcome=\"refused\",protocol=\"submission\",reason=\"wrong_credentials\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("_bucket{outcome=\"accepted\",protocol=\"imap\",le=\"0.01\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("_bucket{outcome=\"accepted\",protocol=\"imap\",le=\"0.025\"} 1\n"));
}

TEST_F(MailMetricsTest, MakeNoSeriesOfAReasonThatIsOnNoList) {
    const MailMetrics mail(metrics_.registry(), backends_);
    const auto lines = std::ranges::count(metrics_.text(), '\n');
    mail.login(MailProtocol::imap, "refused", "anne@example.org", 1ms);
    mail.login(MailProtocol::imap, "failed", "", 1ms);
    mail.login(MailProtocol::imap, "anne@example.org", "", 1ms);
    const std::string text = metrics_.text();
    EXPECT_EQ(std::ranges::count(text, '\n'), lines);
    EXPECT_THAT(text, Not(HasSubstr("anne")));
    EXPECT_THAT(text, HasSubstr("{outcome=\"refused\",protocol=\"imap\",reason=\"other\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("{outcome=\"failed\",protocol=\"imap\",reason=\"other\"} 1\n"));
}

TEST_F(MailMetricsTest, KnowEveryRefusal) {
    const MailMetrics mail(metrics_.registry(), backends_);
    for (int i = 0; i <= static_cast<int>(auth::Refusal::unavailable); ++i) {
        const auto refusal = static_cast<auth::Refusal>(i);
        const bool temporary = refusal == auth::Refusal::busy || refusal == auth::Refusal::unavailable;
        mail.login(MailProtocol::imap, temporary ? "failed" : "refused", auth::name_of(refusal), 1ms);
    }
    mail.login(MailProtocol::imap, "refused", "too_many_sessions", 1ms);
    mail.login(MailProtocol::imap, "failed", "backend_drained", 1ms);
    mail.login(MailProtocol::imap, "failed", "backend_needs_password", 1ms);
    const std::string text = metrics_.text();
    EXPECT_THAT(text, HasSubstr("{outcome=\"refused\",protocol=\"imap\",reason=\"other\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("{outcome=\"failed\",protocol=\"imap\",reason=\"other\"} 0\n"));
}

TEST_F(MailMetricsTest, CountWhatEachServerSaid) {
    const MailMetrics mail(metrics_.registry(), backends_);
    mail.backend_login(backends_["dovecot"], 1, BackendAnswer::failed);
    const std::string text = metrics_.text();
    EXPECT_THAT(text, HasSubstr("{backend=\"dovecot\",outcome=\"failed\",server=\"mail2\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("{backend=\"dovecot\",outcome=\"failed\",server=\"mail1\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("{backend=\"dovecot\",outcome=\"accepted\",server=\"mail2\"} 0\n"));
}

TEST_F(MailMetricsTest, CountHandshakesWithEachServer) {
    const MailMetrics mail(metrics_.registry(), backends_);
    mail.backend_handshake(backends_["dovecot"], 0, false);
    mail.backend_handshake(backends_["dovecot"], 1, true);
    mail.backend_handshake(backends_["dovecot"], 1, true);
    const std::string text = metrics_.text();
    const std::string_view name = "postern_backend_tls_handshakes_total{backend=\"dovecot\",outcome=";
    EXPECT_THAT(text, HasSubstr(std::string(name) + "\"full\",server=\"mail1\"} 1\n"));
    EXPECT_THAT(text, HasSubstr(std::string(name) + "\"full\",server=\"mail2\"} 0\n"));
    EXPECT_THAT(text, HasSubstr(std::string(name) + "\"resumed\",server=\"mail1\"} 0\n"));
    EXPECT_THAT(text, HasSubstr(std::string(name) + "\"resumed\",server=\"mail2\"} 2\n"));
}

TEST_F(MailMetricsTest, GoOnWhenTheConfigurationIsReadAgain) {
    const MailMetrics before(metrics_.registry(), backends_);
    before.backend_login(backends_["dovecot"], 0, BackendAnswer::accepted);
    {
        const MailMetrics::OpenSession session(before.sessions(MailProtocol::imap));
        backends_["dovecot"].servers.erase(backends_["dovecot"].servers.begin() + 1);
        const MailMetrics after(metrics_.registry(), backends_);
        after.backend_login(backends_["dovecot"], 0, BackendAnswer::accepted);
        const std::string text = metrics_.text();
        EXPECT_THAT(text, HasSubstr("{backend=\"dovecot\",outcome=\"accepted\",server=\"mail1\"} 2\n"));
        EXPECT_THAT(text, HasSubstr("postern_sessions{protocol=\"imap\"} 1\n"));
    }
    EXPECT_THAT(metrics_.text(), HasSubstr("postern_sessions{protocol=\"imap\"} 0\n"));
}

}  // namespace
}  // namespace postern::proxy
