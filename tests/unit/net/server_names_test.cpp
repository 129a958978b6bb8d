#include "net/server_names.hpp"

#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

namespace postern::net {
namespace {

class ServerNamesTest : public testing::Test {
protected:
    /// A context with a certificate for that name.
    SSL_CTX* context_for(const std::string& name) {
        SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
        const std::string file = folder_.write("certificate.pem", test::make_certificate(name).certificate);
        EXPECT_EQ(SSL_CTX_use_certificate_chain_file(context, file.c_str()), 1);
        return context;
    }

    test::TemporaryFolder folder_;
    ServerNames names_;
};

TEST_F(ServerNamesTest, AreFoundWhateverTheirCase) {
    SSL_CTX* const mail = context_for("Mail.example.org");
    ASSERT_TRUE(names_.add(mail));
    EXPECT_EQ(names_.find("mail.EXAMPLE.org"), mail);
    EXPECT_EQ(names_.find("example.org"), nullptr);
    EXPECT_EQ(names_.find(""), nullptr);
}

TEST_F(ServerNamesTest, OfAWildcardAreOneLabelOfIt) {
    SSL_CTX* const wildcard = context_for("*.example.org");
    SSL_CTX* const exact = context_for("imap.example.org");
    ASSERT_TRUE(names_.add(wildcard));
    ASSERT_TRUE(names_.add(exact));
    EXPECT_EQ(names_.find("smtp.example.org"), wildcard);
    EXPECT_EQ(names_.find("imap.example.org"), exact) << "the nearer one";
    EXPECT_EQ(names_.find("a.b.example.org"), nullptr);
    EXPECT_EQ(names_.find(".example.org"), nullptr);
    EXPECT_EQ(names_.find("example.org"), nullptr);
}

TEST_F(ServerNamesTest, OfTwoAreTheEarlierOnes) {
    SSL_CTX* const first = context_for("mail.example.org");
    ASSERT_TRUE(names_.add(first));
    ASSERT_TRUE(names_.add(context_for("mail.example.org")));
    EXPECT_EQ(names_.find("mail.example.org"), first);
}

}  // namespace
}  // namespace postern::net
