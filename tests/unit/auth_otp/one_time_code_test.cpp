#include "auth/otp/one_time_code.hpp"

#include <gtest/gtest.h>
#include <openssl/provider.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace postern::auth::otp {
namespace {

Time at(std::int64_t seconds) {
    return Time{std::chrono::seconds{seconds}};
}

base::Secret seed(std::size_t bytes = 20) {
    std::string text;
    while (text.size() < bytes) text += "1234567890";
    return base::Secret(text.substr(0, bytes));
}

std::string code(const base::Secret& of, const KeyParameters& key, std::int64_t step) {
    return std::string(code_at(of, key, step).value().reveal());
}

TEST(OneTimeCode, GivesTheValuesOfRfc4226AppendixD) {
    const std::array<std::string, 10> wanted{"755224", "287082", "359152", "969429", "338314",
                                             "254676", "287922", "162583", "399871", "520489"};
    for (std::size_t count = 0; count < wanted.size(); ++count) {
        EXPECT_EQ(code(seed(), {}, static_cast<std::int64_t>(count)), wanted[count]);
        EXPECT_EQ(time_step(at(static_cast<std::int64_t>(count) * 60 + 59), 60), static_cast<std::int64_t>(count))
            << "the same values are the codes of the first minutes at 60 seconds";
    }
}

struct VectorCase {
    std::int64_t seconds;  ///< at 30 s a step; at 60 s a step, twice as many
    std::array<std::string, 3> codes;
};

TEST(OneTimeCode, GivesTheValuesOfRfc6238AppendixBAtThirtyAndSixtySeconds) {
    const std::vector<VectorCase> cases{
        {59, {"94287082", "46119246", "90693936"}},         {1111111109, {"07081804", "68084774", "25091201"}},
        {1111111111, {"14050471", "67062674", "99943326"}}, {1234567890, {"89005924", "91819424", "93441116"}},
        {2000000000, {"69279037", "90698825", "38618901"}}, {20000000000, {"65353130", "77737706", "47863826"}},
    };
    const std::array<HashAlgorithm, 3> algorithms{HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha512};
    const std::array<std::size_t, 3> seed_bytes{20, 32, 64};
    for (const VectorCase& each : cases) {
        for (std::size_t i = 0; i < algorithms.size(); ++i) {
            const KeyParameters key{.algorithm = algorithms[i], .digits = 8};
            EXPECT_EQ(code(seed(seed_bytes[i]), key, time_step(at(each.seconds), 30)), each.codes[i]);
            EXPECT_EQ(code(seed(seed_bytes[i]), key, time_step(at(each.seconds * 2), 60)), each.codes[i]);
        }
    }
}

TEST(OneTimeCode, GivesSixDigitsAtSixtySeconds) {
    const std::pair<std::int64_t, std::string> cases[] = {
        {1111111109, "360094"}, {1234567890, "713351"}, {1700000000, "895298"}, {2000000000, "864010"}};
    for (const auto& [seconds, wanted] : cases) EXPECT_EQ(code(seed(), {}, time_step(at(seconds), 60)), wanted);
}

TEST(OneTimeCode, AcceptsOneStepAroundWhereTheKeyIsThoughtToBeAndNoMore) {
    for (int drift = -max_drift; drift <= max_drift; ++drift) {
        const KeyParameters key{.drift = drift};
        const std::int64_t here = time_step(at(1'700'000'000), 60);
        std::set<std::int64_t> accepted;
        for (std::int64_t step = here - 30; step <= here + 30; ++step) {
            if (accept_code(seed(), key, code(seed(), key, step), at(1'700'000'000))) accepted.insert(step);
        }
        EXPECT_EQ(accepted, (std::set<std::int64_t>{here + drift - 1, here + drift, here + drift + 1})) << drift;
    }
}

TEST(OneTimeCode, FollowsTheDriftStepByStepAndNotBeyondTen) {
    const std::int64_t here = time_step(at(1'700'000'000), 60);
    KeyParameters key{.drift = 9};
    const auto further = accept_code(seed(), key, code(seed(), key, here + 10), at(1'700'000'000));
    ASSERT_TRUE(further);
    EXPECT_EQ(further->drift, 10);
    key.drift = 10;
    EXPECT_EQ(accept_code(seed(), key, code(seed(), key, here + 11), at(1'700'000'000))->drift, 10);
}

// The property that counts: whatever the times, drifts and clocks, no code is ever accepted twice.
TEST(OneTimeCode, IsNeverAcceptedTwice) {
    std::mt19937_64 random(20261125);
    for (int round = 0; round < 400; ++round) {
        KeyParameters key{.drift = static_cast<int>(random() % 21) - 10};
        std::int64_t now = 1'700'000'000 + static_cast<std::int64_t>(random() % 1000);
        std::set<std::int64_t> used;
        std::vector<std::string> seen;
        for (int i = 0; i < 40; ++i) {
            now += static_cast<std::int64_t>(random() % 200) - 90;  // also back, as a clock that is set
            const std::int64_t step = time_step(at(now), 60) + key.drift + static_cast<std::int64_t>(random() % 5) - 2;
            seen.push_back(code(seed(), key, step));
            const std::string& typed = random() % 2 == 0 ? seen.back() : seen[random() % seen.size()];
            const auto accepted = accept_code(seed(), key, typed, at(now));
            if (!accepted) continue;
            EXPECT_TRUE(used.insert(accepted->step).second) << "step " << accepted->step << " in round " << round;
            EXPECT_GT(accepted->step, key.last_step);
            EXPECT_LE(std::abs(accepted->drift - key.drift), 1);
            key.last_step = accepted->step;
            key.drift = accepted->drift;
        }
    }
}

TEST(OneTimeCode, RefusesEveryReplayForEveryDriftAndEveryClock) {
    const std::int64_t here = time_step(at(1'700'000'000), 60);
    for (int drift = -max_drift; drift <= max_drift; ++drift) {
        for (int around = -1; around <= 1; ++around) {
            const std::int64_t step = here + drift + around;
            const auto accepted = accept_code(seed(), {.drift = drift}, code(seed(), {}, step), at(here * 60));
            ASSERT_TRUE(accepted);
            const KeyParameters used{.drift = accepted->drift, .last_step = accepted->step};
            for (int moved = -15; moved <= 15; ++moved) {  // the clock, also back
                for (int earlier = 0; earlier <= 13; ++earlier) {
                    EXPECT_FALSE(accept_code(seed(), used, code(seed(), {}, step - earlier), at((here + moved) * 60)))
                        << drift << ' ' << around << ' ' << moved << ' ' << earlier;
                }
            }
        }
    }
}

// In a process of its own: no other provider of libcrypto can be had again afterwards.
TEST(OneTimeCodeDeathTest, AcceptsNothingWhenLibcryptoCannotComputeACode) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    const auto accepts_nothing = [] {
        if (OSSL_PROVIDER_load(nullptr, "null") == nullptr) return false;
        return !accept_code(seed(), {}, "000000", at(1'700'000'000));
    };
    EXPECT_EXIT(std::_Exit(accepts_nothing() ? 0 : 1), testing::ExitedWithCode(0), "");
}

TEST(OneTimeCode, FindsAKeyWhoseClockIsUnknownWithinTenSteps) {
    const std::int64_t here = time_step(at(1'700'000'000), 60);
    const KeyParameters key;
    EXPECT_EQ(accept_first_code(seed(), key, code(seed(), key, here - 10), at(1'700'000'000)),
              (AcceptedCode{here - 10, -10}));
    EXPECT_EQ(accept_first_code(seed(), key, code(seed(), key, here + 10), at(1'700'000'000)),
              (AcceptedCode{here + 10, 10}));
    EXPECT_FALSE(accept_first_code(seed(), key, code(seed(), key, here + 11), at(1'700'000'000)));
    EXPECT_FALSE(accept_first_code(seed(), {.last_step = here}, code(seed(), key, here), at(1'700'000'000)));
}

TEST(OneTimeCode, TakesAsNextCodeOneOfTheFiveStepsBehindTheFirst) {
    const std::int64_t here = time_step(at(1'700'000'000), 60);
    const KeyParameters key{.last_step = here};
    for (std::int64_t step = here - 2; step <= here + 8; ++step) {
        const auto accepted = accept_next_code(seed(), key, here, code(seed(), key, step), at(1'700'000'000));
        EXPECT_EQ(accepted.has_value(), step > here && step <= here + 5) << step - here;
    }
}

TEST(OneTimeCode, ResynchronisesByTwoConsecutiveCodes) {
    const std::int64_t here = time_step(at(1'700'000'000), 60);
    const KeyParameters key{.last_step = here - 20};
    const auto codes = [&](std::int64_t first, std::int64_t second) {
        return resynchronise(seed(), key, code(seed(), key, first), code(seed(), key, second), at(1'700'000'000));
    };
    EXPECT_EQ(codes(here + 7, here + 8), (AcceptedCode{here + 8, 8}));
    EXPECT_EQ(codes(here - 10, here - 9), (AcceptedCode{here - 9, -9}));
    EXPECT_FALSE(codes(here + 7, here + 9));
    EXPECT_FALSE(codes(here + 11, here + 12));
    EXPECT_FALSE(codes(here + 8, here + 7));
}

TEST(OneTimeCode, SurvivesTimesBeforeTheEpochAndTextsThatAreNoCode) {
    EXPECT_EQ(time_step(at(-5), 60), 0);
    for (const std::string& text : {std::string(), std::string("12345"), std::string("1234567"),
                                    std::string(10'000, '1'), std::string("12345\0", 6), std::string("abcdef")}) {
        EXPECT_FALSE(accept_code(seed(), {}, text, at(0)));
        EXPECT_FALSE(accept_first_code(seed(), {}, text, at(0)));
    }
}

}  // namespace
}  // namespace postern::auth::otp
