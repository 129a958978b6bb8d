#include "auth/delivery/mail_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::auth::delivery {
namespace {

TEST(HeaderText, LeavesPlainTextAndEncodesTheRest) {
    EXPECT_EQ(header_text("Your new password"), "Your new password");
    EXPECT_EQ(header_text(""), "");
    EXPECT_EQ(header_text("Clé"), "=?UTF-8?B?Q2zDqQ==?=");
    EXPECT_EQ(header_text("=?x?="), "=?UTF-8?B?PT94Pz0=?=") << "could be taken for an encoded word";
}

TEST(HeaderText, NoTextBecomesAnotherField) {
    for (const std::string& text :
         std::vector<std::string>{"a\r\nBcc: b@c.org", "a\nb", std::string("a\0b", 3), " a", "a "}) {
        const std::string encoded = header_text(text);
        EXPECT_TRUE(encoded.starts_with("=?UTF-8?B?")) << encoded;
        EXPECT_EQ(encoded.find_first_of("\r\n"), std::string::npos);
    }
}

TEST(HeaderText, FoldsLongTextBetweenCharacters) {
    std::string text;
    for (int i = 0; i < 60; ++i) text += "é";
    const std::string encoded = header_text(text);
    for (std::size_t at = 0; at < encoded.size();) {
        const std::size_t end = std::min(encoded.find("\r\n", at), encoded.size());
        EXPECT_LE(end - at, 76U);
        at = end + 2;
    }
    EXPECT_EQ(encoded.find("w?="), std::string::npos) << "no character is cut in two";
}

TEST(QuotedPrintable, KeepsWhatIsPlain) {
    EXPECT_EQ(quoted_printable("Hello,\n\nworld.\n"), "Hello,\r\n\r\nworld.\r\n");
    EXPECT_EQ(quoted_printable("a=b"), "a=3Db\r\n");
    EXPECT_EQ(quoted_printable("é"), "=C3=A9\r\n");
    EXPECT_EQ(quoted_printable("a \nb\t\n"), "a=20\r\nb=09\r\n") << "spaces at the end would be lost";
    EXPECT_EQ(quoted_printable("a\rb"), "a=0Db\r\n");
}

TEST(QuotedPrintable, BreaksLongLinesSoftly) {
    const std::string encoded = quoted_printable(std::string(200, 'x') + "é" + std::string(100, '='));
    for (std::size_t at = 0; at < encoded.size();) {
        const std::size_t end = encoded.find("\r\n", at);
        ASSERT_NE(end, std::string::npos);
        EXPECT_LE(end - at, 76U);
        at = end + 2;
    }
}

TEST(MailText, IsAWholeMessage) {
    const std::string text = mail_text({.to = "anna@example.org", .subject = "Clé", .text = "Bonjour.\n"},
                                       {.address = "no-reply@school.org", .name = "École"},
                                       {.id = 42, .correlation = "c1", .created_at = Time(std::chrono::seconds(0))});
    EXPECT_EQ(text,
              "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\nFrom: =?UTF-8?B?w4ljb2xl?= <no-reply@school.org>\r\nTo: "
              "anna@example.org\r\nMessage-ID: <42.postern@school.org>\r\nSubject: =?UTF-8?B?Q2zDqQ==?=\r\n"
              "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n\r\nBonjour.\r\n");
}

}  // namespace
}  // namespace postern::auth::delivery
