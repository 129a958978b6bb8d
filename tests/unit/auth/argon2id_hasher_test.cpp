#include "auth/argon2id_hasher.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include <sys/resource.h>
#include <unistd.h>

namespace postern::auth {
namespace {

using base::Secret;

constexpr config::PasswordHashSettings cheapest{.memory_kib = 8192, .passes = 1};

/// A well-formed verifier of this cost; nothing matches it.
std::string verifier_text(const std::string& cost) {
    return "$argon2id$v=19$" + cost + "$AAAAAAAAAAAAAAAAAAAAAA$" + std::string(43, 'A');
}

TEST(Argon2idHasher, KnowsTheRightPasswordFromAnyOther) {
    const Argon2idHasher hasher(cheapest);
    const auto stored = hasher.hash(Secret("correct horse"));
    ASSERT_TRUE(stored);
    EXPECT_EQ(hasher.verify(*stored, Secret("correct horse")), Verification::match);
    EXPECT_EQ(hasher.verify(*stored, Secret("correct horsf")), Verification::mismatch);
    EXPECT_EQ(hasher.verify(*stored, Secret("correct hors")), Verification::mismatch);
    EXPECT_EQ(hasher.verify(*stored, Secret("Correct horse")), Verification::mismatch);
    EXPECT_EQ(hasher.verify(*stored, Secret("correct horse ")), Verification::mismatch);
}

TEST(Argon2idHasher, WritesTheConfiguredCostIntoTheVerifier) {
    const auto stored = Argon2idHasher({.memory_kib = 8200, .passes = 3}).hash(Secret("x"));
    ASSERT_TRUE(stored);
    EXPECT_TRUE(stored->reveal().starts_with("$argon2id$v=19$m=8200,t=3,p=1$")) << stored->reveal();
    EXPECT_EQ(cost_of(stored->reveal()), (Argon2Cost{8200, 3}));
}

TEST(Argon2idHasher, SaltsEveryHashAnew) {
    const Argon2idHasher hasher(cheapest);
    EXPECT_NE(hasher.hash(Secret("same"))->reveal(), hasher.hash(Secret("same"))->reveal());
}

TEST(Argon2idHasher, VerifiesWhatTheReferenceImplementationWrote) {
    // Made by the reference implementation (libargon2 20171227): password "password", salt "somesaltsomesalt".
    const Secret stored(
        "$argon2id$v=19$m=8192,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$/X5EVS2D22ucK8nb1tiP4PrNEd9GVKwh/oAT/XoF68M");
    EXPECT_EQ(Argon2idHasher(cheapest).verify(stored, Secret("password")), Verification::match);
    EXPECT_EQ(Argon2idHasher(cheapest).verify(stored, Secret("Password")), Verification::mismatch);
}

TEST(Argon2idHasher, VerifiesSaltsOfOtherLengths) {
    // As above, with the salt "somesalt".
    const Secret stored("$argon2id$v=19$m=8192,t=2,p=1$c29tZXNhbHQ$pQ7IRfkMsUxGGo+RCyIPDLbbnN3T5YvcSjt8q11YDUI");
    EXPECT_EQ(Argon2idHasher(cheapest).verify(stored, Secret("password")), Verification::match);
    EXPECT_EQ(Argon2idHasher(cheapest).verify(stored, Secret("Password")), Verification::mismatch);
}

/// In a process of its own, which gets a little more memory than it has, and no GiB.
[[noreturn]] void verify_without_memory() {
    const Argon2idHasher hasher(cheapest);
    const Secret stored(verifier_text("m=1048576,t=1,p=1"));
    rlim_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t bytes = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + rlim_t{256} * 1024 * 1024;
    const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
    if (pages == 0 || setrlimit(RLIMIT_AS, &limit) != 0) std::_Exit(2);
    std::_Exit(hasher.verify(stored, Secret("x")) == Verification::impossible ? 0 : 1);
}

TEST(Argon2idHasher, TellsNoMemoryFromAWrongPassword) {
    EXPECT_EXIT(verify_without_memory(), testing::ExitedWithCode(0), "");
}

TEST(Argon2idHasher, TakesEveryByteOfALongPassword) {
    const Argon2idHasher hasher(cheapest);
    const std::string longest(1024, 'p');
    const auto stored = hasher.hash(Secret(longest));
    ASSERT_TRUE(stored);
    EXPECT_EQ(hasher.verify(*stored, Secret(longest)), Verification::match);
    EXPECT_EQ(hasher.verify(*stored, Secret(longest.substr(0, 1023) + "q")), Verification::mismatch);
}

TEST(Argon2idHasher, RefusesPasswordsThatCannotBe) {
    const Argon2idHasher hasher(cheapest);
    const auto stored = hasher.hash(Secret("x"));
    for (const std::string& text : {std::string(), std::string(1025, 'p'), std::string("a\0b", 3)}) {
        const auto refused = hasher.hash(Secret(text));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error(), PasswordHasher::HashFault::unacceptable_password);
        EXPECT_EQ(hasher.verify(*stored, Secret(text)), Verification::mismatch);
    }
}

TEST(Argon2idHasher, WantsAnotherHashWhenTheCostWasChangedEitherWay) {
    const auto stored = Argon2idHasher(cheapest).hash(Secret("x"));
    EXPECT_FALSE(Argon2idHasher(cheapest).needs_rehash(*stored));
    EXPECT_TRUE(Argon2idHasher({.memory_kib = 8193, .passes = 1}).needs_rehash(*stored));
    EXPECT_TRUE(Argon2idHasher({.memory_kib = 8192, .passes = 2}).needs_rehash(*stored));
    const auto dearer = Argon2idHasher({.memory_kib = 8193, .passes = 2}).hash(Secret("x"));
    EXPECT_TRUE(Argon2idHasher(cheapest).needs_rehash(*dearer));
}

TEST(Passwords, AreCheckedBeforeAnythingElse) {
    EXPECT_TRUE(check_password(Secret("p\xC3\xA4ss \t\x01")));
    EXPECT_EQ(check_password(Secret("")).error(), PasswordFault::empty);
    EXPECT_EQ(check_password(Secret(std::string(1025, 'p'))).error(), PasswordFault::too_long);
    EXPECT_EQ(check_password(Secret(std::string_view("a\0b", 3))).error(), PasswordFault::contains_nul);
}

struct CostCase {
    std::string name;
    std::string verifier;
    std::optional<Argon2Cost> want;
};
class VerifierCost : public testing::TestWithParam<CostCase> {};

TEST_P(VerifierCost, IsReadStrictlyAndWithinBounds) {
    EXPECT_EQ(cost_of(GetParam().verifier), GetParam().want);
    if (!GetParam().want) {
        EXPECT_EQ(Argon2idHasher(cheapest).verify(Secret(GetParam().verifier), Secret("x")), Verification::impossible);
    }
}

const std::string salt_and_tag = "$AAAAAAAAAAAAAAAAAAAAAA$" + std::string(43, 'A');

INSTANTIATE_TEST_SUITE_P(
    Argon2id,
    VerifierCost,
    testing::ValuesIn(std::vector<CostCase>{
        {"Ordinary", verifier_text("m=19456,t=2,p=1"), Argon2Cost{19456, 2}},
        {"SmallestMemory", verifier_text("m=8,t=1,p=1"), Argon2Cost{8, 1}},
        {"LargestOfBoth", verifier_text("m=1048576,t=64,p=1"), Argon2Cost{1048576, 64}},
        {"TooMuchMemory", verifier_text("m=1048577,t=1,p=1"), std::nullopt},
        {"MemoryBeyond32Bits", verifier_text("m=4294967304,t=1,p=1"), std::nullopt},
        {"TooLittleMemory", verifier_text("m=7,t=1,p=1"), std::nullopt},
        {"TooManyPasses", verifier_text("m=8192,t=65,p=1"), std::nullopt},
        {"NoPass", verifier_text("m=8192,t=0,p=1"), std::nullopt},
        {"MoreThanOneLane", verifier_text("m=8192,t=1,p=4"), std::nullopt},
        {"LeadingZero", verifier_text("m=08192,t=1,p=1"), std::nullopt},
        {"NegativeMemory", verifier_text("m=-8192,t=1,p=1"), std::nullopt},
        {"SpaceInFrontOfANumber", verifier_text("m= 8192,t=1,p=1"), std::nullopt},
        {"OtherOrder", verifier_text("t=1,m=8192,p=1"), std::nullopt},
        {"Argon2i", "$argon2i$v=19$m=8192,t=1,p=1" + salt_and_tag, std::nullopt},
        {"Argon2d", "$argon2d$v=19$m=8192,t=1,p=1" + salt_and_tag, std::nullopt},
        {"OldVersion", "$argon2id$v=16$m=8192,t=1,p=1" + salt_and_tag, std::nullopt},
        {"NoVersion", "$argon2id$m=8192,t=1,p=1" + salt_and_tag, std::nullopt},
        {"Bcrypt", "$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZabcde", std::nullopt},
        {"CryptSha512", "$6$salt$hash", std::nullopt},
        {"Empty", "", std::nullopt},
        {"OnlyTheFront", "$argon2id$v=19$m=", std::nullopt},
        {"NoSalt", "$argon2id$v=19$m=8192,t=1,p=1$", std::nullopt},
        {"NoTag", "$argon2id$v=19$m=8192,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA", std::nullopt},
        {"EmptyTag", "$argon2id$v=19$m=8192,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$", std::nullopt},
        {"SaltTooShort", "$argon2id$v=19$m=8192,t=1,p=1$AAAA$" + std::string(43, 'A'), std::nullopt},
        {"PaddedBase64", verifier_text("m=8192,t=1,p=1") + "=", std::nullopt},
        {"BitsBehindTheTag", verifier_text("m=8192,t=1,p=1").substr(0, 95) + "B", std::nullopt},
        {"NotAscii", "$argon2id$v=19$m=8192,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$\xFF" + std::string(42, 'A'), std::nullopt},
        {"SpaceBehind", verifier_text("m=8192,t=1,p=1") + " ", std::nullopt},
        {"NulInside", verifier_text("m=8192,t=1,p=1") + std::string("\0$", 2), std::nullopt},
        {"AMillionBytes", verifier_text("m=8192,t=1,p=1") + std::string(1'000'000, 'A'), std::nullopt},
    }),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace postern::auth
