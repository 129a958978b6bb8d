#include "auth/password_verifiers.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::auth {
namespace {

constexpr config::PasswordHashSettings cheap{.memory_kib = 8192, .passes = 1};

struct HashCase {
    std::string name, hash;
    bool is_wrapped = false;
    std::string password = "\xC3\xA9l\xC3\xA8ve2019";  // élève2019
};
class Imported : public testing::TestWithParam<HashCase> {
protected:
    PasswordVerifiers verifiers_{cheap};
};

// Made by Python's hashlib and by libxcrypt's crypt(3).
TEST_P(Imported, KnowsTheRightPasswordAndNoOther) {
    const auto verifier = verifiers_.import(GetParam().hash);
    ASSERT_TRUE(verifier) << verifier.error();
    EXPECT_TRUE(verifiers_.accepts(*verifier));
    EXPECT_TRUE(verifiers_.needs_rehash(*verifier)) << "the first login replaces it";
    EXPECT_EQ(verifiers_.verify(*verifier, base::Secret(GetParam().password)), Verification::match);
    EXPECT_EQ(verifiers_.verify(*verifier, base::Secret("eleve2019")), Verification::mismatch);
    EXPECT_EQ(verifiers_.verify(*verifier, base::Secret("")), Verification::mismatch);
}

TEST_P(Imported, IsWrappedWhenItIsFast) {
    const auto verifier = verifiers_.import(GetParam().hash);
    ASSERT_TRUE(verifier);
    const std::string text(verifier->reveal());
    EXPECT_EQ(text.starts_with("$wrapped$"), GetParam().is_wrapped) << text;
    if (!GetParam().is_wrapped) return;
    const std::string digest(ImportedHash::parse(GetParam().hash)->digest().reveal());
    EXPECT_FALSE(text.contains(digest.substr(digest.size() - 12))) << "nothing of the fast hash is left";
}

INSTANTIATE_TEST_SUITE_P(
    Hash,
    Imported,
    testing::ValuesIn(std::vector<HashCase>{
        {"Ssha", "{SSHA}mJnOyex9fQ4VouYD8BQVcEB3dnZzYWx0c2FsdA==", true},
        {"Ssha256", "{SSHA256}ClQIpoCaiZx0FhwVNt/DW/nsikyp6B0HU/UoM/LwTDtzYWx0c2FsdA==", true},
        {"Ssha512",
         "{SSHA512}tihVG6lH9O0xP3qZPpgiKsuYQt4pU+qyvAnQtFOwd5At97zQG1zAkaNZvIIPu4RA+d5ioDmIK7uz1VP96tlv4XNhbHRzYWx0",
         true},
        {"Sha", "{SHA}R4nztHQPudRUhsYURGHTZjDaDIo=", true},
        {"Sha256", "{sha256}i/MiEL68OHv5B5Q54R5ETNWH5mMkDWcWum6e4jJKYcw=", true},
        {"Sha512",
         "{SHA512}6TqW1SHACQPr+pFQDdkGPk4JCR99ieKS74VOPBDgfqejjvhLOQZ7wGUvYbm88TqAPF4lg7gb82MBc4RZ6/RPkQ==", true},
        {"Smd5", "{SMD5}SfWa6HpIEE0GJeYdFb5+J3NhbHRzYWx0", true},
        {"LdapMd5", "{MD5}QpxOQajfShzi3RiLrV4ZZg==", true},
        {"PlainMd5", "{PLAIN-MD5}429c4e41a8df4a1ce2dd188bad5e1966", true},
        {"Md5Crypt", "{CRYPT}$1$abcdefgh$eX3xz1ebERlTG41qhYwrq.", true},
        {"Md5CryptByDovecotsOldName", "{MD5}$1$abcdefgh$eX3xz1ebERlTG41qhYwrq.", true},
        {"Sha256Crypt", "{CRYPT}$5$rounds=1000$abcdefgh$2K/KJK7fgQMGKl5wVBbo4CwhTSr142z7sEd5dyUtfJ."},
        {"Sha512Crypt",
         "{SHA512-CRYPT}$6$rounds=1000$abcdefgh$uIOBMsywkBvvaFn2C1mymui71EvTvzeN5vYJ0.FAslqc/"
         "lwZw7/OEZ4FxIZK5i9XBdeyrq1s8pdlH1XXVjTVK1"},
        {"Bcrypt2b", "$2b$04$abcdefghijklmnopqrstuun1l5jYtc/HrqbNu8wfuEp/SPnVNtcry"},
        {"Bcrypt2y", "{BLF-CRYPT}$2y$04$abcdefghijklmnopqrstuun1l5jYtc/HrqbNu8wfuEp/SPnVNtcry"},
        {"Yescrypt", "$y$j9T$abcdefgh$iUslzL71hRh42qhc8CUSairGsrzhxlksxzX4P4NAgW1"},
        {"Pbkdf2Sha256", "{PBKDF2-SHA256}12000$c2FsdHNhbHQ$GLEe9QPG6dYu3IfwLxkolQasACKoL/5mU9Chga.m500"},
        {"Pbkdf2Sha512FewRounds",
         "{PBKDF2-SHA512}1000$c2FsdHNhbHQ$DaAVJoLIgsFPdkwbYxrWdGS8gt5GfjV.pA0CkC7lVr."
         "Qln6cP10qgtdwTIiZPiQGoCYhvrJZZZEnTYCAqWXQNA",
         true},
        {"PasslibSha256", "$pbkdf2-sha256$12000$c2FsdHNhbHQ$GLEe9QPG6dYu3IfwLxkolQasACKoL/5mU9Chga.m500"},
        {"PasslibSha1", "$pbkdf2$12000$c2FsdHNhbHQ$0xCRCwrpZ5o4YZelAA9o8gPMqEI"},
        {"OfAnOldWebmailInLatin1", "{SSHA}ywxW5lK9q9jQytV5MAgJ0XLTYzZzYWx0c2FsdA==", true},
        {"Nt", "{NT}5e8376ec95252e0eb6626edb638ed420", true},
        {"NtInCapitals", "{nt}5E8376EC95252E0EB6626EDB638ED420", true},
        {"DovecotsPbkdf2", "{PBKDF2}$1$abcdefgh$5000$da17dc67555c66d16f94f607ef98e9556bf4d42c", true},
        {"PasslibScrypt", "$scrypt$ln=14,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$o1qagcCvp2KUZ0hpLrghsMQdoKlkoENfXdPLoRSnO0E"},
        {"CryptScrypt", "$7$A6..../....abcdefgh$MowJ4tCrzTyYx.DLcdmYsqcaCJetpTUlqZXdzH50VK/"},
        {"Des", "{CRYPT}abhv/ZnAzL36k", true, "secret12"},
    }),
    [](const auto& test) { return test.param.name; });

TEST(PasswordVerifiersTest, KeepsItsOwnVerifiersAsTheyAre) {
    const PasswordVerifiers verifiers(cheap);
    const auto own = verifiers.hash(base::Secret("secret"));
    const auto imported = verifiers.import(own->reveal());
    ASSERT_TRUE(imported);
    EXPECT_EQ(imported->reveal(), own->reveal());
    EXPECT_FALSE(verifiers.needs_rehash(*imported));
    EXPECT_EQ(verifiers.verify(*imported, base::Secret("secret")), Verification::match);
}

TEST(PasswordVerifiersTest, TakesArgon2idUnderDovecotsName) {
    const PasswordVerifiers verifiers(cheap);
    const auto own = verifiers.hash(base::Secret("secret"));
    for (const std::string name : {"{ARGON2ID}", "{argon2id}"}) {
        const auto imported = verifiers.import(name + std::string(own->reveal()));
        ASSERT_TRUE(imported) << imported.error();
        EXPECT_EQ(imported->reveal(), own->reveal());
    }
    EXPECT_FALSE(verifiers.import("{ARGON2ID}"));
    EXPECT_FALSE(verifiers.import("{ARGON2ID}{ARGON2ID}" + std::string(own->reveal())));
    EXPECT_FALSE(verifiers.import("{ARGON2I}" + std::string(own->reveal())));
}

TEST(PasswordVerifiersTest, NeverMatchesAPasswordThatItsSchemeWouldCut) {
    const PasswordVerifiers verifiers(cheap);
    const auto des = verifiers.import("{CRYPT}abhv/ZnAzL36k");
    EXPECT_EQ(verifiers.verify(*des, base::Secret("secret123")), Verification::mismatch);
    const auto bcrypt = verifiers.import("$2b$04$abcdefghijklmnopqrstuun1l5jYtc/HrqbNu8wfuEp/SPnVNtcry");
    EXPECT_EQ(verifiers.verify(*bcrypt, base::Secret(std::string(73, 'x'))), Verification::mismatch);
}

struct HostileCase {
    std::string name, hash, want;
};
class Hostile : public testing::TestWithParam<HostileCase> {};

TEST_P(Hostile, IsRefusedWithTheReasonBeforeItIsRun) {
    const auto imported = PasswordVerifiers(cheap).import(GetParam().hash);
    ASSERT_FALSE(imported);
    EXPECT_EQ(imported.error(), GetParam().want);
}

const std::string unknown = "is of a scheme that is not known";
const std::string malformed = "is not what its scheme makes";
const std::string costly = "asks for more work than a check may take";

INSTANTIATE_TEST_SUITE_P(
    Hash,
    Hostile,
    testing::ValuesIn(std::vector<HostileCase>{
        {"Nothing", "", unknown},
        {"PlainText", "secret", unknown},
        {"NoScheme", "{}abc", unknown},
        {"UnknownScheme", "{ROT13}frperg", unknown},
        {"UnknownCrypt", "$9$abc$def", unknown},
        {"Long", "{SHA}" + std::string(600, 'A'), "is longer than 512 bytes"},
        {"ShortDigest", "{SHA}AAAA", malformed},
        {"UnsaltedSsha", "{SSHA}R4nztHQPudRUhsYURGHTZjDaDIo=", malformed},
        {"SaltedSha", "{SHA}mJnOyex9fQ4VouYD8BQVcEB3dnZzYWx0c2FsdA==", malformed},
        {"NoBase64", "{SSHA}!!!!", malformed},
        {"HighBytes", "{SSHA}\xFF\xFF\xFF\xFF", malformed},
        {"OddHexadecimal", "{PLAIN-MD5}429c4e41a8df4a1ce2dd188bad5e196", malformed},
        {"BcryptOf31", "$2b$31$abcdefghijklmnopqrstuun1l5jYtc/HrqbNu8wfuEp/SPnVNtcry", costly},
        {"BcryptOfNothing", "$2b$xx$abcdefghijklmnopqrstuun1l5jYtc/HrqbNu8wfuEp/SPnVNtcry", malformed},
        {"ShortBcrypt", "$2b$04$abc", malformed},
        {"ShaCryptOfABillionRounds", "$6$rounds=999999999$abcdefgh$x", costly},
        {"ShaCryptOfTooManyDigits", "$6$rounds=" + std::string(300, '9') + "$abcdefgh$x", malformed},
        {"YescryptOfAGigabyte", "$y$jFT$abcdefgh$x", costly},
        {"YescryptOfUnknownFlags", "$y$zzz$abcdefgh$x", costly},
        {"Pbkdf2OfABillionRounds", "{PBKDF2-SHA256}999999999$c2FsdHNhbHQ$GLEe9QPG6dYu3IfwLxkolQasACKoL/5mU9Chga.m500",
         costly},
        {"Pbkdf2OfNoRounds", "{PBKDF2-SHA256}0$c2FsdHNhbHQ$GLEe9QPG6dYu3IfwLxkolQasACKoL/5mU9Chga.m500", malformed},
        {"Pbkdf2OfAShortHash", "{PBKDF2-SHA256}1000$c2FsdHNhbHQ$GLEe9Q", malformed},
        {"Pbkdf2OfAnotherDigest", "{PBKDF2-MD4}1000$c2FsdHNhbHQ$GLEe9Q", unknown},
        {"ShortNt", "{NT}8846f7eaee8fb117ad06bdd830b7586", malformed},
        {"NtOfOtherLetters", "{NT}8846f7eaee8fb117ad06bdd830b7586x", malformed},
        {"DovecotsPbkdf2OfABillionRounds", "{PBKDF2}$1$abcdefgh$999999999$6d70aecd0318c531fdfa63564f9c318b4fbddc22",
         costly},
        {"DovecotsPbkdf2WithoutSalt", "{PBKDF2}$1$$5000$6d70aecd0318c531fdfa63564f9c318b4fbddc22", malformed},
        {"DovecotsPbkdf2OfAShortHash", "{PBKDF2}$1$abcdefgh$5000$6d70", malformed},
        {"ScryptOfFourGibibytes",
         "$scrypt$ln=22,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$1idRgu6ns74sljt005o5BblTKV7Jul0HPGT6aXWnXKY", costly},
        {"ScryptOfManyLanes",
         "$scrypt$ln=14,r=8,p=99$c2FsdHNhbHRzYWx0c2FsdA$1idRgu6ns74sljt005o5BblTKV7Jul0HPGT6aXWnXKY", costly},
        {"ScryptOfNoCost", "$scrypt$ln=0,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$1idRgu6ns74sljt005o5BblTKV7Jul0HPGT6aXWnXKY",
         malformed},
        {"ScryptOfHugeNumbers", "$scrypt$ln=14,r=99999999999,p=1$c2FsdA$1idRgu6ns74sljt005o5BblTKV7Jul0HPGT6aXWnXKY",
         malformed},
        {"ScryptOfAnotherOrder", "$scrypt$r=8,ln=14,p=1$c2FsdA$1idRgu6ns74sljt005o5BblTKV7Jul0HPGT6aXWnXKY", malformed},
        {"ScryptOfAShortHash", "$scrypt$ln=14,r=8,p=1$c2FsdA$AAAA", malformed},
        {"CryptScryptOfGibibytes", "$7$IU..../....Abcdefgh$A/ERZmVIIjH7yaGETZJ5EgndZBm/o3tMfZNextH/DL7", costly},
        {"ShortCryptScrypt", "$7$CU", malformed},
        {"CryptWithALineFeed", "{CRYPT}$6$abc\ndef$x", malformed},
        {"WrappedByHand", "$wrapped$crypt:$1$a$|x", malformed},
        {"Argon2OfFourGibibytes", "$argon2id$v=19$m=4194304,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
         "is not of Argon2id 1.3 with one lane, at most 1 GiB and 64 passes"},
    }),
    [](const auto& test) { return test.param.name; });

TEST(PasswordVerifiersTest, RunsNothingThatWasForgedInTheStore) {
    const PasswordVerifiers verifiers(cheap);
    for (const std::string text :
         {"$wrapped$", "$wrapped$crypt:$6$rounds=999999999$|$argon2id$", "$wrapped$digest:NONE:|x",
          "$wrapped$pbkdf2:SHA1:0:|x", "$imported$",
          "$imported$$2b$31$abcdefghijklmnopqrstuun1l5jYtc/HrqbNu8wfuEp/SPnVNtcry", "$imported$secret"}) {
        EXPECT_FALSE(verifiers.accepts(base::Secret(text))) << text;
    }
    EXPECT_EQ(verifiers.verify(base::Secret("$imported$$2b$31$abcdefghijklmnopqrstuun1l5jYtc/HrqbNu8wfuEp/SPnVNtcry"),
                               base::Secret("x")),
              Verification::impossible);
}

TEST(PasswordVerifiers, TakeAPasswordHoweverItsAccentsWereTyped) {
    const PasswordVerifiers verifiers(cheap);
    const auto composed = verifiers.hash(base::Secret("\xC3\xA9t\xC3\xA9 2026")).value();
    EXPECT_EQ(verifiers.verify(composed, base::Secret("e\xCC\x81te\xCC\x81 2026")), Verification::match);
    EXPECT_EQ(verifiers.verify(composed, base::Secret("\xC3\xA9t\xC3\xA9\xC2\xA0"
                                                      "2026")),
              Verification::match)
        << "a no-break space is a space";
    EXPECT_EQ(verifiers.verify(composed, base::Secret("ete 2026")), Verification::mismatch);
    const Argon2idHasher as_it_comes(cheap);
    const auto decomposed = as_it_comes.hash(base::Secret("e\xCC\x81t\xC3\xA9")).value();
    EXPECT_EQ(verifiers.verify(decomposed, base::Secret("e\xCC\x81t\xC3\xA9")), Verification::match)
        << "of an older version";
    EXPECT_EQ(verifiers.verify(verifiers.hash(base::Secret("\xFF\xFE")).value(), base::Secret("\xFF\xFE")),
              Verification::match);
}

}  // namespace
}  // namespace postern::auth
