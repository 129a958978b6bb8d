#include "app/otp_command.hpp"

#include "auth/otp/otp_keys.hpp"
#include "tests/unit/app/account_fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace postern::app {
namespace {

class OtpCommand : public AccountFixture {
protected:
    OtpCommand() {
        const auth::AccountWithPassword made{test::new_account("anna"), base::Secret()};
        EXPECT_TRUE(accounts_.add(std::span(&made, 1)));
    }
    int import(const std::string& text, bool dry_run = false) {
        return otp_import({.file = file(text), .dry_run = dry_run}, helpdesk());
    }
    std::string states() {
        output();
        EXPECT_EQ(otp_list({.json = true}, helpdesk()), 0);
        std::string text;
        for (const auto& key : boost::json::parse(output()).as_array())
            text += std::string(key.at("serial").as_string()) + ' ' + std::string(key.at("state").as_string()) + ' ';
        return text;
    }

    static constexpr auto two_keys =
        "GA1,3132333435363738393031323334353637383930,TOTP,6,60\r\n"
        "GA2,3132333435363738393031323334353637383930313233343536373839303132,totp,8,30\n";
};

TEST_F(OtpCommand, ImportsADeliveryOnce) {
    EXPECT_EQ(import(two_keys, true), 0);
    EXPECT_EQ(output(), "would import 2 keys\n");
    EXPECT_EQ(states(), "");
    EXPECT_EQ(import(two_keys), 0);
    EXPECT_EQ(output(), "imported 2 keys\n");
    EXPECT_EQ(states(), "GA1 stock GA2 stock ");
    EXPECT_EQ(import(two_keys), 1);
    EXPECT_EQ(errors(), "the key GA1 is there already\nnothing was imported\n");
}

TEST_F(OtpCommand, NamesEveryMistakeOfAFileWithItsLineAndNeverASeed) {
    const std::string canary = "cafe" + std::string(36, '0');
    EXPECT_EQ(import("GA1," + canary +
                     ",totp,6\n"
                     "GA2," +
                     canary +
                     ",hotp,6,60\n"
                     "GA3," +
                     canary +
                     "x,totp,6,60\n"
                     "GA4," +
                     canary +
                     ",totp,9,60\n"
                     "GA5," +
                     canary +
                     ",totp,6,45\n"
                     "G 6," +
                     canary +
                     ",totp,6,60\n"
                     "GA7," +
                     canary +
                     ",totp,6,60\n"
                     "GA7," +
                     canary +
                     ",totp,6,60\n"
                     "GA8,cafe,totp,6,60\n"
                     "GA9," +
                     canary + ",totp," + std::string(1000, '6') + ",60\n"),
              1);
    const std::string text = errors();
    EXPECT_TRUE(text.contains(":1: the row has 4 fields")) << text;
    EXPECT_TRUE(text.contains(":2: the type is not totp")) << text;
    EXPECT_TRUE(text.contains(":3: the seed is not 20 to 128 hexadecimal digits")) << text;
    EXPECT_TRUE(text.contains(":4: the codes do not have 6 to 8 digits")) << text;
    EXPECT_TRUE(text.contains(":5: the time step is neither 30 nor 60 seconds")) << text;
    EXPECT_TRUE(text.contains(":6: the serial is not 1 to 64 visible")) << text;
    EXPECT_TRUE(text.contains(":8: the serial \"GA7\" is on line 7 already")) << text;
    EXPECT_TRUE(text.contains(":9: the seed does not have 10 to 64 bytes")) << text;
    EXPECT_TRUE(text.contains(":10: the codes do not have 6 to 8 digits")) << text;
    EXPECT_TRUE(text.ends_with("9 mistakes\nnothing was imported\n")) << text;
    EXPECT_FALSE(text.contains("cafe"));
    EXPECT_EQ(states(), "");
}

TEST_F(OtpCommand, TakesAKeyThroughItsLife) {
    ASSERT_EQ(import(two_keys), 0);
    EXPECT_EQ(otp_hand_over({.serial = "GA1", .login = "anna", .document = "form 12"}, helpdesk()), 0);
    EXPECT_TRUE(output().contains("key GA1 handed to anna"));
    EXPECT_EQ(otp_hand_over({.serial = "GA2", .login = "anna"}, helpdesk()), 1);
    EXPECT_EQ(errors(), "the account holds a key already\n");
    EXPECT_EQ(otp_hand_over({.serial = "GA9", .login = "anna"}, helpdesk()), 1);
    EXPECT_EQ(otp_hand_over({.serial = "GA2", .login = "nobody"}, helpdesk()), 1);
    EXPECT_EQ(otp_reopen({.serial = "GA1"}, helpdesk()), 0);
    EXPECT_EQ(otp_reopen({.serial = "GA2"}, helpdesk()), 1);
    EXPECT_EQ(otp_suspend({.serial = "GA1"}, helpdesk()), 1) << "not active yet";
    EXPECT_EQ(otp_lost({.serial = "GA1"}, helpdesk()), 0);
    EXPECT_EQ(otp_resume({.serial = "GA1"}, helpdesk()), 1);
    EXPECT_EQ(otp_take_back({.serial = "GA1"}, helpdesk()), 0);
    EXPECT_EQ(otp_retire({.serial = "GA2"}, helpdesk()), 0);
    EXPECT_EQ(states(), "GA1 stock GA2 retired ");
    EXPECT_EQ(otp_list({.state = "broken"}, helpdesk()), 2);
}

TEST_F(OtpCommand, TakesContainersOfRfc6030) {
    const std::string text =
        "<KeyContainer xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\"><KeyPackage><DeviceInfo><SerialNo>GA7</SerialNo>"
        "</DeviceInfo><Key Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:totp\"><AlgorithmParameters><ResponseFormat "
        "Length=\"6\" Encoding=\"DECIMAL\"/></AlgorithmParameters><Data><Secret><PlainValue>"
        "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret><TimeInterval><PlainValue>60</PlainValue></TimeInterval>"
        "</Data></Key></KeyPackage></KeyContainer>";
    ASSERT_EQ(import(text), 0) << errors();
    EXPECT_EQ(output(), "imported 1 key\n");
    EXPECT_EQ(import(text), 1);
    EXPECT_TRUE(errors().contains("the key GA7 is there already"));
    EXPECT_EQ(import("<KeyContainer><EncryptionKey/></KeyContainer>"), 1);
    EXPECT_TRUE(errors().contains(": it is encrypted: give the key it was encrypted with\nnothing was imported\n"));
    EXPECT_EQ(otp_import({.file = file(text, "again"), .key_file = file("no hex", "key")}, helpdesk()), 2);
}

}  // namespace
}  // namespace postern::app
