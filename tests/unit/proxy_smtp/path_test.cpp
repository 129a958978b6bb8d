#include "proxy/smtp/path.hpp"

#include <gtest/gtest.h>

namespace postern::proxy::smtp {
namespace {

TEST(Path, ReadsTheMailbox) {
    EXPECT_EQ(mailbox_of("FROM:<anna@example.org>", "FROM"), "anna@example.org");
    EXPECT_EQ(mailbox_of("from:<anna@example.org> SIZE=5 BODY=8BITMIME", "FROM"), "anna@example.org");
    EXPECT_EQ(mailbox_of("TO: <anna@example.org>", "TO"), "anna@example.org");
    EXPECT_EQ(mailbox_of("FROM:<>", "FROM"), "");
    EXPECT_EQ(mailbox_of("FROM:<@a.org,@b.org:anna@example.org>", "FROM"), "anna@example.org");
    EXPECT_EQ(mailbox_of(R"(FROM:<"a > b"@example.org>)", "FROM"), R"("a > b"@example.org)");
    EXPECT_EQ(mailbox_of(R"(FROM:<"a \" > b"@example.org> SIZE=1)", "FROM"), R"("a \" > b"@example.org)");
    EXPECT_EQ(mailbox_of(R"(TO:<""@example.org>)", "TO"), R"(""@example.org)") << "CVE-2020-10967";
    EXPECT_EQ(mailbox_of("TO:<Postmaster>", "TO"), "Postmaster");
}

TEST(Path, RefusesWhatIsNone) {
    for (const std::string_view argument :
         {"", "FROM", "FROM:", "FROM:anna@example.org", "FROM:<anna@example.org", "FROM:<anna@example.org>SIZE=5",
          "FROM:<a b@example.org>", "FROM:<a@b><c@d>", "FROM:<<a@b>>", "FROM:<@a.org>", "FROM:<@a.org:>", "TO:<a@b>",
          "FROM:<\"a@b>", "FROM:<\"a\\", "FROM :<a@b>", "FROM:\t<a@b>", "FROM:<a@b>\t", "FROM:<a\x01@b>"}) {
        EXPECT_EQ(mailbox_of(argument, "FROM"), std::nullopt) << argument;
    }
}

}  // namespace
}  // namespace postern::proxy::smtp
