#include "auth/random_code.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace postern::auth {
namespace {

/// 100 of what `make` gives are all different.
template <class Make>
void expect_no_two_alike(Make make) {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) seen.emplace(make().reveal());
    EXPECT_EQ(seen.size(), 100U);
}

TEST(RandomCode, MakesTokensOfUrlCharacters) {
    const auto token = random_token();
    EXPECT_EQ(token.reveal().size(), 24U);
    EXPECT_EQ(token.reveal().find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string_view::npos);
    expect_no_two_alike(random_token);
}

TEST(RandomCode, MakesAsManyDigitsAsAskedFor) {
    for (std::size_t count = 1; count <= max_random_digits; ++count) {
        const auto digits = random_digits(count);
        EXPECT_EQ(digits.reveal().size(), count);
        EXPECT_EQ(digits.reveal().find_first_not_of("0123456789"), std::string_view::npos);
    }
    expect_no_two_alike([] { return random_digits(12); });
}

TEST(RandomCode, FavoursNoDigit) {
    // 32 000 digits: 3200 of each expected, deviation 54. Ten deviations off happens in no run anybody sees.
    std::map<char, int> counts;
    for (int i = 0; i < 1000; ++i)
        for (const char digit : random_digits(32).reveal()) ++counts[digit];
    ASSERT_EQ(counts.size(), 10U);
    for (const auto& [digit, count] : counts) EXPECT_NEAR(count, 3200, 540) << digit;
}

TEST(RandomCode, MakesIdsThatADoubleHoldsExactly) {
    std::set<std::int64_t> seen;
    std::int64_t all_bits = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::int64_t id = random_id();
        EXPECT_GE(id, 1);
        EXPECT_LE(id, max_random_id);
        EXPECT_EQ(static_cast<std::int64_t>(static_cast<double>(id)), id);
        seen.insert(id);
        all_bits |= id;
    }
    EXPECT_EQ(seen.size(), 1000U);
    EXPECT_EQ(all_bits, max_random_id);
}

TEST(RandomCode, MakesSlipsThatCanBeReadFromPaper) {
    std::set<char> used;
    for (int i = 0; i < 200; ++i) {
        const auto slip = random_password_slip();
        const std::string_view text = slip.reveal();
        ASSERT_EQ(text.size(), 17U);
        EXPECT_EQ(text[5], '-');
        EXPECT_EQ(text[11], '-');
        used.insert(text.begin(), text.end());
    }
    EXPECT_EQ(std::string(used.begin(), used.end()), "-23456789bcdfghjkmnpqrstvwxyz");
    expect_no_two_alike(random_password_slip);
}

}  // namespace
}  // namespace postern::auth
