#include "proxy/certificate_name.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::proxy {
namespace {

using namespace std::string_literals;
using Addresses = std::vector<std::string>;

TEST(CertificateName, IsTheOneAddress) {
    EXPECT_EQ(certificate_name(Addresses{"anne.martin@example.org"}), "anne.martin@example.org");
    EXPECT_EQ(certificate_name(Addresses{"Anne.Martin@Example.ORG"}), "anne.martin@example.org");
}

TEST(CertificateName, IsNobodyWhenItIsNotClear) {
    EXPECT_EQ(certificate_name(Addresses{}), "");
    EXPECT_EQ(certificate_name(Addresses{"anne@example.org", "paul@example.org"}), "");
    EXPECT_EQ(certificate_name(Addresses{"anne@example.org", "anne@example.org"}), "");
    for (const std::string& address :
         {""s, "anne"s, "@example.org"s, "anne@"s, "anne@example.org\0"s, "anne@example.org\0.evil.example"s,
          "anne@example.org\r\n"s, "\"anne\"@example.org"s, "anne@exa mple.org"s, "anne@paul@example.org"s,
          "\xC3\xA9@example.org"s, "anne*postern@example.org"s, "%u@example.org"s, "<anne@example.org>"s})
        EXPECT_EQ(certificate_name(Addresses{address}), "") << address;
}

}  // namespace
}  // namespace postern::proxy
