// Whole handshakes in memory, so that the clock and the versions are the test's.
#include "net/client_sessions.hpp"

#include "net/tls_context.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace postern::net {
namespace {

using namespace std::chrono_literals;
using Ssl = std::unique_ptr<SSL, decltype(&SSL_free)>;
using TimePoint = SessionClock::time_point;

/// A client and a server whose bytes cross in memory.
struct Pair {
    Ssl client{nullptr, SSL_free};
    Ssl server{nullptr, SSL_free};

    /// True: both handshakes are complete, and the client has read what came after its own.
    [[nodiscard]] bool shake_hands() {
        int ours = 0;
        int theirs = 0;
        for (int turn = 0; turn != 6 && (ours != 1 || theirs != 1); ++turn) {
            ours = SSL_do_handshake(client.get());
            theirs = SSL_do_handshake(server.get());
        }
        if (ours != 1 || theirs != 1) return false;
        read_ticket();
        return true;
    }

    void read_ticket() {
        char byte = 0;
        EXPECT_LE(SSL_read(client.get(), &byte, 1), 0);
    }

    [[nodiscard]] bool is_resumed() const { return SSL_session_reused(client.get()) == 1; }
};

class ClientSessionsTest : public testing::TestWithParam<int> {
protected:
    ClientSessionsTest() { serve(test::make_certificate(name)); }

    /// From here on a server with this certificate, with ticket keys of its own.
    void serve(const test::TestCertificate& certificate) {
        config::TlsSettings settings;
        settings.certificate = folder_.write("certificate.pem", certificate.certificate);
        settings.key = folder_.write("key.pem", certificate.key);
        server_ = make(TlsContext::for_server(settings, {"imap"}));
    }

    void trust() { client_ = make(TlsContext::for_client(folder_.file("certificate.pem"))); }

    static std::unique_ptr<TlsContext> make(std::expected<TlsContext, std::string> made) {
        if (!made) throw std::runtime_error(made.error());
        return std::make_unique<TlsContext>(std::move(*made));
    }

    Pair begin(const std::string& as, const std::string& at, TimePoint when) const {
        Pair pair;
        pair.client.reset(client_->start_client(as, at, when));
        pair.server.reset(server_->start_server());
        SSL_set_max_proto_version(pair.server.get(), GetParam());
        BIO* ours = nullptr;
        BIO* theirs = nullptr;
        BIO_new_bio_pair(&ours, 0, &theirs, 0);
        SSL_set_bio(pair.client.get(), ours, ours);
        SSL_set_bio(pair.server.get(), theirs, theirs);
        return pair;
    }

    /// Whether the connection was resumed; nullopt: no handshake.
    std::optional<bool> connect(const std::string& as = name,
                                const std::string& at = place,
                                TimePoint when = SessionClock::now()) const {
        Pair pair = begin(as, at, when);
        if (!pair.shake_hands()) return std::nullopt;
        EXPECT_EQ(SSL_version(pair.client.get()), GetParam());
        return pair.is_resumed();
    }

    /// What a connection of that moment would offer.
    [[nodiscard]] bool has_session(TimePoint when, const std::string& as = name) const {
        const Ssl ssl(client_->start_client(as, place, when), SSL_free);
        return SSL_get_session(ssl.get()) != nullptr;
    }

    static constexpr const char* name = "mail.example.org";
    static constexpr const char* place = "backend 993";
    test::TemporaryFolder folder_;
    std::unique_ptr<TlsContext> server_;
    std::unique_ptr<TlsContext> client_;
    const TimePoint begun_ = SessionClock::now();
};

INSTANTIATE_TEST_SUITE_P(Versions,
                         ClientSessionsTest,
                         testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) { return version.param == TLS1_2_VERSION ? "TLS12" : "TLS13"; });

TEST_P(ClientSessionsTest, AreResumedAgainAndAgain) {
    trust();
    EXPECT_EQ(connect(), false);
    for (int i = 0; i != 5; ++i) EXPECT_EQ(connect(), true) << i;
}

TEST_P(ClientSessionsTest, KeepWhoTheServerWasAndThatItWasVerified) {
    trust();
    EXPECT_EQ(connect(), false);
    Pair pair = begin(name, place, SessionClock::now());
    ASSERT_TRUE(pair.shake_hands());
    ASSERT_TRUE(pair.is_resumed());
    EXPECT_EQ(SSL_get_verify_result(pair.client.get()), X509_V_OK);
    EXPECT_EQ(X509_cmp(SSL_get0_peer_certificate(pair.client.get()), SSL_get_certificate(pair.server.get())), 0);
}

TEST_P(ClientSessionsTest, AreForOneServerOneNameAndOneContext) {
    const auto other = test::make_certificate("other.example.org");
    trust();
    EXPECT_EQ(connect(), false);
    EXPECT_EQ(connect(name, "backend 143"), false);
    EXPECT_FALSE(has_session(begun_, "other.example.org"));
    EXPECT_EQ(connect("other.example.org"), std::nullopt) << "the certificate does not bear this name";
    EXPECT_EQ(connect(), true);
    trust();
    EXPECT_EQ(connect(), false) << "the configuration was read again";
}

TEST_P(ClientSessionsTest, AreNotKeptWhereNobodySaysWhichServerItIs) {
    trust();
    EXPECT_EQ(connect(name, ""), false);
    EXPECT_EQ(connect(name, ""), false);
    EXPECT_FALSE(has_session(begun_));
}

TEST_P(ClientSessionsTest, LastAnHour) {
    trust();
    EXPECT_EQ(connect(name, place, begun_), false);
    EXPECT_TRUE(has_session(begun_ + session_life - 1s));
    EXPECT_FALSE(has_session(begun_ + session_life));
    EXPECT_EQ(connect(), false) << "what is too old is gone";
}

TEST_P(ClientSessionsTest, LastAnHourFromTheFullHandshakeAndNotFromTheLastTicket) {
    trust();
    EXPECT_EQ(connect(name, place, begun_), false);
    EXPECT_EQ(connect(name, place, begun_ + 30min), true);
    EXPECT_EQ(connect(name, place, begun_ + 59min), true);
    EXPECT_TRUE(has_session(begun_ + session_life - 1s));
    EXPECT_FALSE(has_session(begun_ + session_life));
}

TEST_P(ClientSessionsTest, OfLongConnectionsAreAsOldAsThose) {
    trust();
    EXPECT_EQ(connect(name, place, begun_ - session_life), false);
    EXPECT_FALSE(has_session(begun_)) << "its ticket came now";
}

TEST_P(ClientSessionsTest, GiveWayToThoseThatLastLonger) {
    trust();
    Pair old = begin(name, place, begun_ - 30min);
    EXPECT_EQ(connect(name, place, begun_), false);
    ASSERT_TRUE(old.shake_hands());
    EXPECT_TRUE(has_session(begun_ + 50min));
}

TEST_P(ClientSessionsTest, LastNoLongerThanTheCertificate) {
    serve(test::make_certificate(name, 10min));
    trust();
    EXPECT_EQ(connect(), false);
    EXPECT_TRUE(has_session(begun_ + 9min));
    EXPECT_FALSE(has_session(SessionClock::now() + 10min));
}

TEST_P(ClientSessionsTest, AreNothingToAServerWithOtherTicketKeys) {
    const auto certificate = test::make_certificate(name);
    serve(certificate);
    trust();
    EXPECT_EQ(connect(name, place, begun_ - 30min), false);
    serve(certificate);  // it has been started again
    EXPECT_EQ(connect(name, place, begun_), false);
    EXPECT_EQ(connect(name, place, begun_), true);
    EXPECT_TRUE(has_session(begun_ + 59min)) << "counted from the newest full handshake";
}

TEST_P(ClientSessionsTest, OpenNothingToAServerWithAnotherCertificate) {
    trust();
    EXPECT_EQ(connect(), false);
    serve(test::make_certificate(name));  // nobody trusts this one
    EXPECT_EQ(connect(), std::nullopt);
}

TEST_P(ClientSessionsTest, AreForgottenWithAConnectionThatCameToNothing) {
    trust();
    EXPECT_EQ(connect(), false);
    Pair pair = begin(name, place, SessionClock::now());
    forget_session(pair.client.get());
    EXPECT_FALSE(has_session(begun_));
    EXPECT_EQ(connect(), false);
    EXPECT_EQ(connect(), true);
}

TEST_P(ClientSessionsTest, AreNotOfferedForAnHourWhereOneMadeTlsFail) {
    trust();
    EXPECT_EQ(connect(), false);
    Pair pair = begin(name, place, SessionClock::now());
    ASSERT_NE(SSL_get_session(pair.client.get()), nullptr);
    distrust_session(pair.client.get());
    const TimePoint failed = SessionClock::now();
    EXPECT_EQ(connect(name, place, failed + 59min), false);
    EXPECT_FALSE(has_session(failed + 59min));
    EXPECT_TRUE(has_session(failed + session_life));
}

TEST_P(ClientSessionsTest, AreOfferedAgainAtOnceWhereNoneMadeTlsFail) {
    trust();
    Pair pair = begin(name, place, SessionClock::now());
    distrust_session(pair.client.get());
    EXPECT_EQ(connect(), false);
    EXPECT_EQ(connect(), true);
}

TEST_P(ClientSessionsTest, OutliveTheContextAsLongAsAConnectionDoes) {
    trust();
    Pair pair = begin(name, place, SessionClock::now());
    client_.reset();
    EXPECT_TRUE(pair.shake_hands()) << "a ticket comes";
    forget_session(pair.client.get());
}

TEST_P(ClientSessionsTest, SurviveAConnectionThatBreaks) {
    trust();
    {
        Pair pair = begin(name, place, SessionClock::now());
        ASSERT_TRUE(pair.shake_hands());
    }  // without close_notify: OpenSSL takes the session of the connection itself for spoilt
    EXPECT_EQ(connect(), true);
}

TEST_P(ClientSessionsTest, ServeManyThreads) {
    trust();
    std::atomic<int> resumed = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i != 4; ++i)
        threads.emplace_back([&] {
            for (int turn = 0; turn != 20; ++turn) resumed += connect().value_or(false) ? 1 : 0;
        });
    threads.clear();
    EXPECT_GE(resumed, 76);
}

}  // namespace
}  // namespace postern::net
