#include "tests/unit/auth_store/records_fixture.hpp"

namespace postern::auth::store {
namespace {

using std::chrono::seconds;

class BudgetRecordsTest : public RecordsFixture {
protected:
    bool charge(const Bucket& bucket) {
        return change([&](Transaction& t) { return t.budgets().charge(bucket, WaitRule{}, now()).has_value(); });
    }
    bool charge_rate(const Bucket& bucket, const RateRule& rule, int weight = 1) {
        return change([&](Transaction& t) { return t.budgets().charge(bucket, rule, weight, now()); });
    }
    BucketState state(const Bucket& bucket) {
        return read([&](Transaction& t) { return t.budgets().find(bucket); }).value();
    }

    const Bucket bucket_{BucketKind::untrusted, mac('u')};
};

INSTANTIATE_TEST_SUITE_P(On, BudgetRecordsTest, test::both_engines, test::engine_name);

TEST_P(BudgetRecordsTest, GrantsFiveGuessesAndThenDoublesTheWaitUpToAnHour) {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(charge(bucket_)) << i;
    for (const long long wait : {30, 60, 120, 240, 480, 960, 1920, 3600, 3600}) {
        clock_.seconds += wait - 1;
        EXPECT_FALSE(charge(bucket_)) << wait;
        EXPECT_FALSE(read([&](Transaction& t) { return t.budgets().is_open(bucket_, WaitRule{}, now()); }));
        clock_.seconds += 1;
        EXPECT_TRUE(read([&](Transaction& t) { return t.budgets().is_open(bucket_, WaitRule{}, now()); }));
        EXPECT_TRUE(charge(bucket_)) << wait;
    }
    EXPECT_EQ(state(bucket_).n, 14);
}

TEST_P(BudgetRecordsTest, ClosesAtAHundredAndReopensForOneGuessADay) {
    WaitRule quick{.free_failures = 4, .first_wait = seconds(1), .longest_wait = seconds(1), .closed_at = 100};
    const auto charge_quick = [&] {
        clock_.seconds += 2;
        return change([&](Transaction& t) { return t.budgets().charge(bucket_, quick, now()).has_value(); });
    };
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(charge_quick()) << i;
    EXPECT_FALSE(charge_quick());
    clock_.seconds += 86400;
    EXPECT_TRUE(charge_quick());
    EXPECT_FALSE(charge_quick());
}

TEST_P(BudgetRecordsTest, TakesOneFailureAwayForEachWholeDay) {
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(charge(bucket_));
    clock_.seconds += 3 * 86400 + 86399;
    EXPECT_TRUE(charge(bucket_));
    EXPECT_EQ(state(bucket_).n, 3);
    clock_.seconds += 100 * 86400;
    EXPECT_TRUE(charge(bucket_));
    EXPECT_EQ(state(bucket_).n, 1);
}

TEST_P(BudgetRecordsTest, AClockThatWasSetBackGrantsNothing) {
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(charge(bucket_));
    clock_.seconds -= 10 * 86400;
    EXPECT_FALSE(charge(bucket_));
    const RateRule rule{.interval = seconds(60), .burst = 2};
    const Bucket source{BucketKind::source, mac('s')};
    clock_.seconds += 10 * 86400;
    EXPECT_TRUE(charge_rate(source, rule) && charge_rate(source, rule));
    clock_.seconds -= 10 * 86400;
    EXPECT_FALSE(charge_rate(source, rule));
}

TEST_P(BudgetRecordsTest, ARefundUndoesACharge) {
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(charge(bucket_));
    const auto receipt = change([&](Transaction& t) { return t.budgets().charge(bucket_, WaitRule{}, now()); });
    ASSERT_TRUE(receipt);
    EXPECT_FALSE(charge(bucket_));
    change([&](Transaction& t) { t.budgets().refund(*receipt); });
    EXPECT_EQ(state(bucket_).n, 4);
    EXPECT_EQ(state(bucket_).total, 4);
    EXPECT_TRUE(charge(bucket_)) << "no wait is left of it";
}

TEST_P(BudgetRecordsTest, ARefundLeavesTheWaitsOfOthersAlone) {
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(charge(bucket_));
    const auto mine = change([&](Transaction& t) { return t.budgets().charge(bucket_, WaitRule{}, now()); });
    clock_.seconds += 30;
    ASSERT_TRUE(charge(bucket_));
    change([&](Transaction& t) { t.budgets().refund(*mine); });
    EXPECT_EQ(state(bucket_).n, 5);
    EXPECT_FALSE(charge(bucket_)) << "the other guess still waits its 60 seconds";
}

TEST_P(BudgetRecordsTest, GrantsABurstAndThenOneAnInterval) {
    const RateRule rule{.interval = seconds(1800), .burst = 10, .closed_at = 12};
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(charge_rate(bucket_, rule)) << i;
    EXPECT_FALSE(charge_rate(bucket_, rule));
    clock_.seconds += 1799;
    EXPECT_FALSE(charge_rate(bucket_, rule));
    clock_.seconds += 1;
    EXPECT_TRUE(charge_rate(bucket_, rule));
    clock_.seconds += 100'000;
    EXPECT_TRUE(charge_rate(bucket_, rule));
    EXPECT_FALSE(charge_rate(bucket_, rule)) << "twelve in all";
    EXPECT_FALSE(read([&](Transaction& t) { return t.budgets().is_open(bucket_, rule, now()); }));
}

TEST_P(BudgetRecordsTest, WeighsAndRefundsRates) {
    const RateRule rule{.interval = seconds(10), .burst = 5};
    EXPECT_TRUE(charge_rate(bucket_, rule, 5));
    EXPECT_FALSE(charge_rate(bucket_, rule));
    change([&](Transaction& t) { t.budgets().refund(bucket_, rule, 5); });
    EXPECT_TRUE(charge_rate(bucket_, rule));
}

TEST_P(BudgetRecordsTest, CountsKindsAndKeysApart) {
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(charge(bucket_));
    EXPECT_FALSE(charge(bucket_));
    EXPECT_TRUE(charge({BucketKind::otp, bucket_.key}));
    EXPECT_TRUE(charge({BucketKind::untrusted, mac('x')}));
    EXPECT_TRUE(change([&](Transaction& t) { return t.budgets().reset(bucket_); }));
    EXPECT_FALSE(change([&](Transaction& t) { return t.budgets().reset(bucket_); }));
    EXPECT_TRUE(charge(bucket_));
}

TEST_P(BudgetRecordsTest, RemembersTheLastSixteenWrongPasswordsForAWhile) {
    const auto knows = [&](std::uint16_t bits) {
        return read(
            [&](Transaction& t) { return t.budgets().knows_wrong(mac('w'), bits, now() - std::chrono::days(30)); });
    };
    for (std::uint16_t bits = 0; bits < 20; ++bits) {
        clock_.seconds += 1;
        change([&](Transaction& t) { t.budgets().remember_wrong(mac('w'), bits, now()); });
    }
    EXPECT_FALSE(knows(3));
    EXPECT_TRUE(knows(4));
    EXPECT_TRUE(knows(19));
    EXPECT_FALSE(read([&](Transaction& t) { return t.budgets().knows_wrong(mac('v'), 19, Time{}); }));
    clock_.seconds += 31 * 86400;
    EXPECT_FALSE(knows(19));
    change([&](Transaction& t) { t.budgets().forget_wrong(mac('w')); });
    EXPECT_FALSE(read([&](Transaction& t) { return t.budgets().knows_wrong(mac('w'), 19, Time{}); }));
}

TEST_P(BudgetRecordsTest, KnowsPlacesAndHowManyCameFromThem) {
    const AccountId anna = add("anna");
    const AccountId bob = add("bob");
    const auto remember = [&](AccountId who) {
        return change(
            [&](Transaction& t) { return t.budgets().remember_context(who, ContextKind::network, mac('n'), now()); });
    };
    const auto entered = [&](int most) {
        return read([&](Transaction& t) {
            return t.budgets().accounts_entered_from(mac('n'), now() - std::chrono::days(1), most);
        });
    };
    EXPECT_TRUE(remember(anna)) << "never before";
    EXPECT_FALSE(remember(anna));
    clock_.seconds += 3601;
    EXPECT_FALSE(remember(anna)) << "known, and written again";
    EXPECT_TRUE(remember(bob));
    EXPECT_EQ(entered(10), 2);
    EXPECT_EQ(entered(1), 1);
    EXPECT_TRUE(read([&](Transaction& t) {
        return t.budgets().knows_context(anna, ContextKind::network, mac('n'), now() - std::chrono::days(30));
    }));
    EXPECT_FALSE(
        read([&](Transaction& t) { return t.budgets().knows_context(anna, ContextKind::device, mac('n'), Time{}); }));
    clock_.seconds += 2 * 86400;
    EXPECT_EQ(entered(10), 0);
    change([&](Transaction& t) { t.budgets().forget_contexts(anna); });
    EXPECT_FALSE(
        read([&](Transaction& t) { return t.budgets().knows_context(anna, ContextKind::network, mac('n'), Time{}); }));
}

TEST_P(BudgetRecordsTest, PurgesWhatSaysNothingAnyMore) {
    ASSERT_TRUE(charge(bucket_));
    change([&](Transaction& t) { t.budgets().remember_wrong(mac('w'), 1, now()); });
    EXPECT_EQ(change([&](Transaction& t) { return t.budgets().purge(now()); }), 0U);
    clock_.seconds += 121 * 86400;
    EXPECT_EQ(change([&](Transaction& t) { return t.budgets().purge(now()); }), 2U);
}

}  // namespace
}  // namespace postern::auth::store
