#include "proxy/imap/capabilities.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::proxy::imap {
namespace {

struct ListCase {
    std::string name;
    std::string list;
    std::string want;
};
class CapabilitiesAfterLogin : public testing::TestWithParam<ListCase> {};

TEST_P(CapabilitiesAfterLogin, AreWhatAUserMayBeTold) {
    EXPECT_EQ(capabilities_after_login(GetParam().list, config::Compression::strip), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Lists,
    CapabilitiesAfterLogin,
    testing::ValuesIn(std::vector<ListCase>{
        {"UsefulOnesPass", "IMAP4rev1 IDLE CONDSTORE X-FOO=bar/1.2 I18NLEVEL=1",
         "IMAP4rev1 IDLE CONDSTORE X-FOO=bar/1.2 I18NLEVEL=1"},
        {"WaysToLogInAgainGo", "IMAP4rev1 AUTH=PLAIN auth=LOGIN AUTH= STARTTLS LOGINDISABLED IDLE", "IMAP4rev1 IDLE"},
        {"WaysAroundUsGo", "IMAP4rev1 Login-Referrals UNAUTHENTICATE COMPRESS=DEFLATE compress=x", "IMAP4rev1"},
        {"NamesThatOnlyBeginAlikeStay", "IMAP4rev1 STARTTLSX AUTHX UNAUTHENTICATED",
         "IMAP4rev1 STARTTLSX AUTHX UNAUTHENTICATED"},
        {"WhatIsNoAtomGoes", "IMAP4rev1 A(B \"Q\" x] \x01Y \xC3\xA9 %s IDLE", "IMAP4rev1 IDLE"},
        {"DoubleSpacesAreTolerated", "  IMAP4rev1   IDLE ", "IMAP4rev1 IDLE"},
        {"NothingBecomesIMAP4rev1", "", "IMAP4rev1"},
        {"NothingLeftBecomesIMAP4rev1", "AUTH=PLAIN", "IMAP4rev1"},
    }),
    [](const auto& test) { return test.param.name; });

TEST(CapabilitiesAfterLogin, TellOfCompressionWhereItMayPass) {
    EXPECT_EQ(capabilities_after_login("IMAP4rev1 COMPRESS=DEFLATE UNAUTHENTICATE IDLE", config::Compression::pass),
              "IMAP4rev1 COMPRESS=DEFLATE IDLE");
}

TEST(CapabilitiesAfterLogin, EndBeforeTheListIsTooLong) {
    std::string list = "IMAP4rev1";
    for (int i = 0; i < 2000; ++i) list += " X-CAPABILITY-" + std::to_string(i);
    const std::string told = capabilities_after_login(list, config::Compression::strip);
    EXPECT_LE(told.size(), max_capability_list);
    EXPECT_GT(told.size(), max_capability_list - 20);
    EXPECT_TRUE(list.starts_with(told + " "));
}

TEST(ListsCapability, ComparesWholeWordsInAnyCase) {
    EXPECT_TRUE(lists_capability("IMAP4rev1 sasl-ir ID", "SASL-IR"));
    EXPECT_TRUE(lists_capability("ID", "ID"));
    EXPECT_FALSE(lists_capability("IMAP4rev1 IDLE", "ID"));
    EXPECT_FALSE(lists_capability("", "ID"));
}

}  // namespace
}  // namespace postern::proxy::imap
