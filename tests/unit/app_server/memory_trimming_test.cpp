#include "app/memory_trimming.hpp"

#include <gtest/gtest.h>

namespace postern::app {
namespace {

TEST(TrimmingPolicy, IsDueOnceWhenHalfOfACrowdHasGone) {
    TrimmingPolicy policy;
    EXPECT_FALSE(policy.is_due(2000));
    EXPECT_FALSE(policy.is_due(1001));
    EXPECT_TRUE(policy.is_due(1000));
    EXPECT_FALSE(policy.is_due(1000));
    EXPECT_FALSE(policy.is_due(501));
    EXPECT_TRUE(policy.is_due(0));
    EXPECT_FALSE(policy.is_due(0));
}

TEST(TrimmingPolicy, IsNotDueForAFew) {
    TrimmingPolicy policy;
    EXPECT_FALSE(policy.is_due(TrimmingPolicy::fewest_gone - 1));
    EXPECT_FALSE(policy.is_due(0));
    EXPECT_FALSE(policy.is_due(TrimmingPolicy::fewest_gone - 1));
    EXPECT_FALSE(policy.is_due(1));
}

TEST(TrimmingPolicy, BeginsAnewWithTheNextCrowd) {
    TrimmingPolicy policy;
    for (int crowd = 0; crowd < 3; ++crowd) {
        EXPECT_FALSE(policy.is_due(1000)) << crowd;
        EXPECT_TRUE(policy.is_due(10)) << crowd;
    }
}

}  // namespace
}  // namespace postern::app
