#include "auth/identity_proof.hpp"

#include "auth/charter.hpp"

#include <gtest/gtest.h>

namespace postern::auth {
namespace {

using namespace std::chrono_literals;

TEST(SecretNumber, HasOneForm) {
    EXPECT_EQ(secret_number(SecretIdentifierKind::numen, "22e08 12345 abc"), "22E0812345ABC");
    EXPECT_EQ(secret_number(SecretIdentifierKind::student_number, "2026 0001"), "20260001");
    for (const std::string text : {"", "22E0812345AB", "22E0812345ABCD", "2ZE0812345ABC", "22E081234SABC",
                                   "22E08123455BC", "22E08-12345-ABC", "22E0812345ABÉ", "22E0812345AB\n"}) {
        EXPECT_FALSE(secret_number(SecretIdentifierKind::numen, text)) << text;
    }
    EXPECT_FALSE(secret_number(SecretIdentifierKind::student_number, "123"));
    EXPECT_FALSE(secret_number(SecretIdentifierKind::student_number, std::string(10'000, '9')));
}

TEST(BirthDate, IsADayThatWas) {
    EXPECT_EQ(birth_date("14/07/1980"), 1980y / 7 / 14);
    EXPECT_EQ(birth_date(" 1980-07-14 "), 1980y / 7 / 14);
    EXPECT_EQ(birth_date("29/02/2000"), 2000y / 2 / 29);
    for (const std::string text : {"", "29/02/2001", "31/04/1980", "00/01/1980", "1/7/1980", "14.07.1980", "14/07/80",
                                   "07/14/1980", "14/07/1899", "9999999999", "14/07/198é", "1980-13-01"}) {
        EXPECT_FALSE(birth_date(text)) << text;
    }
}

TEST(Proofs, DifferWhereTheyMustAndNotWhereTheyMayNot) {
    const Keyring keyring = Keyring::ephemeral();
    const auto day = 1980y / 7 / 14;
    EXPECT_NE(birth_mac(keyring, 1, day), birth_mac(keyring, 2, day)) << "worthless for another account";
    EXPECT_EQ(name_birth_mac(keyring, "DUPOND-MOREL", "Élodie", day),
              name_birth_mac(keyring, "Dupond Morel", "elodie", day));
    EXPECT_NE(name_birth_mac(keyring, "Dupont", "Jean", day), name_birth_mac(keyring, "DupontJ", "ean", day));
    EXPECT_NE(secret_identifier(keyring, SecretIdentifierKind::numen, "1").mac,
              secret_identifier(keyring, SecretIdentifierKind::staff_number, "1").mac);
    EXPECT_EQ(secret_identifier(keyring, SecretIdentifierKind::numen, "1").mac.size(), 43U);
}

TEST(Charter, IsDigested) {
    const auto charter = make_charter(1, "fr", "abc", Time{});
    ASSERT_TRUE(charter);
    EXPECT_EQ(charter->sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") << "FIPS 180-2, B.1";
    EXPECT_EQ(make_charter(0, "fr", "abc", Time{}).error(), "the version is not 1 to 10000");
    EXPECT_EQ(make_charter(1, "de", "abc", Time{}).error(), "the language is neither fr nor en");
    EXPECT_EQ(make_charter(1, "fr", "", Time{}).error(), "the text is empty");
    EXPECT_EQ(make_charter(1, "fr", std::string(200'001, 'a'), Time{}).error(), "the text has more than 200000 bytes");
}

}  // namespace
}  // namespace postern::auth
