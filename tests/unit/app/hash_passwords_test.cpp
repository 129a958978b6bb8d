#include "app/hash_passwords.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace postern::app {
namespace {

/// Costs nothing, and runs out of memory at the hash of a given number.
class FailingHasher final : public auth::PasswordHasher {
public:
    explicit FailingHasher(int good) : good_(good) {}

    [[nodiscard]] std::expected<base::Secret, HashFault> hash(const base::Secret& password) const override {
        if (calls++ >= good_) return std::unexpected(HashFault::out_of_memory);
        return base::Secret("hash of " + std::string(password.reveal()));
    }
    [[nodiscard]] auth::Verification verify(const base::Secret&, const base::Secret&) const override {
        return auth::Verification::impossible;
    }
    [[nodiscard]] bool accepts(const base::Secret&) const override { return true; }
    [[nodiscard]] bool needs_rehash(const base::Secret&) const override { return false; }
    [[nodiscard]] std::size_t memory_kib() const override { return 1; }

    mutable std::atomic<int> calls = 0;

private:
    int good_;
};

std::vector<ImportRow> rows(int count) {
    std::vector<ImportRow> made;
    for (int i = 0; i < count; ++i) {
        made.push_back({.line = static_cast<std::size_t>(i) + 2,
                        .account = {.id = i + 1, .login = *auth::Identifier::parse("n" + std::to_string(i))},
                        .verifier = {},
                        .password = base::Secret("password " + std::to_string(i)),
                        .wrapping = {}});
    }
    return made;
}

TEST(HashPasswords, GivesEachRowTheVerifierOfItsOwnPasswordAndDropsThePassword) {
    auto all = rows(500);
    const FailingHasher hasher(1'000'000);
    std::size_t last = 0;
    EXPECT_TRUE(hash_passwords(all, hasher, [&last](std::size_t done, std::size_t of) {
        EXPECT_LE(done, of);
        last = done;
    }));
    EXPECT_EQ(last, 500U);
    EXPECT_EQ(hasher.calls, 500);
    for (std::size_t i = 0; i != all.size(); ++i) {
        EXPECT_EQ(all[i].verifier.reveal(), "hash of password " + std::to_string(i));
        EXPECT_TRUE(all[i].password.empty());
    }
}

TEST(HashPasswords, LeavesRowsWithoutAPasswordAlone) {
    auto all = rows(2);
    all[0].password = base::Secret();
    const FailingHasher hasher(1'000'000);
    EXPECT_TRUE(hash_passwords(all, hasher, [](std::size_t, std::size_t) {}));
    EXPECT_EQ(hasher.calls, 1);
    EXPECT_TRUE(all[0].verifier.empty());
}

TEST(HashPasswords, StopsWhenThereIsNoMemory) {
    auto all = rows(10'000);
    const FailingHasher hasher(5);
    EXPECT_FALSE(hash_passwords(all, hasher, [](std::size_t, std::size_t) {}));
    EXPECT_LT(hasher.calls, 10'000);
}

TEST(HashPasswords, UsesEveryCoreButNoMoreThanAGibibyte) {
    EXPECT_EQ(hashing_threads(8, 19'456), 8U);
    EXPECT_EQ(hashing_threads(256, 19'456), 53U);
    EXPECT_EQ(hashing_threads(8, 1'048'576), 1U);
    EXPECT_EQ(hashing_threads(0, 19'456), 1U) << "when the number of cores is unknown";
}

}  // namespace
}  // namespace postern::app
