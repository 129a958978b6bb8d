// Listeners that ask who their clients are, over real sockets and TLS.
#include "net/stream.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_certificate.hpp"
#include "tests/unit/net/loopback.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace postern::net {
namespace {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using Addresses = std::vector<std::string>;

/// The server is mail.example.org, and mail.lycee.example for who asks for that name. It believes `authority_`.
class ClientCertificates : public testing::Test {
protected:
    ClientCertificates() {
        const auto server = test::make_certificate("mail.example.org");
        const auto other = test::make_certificate("mail.lycee.example");
        tls_.certificate = folder_.write("certificate.pem", server.certificate);
        tls_.key = folder_.write("key.pem", server.key);
        tls_.by_name = {{.certificate = folder_.write("other.pem", other.certificate),
                         .key = folder_.write("other.key", other.key)}};
        trusted_ = folder_.write("trusted.pem", server.certificate + other.certificate);
        asked_.ca_file = folder_.write("users.pem", authority_.certificate);
    }

    config::CertificateSettings files(const test::TestCertificate& certificate) {
        return {.certificate = folder_.write("client.pem", certificate.certificate),
                .key = folder_.write("client.key", certificate.key)};
    }

    test::TestCertificate of(const std::string& names, int days = 1, const std::string& usage = "clientAuth") {
        return test::sign_certificate(authority_, {.alternative_names = names, .valid_days = days, .usage = usage});
    }

    /// What the server made of a client with this certificate: the addresses in it, or the error.
    std::expected<Addresses, std::string> shake_hands(const std::optional<test::TestCertificate>& client,
                                                      const std::string& name = "mail.example.org") {
        const auto server_tls = TlsContext::for_server(tls_, {"imap"}, nullptr, &asked_);
        const auto client_tls = TlsContext::for_client(trusted_, client ? std::optional(files(*client)) : std::nullopt);
        EXPECT_TRUE(server_tls && client_tls);
        auto [one, another] = test::connected_sockets(context_);
        Stream client_stream(std::move(one));
        Stream server_stream(std::move(another));
        std::expected<void, std::string> outcome;
        auto serve = [&]() -> asio::awaitable<void> {
            outcome = co_await server_stream.handshake_as_server(*server_tls);
            if (!outcome) server_stream.close();
        };
        auto connect = [&]() -> asio::awaitable<void> {
            const auto done = co_await client_stream.handshake_as_client(*client_tls, name);
            if (!done) client_stream.close();
        };
        test::run_to_end(context_, [&]() -> asio::awaitable<void> { co_await (serve() && connect()); }());
        if (!outcome) return std::unexpected(outcome.error());
        return server_stream.peer_mail_addresses();
    }

    void expect_refused(const std::optional<test::TestCertificate>& client, const std::string& why) {
        for (const std::string name : {"mail.example.org", "mail.lycee.example"}) {
            const auto outcome = shake_hands(client, name);
            ASSERT_FALSE(outcome) << name;
            EXPECT_TRUE(outcome.error().contains(why)) << outcome.error();
        }
    }

    test::TemporaryFolder folder_;
    asio::io_context context_{1};
    const test::TestCertificate authority_ = test::make_certificate("users of example.org");
    config::TlsSettings tls_;
    config::ClientCertificateSettings asked_;
    std::string trusted_;
};

TEST_F(ClientCertificates, TellWhoseTheyAre) {
    for (const std::string name : {"mail.example.org", "mail.lycee.example"}) {
        EXPECT_EQ(shake_hands(of("email:anne@example.org"), name), Addresses{"anne@example.org"});
        EXPECT_EQ(shake_hands(of("email:anne@example.org,DNS:x.example,email:paul@example.org"), name),
                  (Addresses{"anne@example.org", "paul@example.org"}));
        EXPECT_EQ(shake_hands(of("DNS:x.example"), name), Addresses{});
        EXPECT_EQ(shake_hands(of(""), name), Addresses{}) << "the common name is nobody's";
    }
}

TEST_F(ClientCertificates, AreNotNeededUnlessTheyAreRequired) {
    EXPECT_EQ(shake_hands(std::nullopt), Addresses{});
    asked_.required = true;
    expect_refused(std::nullopt, "peer did not return a certificate");
    EXPECT_EQ(shake_hands(of("email:anne@example.org")), Addresses{"anne@example.org"});
}

TEST_F(ClientCertificates, ThatAreNotGoodEndTheHandshakeWhateverNameIsAskedFor) {
    expect_refused(of("email:anne@example.org", -1), "certificate has expired");
    expect_refused(of("email:anne@example.org", 1, "serverAuth"), "unsuitable certificate purpose");
    const auto others = test::make_certificate("users of example.org");
    expect_refused(test::sign_certificate(others, {.alternative_names = "email:anne@example.org"}), "certificate");
    expect_refused(test::make_certificate("anne"), "self-signed");
}

TEST_F(ClientCertificates, ThatAreRevokedEndTheHandshake) {
    const auto anne = of("email:anne@example.org");
    const auto paul = of("email:paul@example.org");
    asked_.crl_file = folder_.write("users.crl", test::revoke(authority_, anne));
    expect_refused(anne, "certificate revoked");
    EXPECT_EQ(shake_hands(paul), Addresses{"paul@example.org"});
    // A list of another authority: nothing is known of this one's, so nobody is let in.
    const auto others = test::make_certificate("users of example.net");
    asked_.crl_file = folder_.write("users.crl", test::revoke(others, anne));
    expect_refused(paul, "unable to get certificate CRL");
}

TEST_F(ClientCertificates, AreNotAskedForElsewhere) {
    const auto server = TlsContext::for_server(tls_, {"imap"});
    ASSERT_TRUE(server);
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(server->start_server(), SSL_free);
    EXPECT_EQ(SSL_get_verify_mode(ssl.get()), SSL_VERIFY_NONE);
}

TEST_F(ClientCertificates, FilesThatAreNoneAreNamed) {
    const std::string none = folder_.write("none.pem", "nothing\n");
    asked_.crl_file = none;
    const auto no_list = TlsContext::for_server(tls_, {"imap"}, nullptr, &asked_);
    ASSERT_FALSE(no_list);
    EXPECT_TRUE(no_list.error().starts_with("cannot use revocation list " + none)) << no_list.error();
    asked_ = {.ca_file = none, .crl_file = {}};
    const auto no_authority = TlsContext::for_server(tls_, {"imap"}, nullptr, &asked_);
    ASSERT_FALSE(no_authority);
    EXPECT_TRUE(no_authority.error().starts_with("cannot use authority file " + none)) << no_authority.error();
}

}  // namespace
}  // namespace postern::net
