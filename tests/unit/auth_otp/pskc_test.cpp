#include "auth/otp/pskc.hpp"

#include <gtest/gtest.h>

#include <string>

namespace postern::auth::otp {
namespace {

// The secrets, keys and MACs are those of RFC 6030, figures 6 and 7, in the keys of a TOTP device.
constexpr std::string_view aes = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
const std::string preshared = "<EncryptionKey><ds:KeyName>Pre-shared-key</ds:KeyName></EncryptionKey>";

std::string mac_method(const std::string& value) {
    return "<MACMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#hmac-sha1\"><MACKey><xenc:EncryptionMethod "
           "Algorithm=\"" +
           std::string(aes) + "\"/><xenc:CipherData><xenc:CipherValue>" + value +
           "</xenc:CipherValue></xenc:CipherData></MACKey></MACMethod>";
}

std::string encrypted(const std::string& value, const std::string& mac) {
    return "<EncryptedValue><xenc:EncryptionMethod Algorithm=\"" + std::string(aes) +
           "\"/><xenc:CipherData><xenc:CipherValue>" + value +
           "</xenc:CipherValue></xenc:CipherData></EncryptedValue><ValueMAC>" + mac + "</ValueMAC>";
}

const std::string figure_6_mac_key = mac_method("ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX");
const std::string figure_6 =
    encrypted("AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv", "Su+NvtQfmvfJzF6bmQiJqoLRExc=");

std::string derivation(const std::string& iterations) {
    return "<EncryptionKey><xenc11:DerivedKey><xenc11:KeyDerivationMethod "
           "Algorithm=\"http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2\"><pkcs5:PBKDF2-params><Salt>"
           "<Specified>Ej7/PEpyEpw=</Specified></Salt><IterationCount>" +
           iterations +
           "</IterationCount><KeyLength>16</KeyLength><PRF/></pkcs5:PBKDF2-params>"
           "</xenc11:KeyDerivationMethod></xenc11:DerivedKey></EncryptionKey>";
}

const std::string plain = "<PlainValue>\n  MTIzNDU2Nzg5MDEy\n  MzQ1Njc4OTA=\n</PlainValue>";

std::string package(const std::string& secret,
                    const std::string& serial = "987654321",
                    const std::string& algorithm = "totp",
                    const std::string& step = "60",
                    const std::string& format = "Length=\"6\" Encoding=\"DECIMAL\"") {
    return "<KeyPackage><DeviceInfo><Manufacturer>Manufacturer</Manufacturer><SerialNo>" + serial +
           "</SerialNo></DeviceInfo><Key Id=\"12345678\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:" + algorithm +
           "\"><Issuer>Issuer</Issuer><AlgorithmParameters><ResponseFormat " + format +
           "/></AlgorithmParameters><Data><Secret>" + secret +
           "</Secret><Time><PlainValue>0</PlainValue></Time><TimeInterval><PlainValue>" + step +
           "</PlainValue></TimeInterval></Data></Key></KeyPackage>";
}

std::string container(const std::string& inside) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<KeyContainer Version=\"1.0\" "
           "xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" "
           "xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\">" +
           inside + "</KeyContainer>";
}

std::expected<std::vector<ImportedKey>, std::vector<std::string>> read(const std::string& text,
                                                                       std::string_view key = "",
                                                                       std::string_view password = "") {
    const PskcUnlock unlock{.key = base::Secret(key), .password = base::Secret(password)};
    return read_pskc(base::WipingBuffer(text.begin(), text.end()), unlock);
}

std::string why_not(const std::string& text, std::string_view key = "", std::string_view password = "") {
    const auto keys = read(text, key, password);
    return keys ? "read" : keys.error().front();
}

const std::string figure_6_key{"\x12\x34\x56\x78\x90\x12\x34\x56\x78\x90\x12\x34\x56\x78\x90\x12"};

TEST(Pskc, ReadsPlainSeeds) {
    const auto keys =
        read(container(package(plain) + package(plain, "2", "totp", "30", "Length=\"8\" Encoding=\"DECIMAL\"")));
    ASSERT_TRUE(keys) << keys.error().front();
    ASSERT_EQ(keys->size(), 2U);
    EXPECT_EQ(keys->at(0).serial, "987654321");
    EXPECT_EQ(keys->at(0).seed.reveal(), "12345678901234567890");
    EXPECT_EQ(keys->at(0).digits, 6);
    EXPECT_EQ(keys->at(0).step_seconds, 60);
    EXPECT_EQ(keys->at(1).digits, 8);
    EXPECT_EQ(keys->at(1).step_seconds, 30);
}

TEST(Pskc, OpensFigure6WithThePresharedKey) {
    const std::string text = container(preshared + figure_6_mac_key + package(figure_6));
    const auto keys = read(text, figure_6_key);
    ASSERT_TRUE(keys) << keys.error().front();
    EXPECT_EQ(keys->at(0).seed.reveal(), "12345678901234567890");
    EXPECT_EQ(why_not(text), "it is encrypted: give the key it was encrypted with");
    EXPECT_EQ(why_not(text, std::string(16, 'x')), "the key or password does not open it");
    EXPECT_EQ(why_not(text, "short"), "the key or password does not open it");
}

TEST(Pskc, OpensFigure7WithThePassword) {
    const std::string text =
        container(derivation("1000") + mac_method("2GTTnLwM3I4e5IO5FkufoOEiOhNj91fhKRQBtBJYluUDsPOLTfUvoU2dStyOwYZx") +
                  package(encrypted("oTvo+S22nsmS2Z/RtcoF8Hfh+jzMe0RkiafpoDpnoZTjPYZu6V+A4aEn032yCr4f",
                                    "LP6xMvjtypbfT9PdkJhBZ+D6O4w=")));
    const auto keys = read(text, "", "qwerty");
    ASSERT_TRUE(keys) << keys.error().front();
    EXPECT_EQ(keys->at(0).seed.reveal(), "12345678901234567890");
    EXPECT_EQ(why_not(text, "", "azerty"), "the key or password does not open it");
    EXPECT_EQ(why_not(text), "it is encrypted: give the password it was encrypted with");
}

TEST(Pskc, ChecksTheMacBeforeItDecrypts) {
    const std::string changed =
        encrypted("AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGw", "Su+NvtQfmvfJzF6bmQiJqoLRExc=");
    EXPECT_EQ(why_not(container(preshared + figure_6_mac_key + package(changed)), figure_6_key),
              "key 1: the MAC of the seed is wrong: another key, or the file was changed");
    std::string without = figure_6;
    without.resize(without.find("<ValueMAC>"));
    EXPECT_EQ(why_not(container(preshared + figure_6_mac_key + package(without)), figure_6_key),
              "key 1: the encrypted seed or its MAC is missing");
    EXPECT_EQ(why_not(container(preshared + package(figure_6)), figure_6_key),
              "its values are not authenticated by HMAC");
    EXPECT_EQ(why_not(container(package(figure_6)), figure_6_key),
              "key 1: the seed is encrypted, but nothing says with which key");
}

struct HostileCase {
    std::string name, text, want;
};
class HostilePskc : public testing::TestWithParam<HostileCase> {};

TEST_P(HostilePskc, IsRefusedWithItsReason) {
    EXPECT_EQ(why_not(GetParam().text, figure_6_key, "qwerty"), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Files,
    HostilePskc,
    testing::ValuesIn(std::vector<HostileCase>{
        {"Empty", "", "it is no XML"},
        {"NoXml", "serial,seed", "it is no XML"},
        {"CutOff", container(package(plain)).substr(0, 400), "it is no XML"},
        {"AnotherDocument", "<html/>", "it is no KeyContainer of RFC 6030"},
        {"NoKeys", container(""), "there are no keys"},
        {"DocumentType", "<!DOCTYPE x [<!ENTITY a \"b\">]>" + container(package(plain)),
         "it declares a document type or entities"},
        {"Hotp", container(package(plain, "1", "hotp")), "key 1: it is no TOTP key"},
        {"Hexadecimal", container(package(plain, "1", "totp", "60", "Length=\"6\" Encoding=\"HEXADECIMAL\"")),
         "key 1: its codes are not decimal"},
        {"HugeNumber", container(package(plain, "1", "totp", std::string(10'000, '9'))),
         "key 1: its parameters are not understood"},
        {"NegativeNumber", container(package(plain, "1", "totp", "-60")), "key 1: its parameters are not understood"},
        {"AnotherStep", container(package(plain, "1", "totp", "45")),
         "key 1: the time step is neither 30 nor 60 seconds"},
        {"ShortSeed", container(package("<PlainValue>MTIz</PlainValue>")),
         "key 1: the seed does not have 10 to 64 bytes"},
        {"BadBase64", container(package("<PlainValue>!!!!</PlainValue>")), "key 1: the seed is no base64"},
        {"HugeSeed", container(package("<PlainValue>" + std::string(100'000, 'A') + "</PlainValue>")),
         "key 1: the seed is no base64"},
        {"NoSeed", container(package("")), "key 1: there is no seed"},
        {"NoSerial", container(package(plain, "")), "key 1: the serial is not 1 to 64 visible ASCII characters"},
        {"LongSerial", container(package(plain, std::string(100'000, 'x'))),
         "key 1: the serial is not 1 to 64 visible ASCII characters"},
        {"SameSerial", container(package(plain) + package(plain)), "key 2: the serial is there twice"},
        {"Iterations", container(derivation("1000000000") + package(figure_6)),
         "its key asks for more than a million iterations"},
        {"NoIterations", container(derivation("0") + package(figure_6)),
         "the derivation of its key is not described wholly"},
        {"Deep",
         [] {
             std::string text;
             for (int i = 0; i < 200'000; ++i) text += "<a>";
             return text;
         }(),
         "it is no XML"},
    }),
    [](const auto& test) { return test.param.name; });

TEST(Pskc, NamesAtMostAHundredMistakesAndNoSeed) {
    std::string packages;
    for (int i = 0; i < 300; ++i) packages += package("<PlainValue>MTIz</PlainValue>", std::to_string(i));
    const auto keys = read(container(packages));
    ASSERT_FALSE(keys);
    EXPECT_EQ(keys.error().size(), 100U);
    for (const std::string& fault : keys.error()) EXPECT_FALSE(fault.contains("MTIz"));
}

}  // namespace
}  // namespace postern::auth::otp
