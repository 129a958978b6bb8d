#include "app/store_watch.hpp"

#include "tests/support/test_store.hpp"
#include "tests/unit/app_server/unsteady_store.hpp"

namespace postern::app {
namespace {

using namespace std::chrono_literals;

class StoreWatchTest : public testing::Test {
protected:
    postern::test::TestStore test_store_;
    test::UnsteadyStore store_{test_store_.store()};
};

TEST_F(StoreWatchTest, SeesTheStoreGoAndComeBack) {
    const StoreWatch watch(store_, test_store_.clock, 20ms);
    EXPECT_TRUE(watch.is_reachable());
    store_.fails = true;
    store_.wait_for_two_questions();
    store_.wait_for_two_questions();
    EXPECT_FALSE(watch.is_reachable());
    store_.fails = false;
    store_.wait_for_two_questions();
    store_.wait_for_two_questions();
    EXPECT_TRUE(watch.is_reachable());
}

TEST_F(StoreWatchTest, BelievesNoAnswerThatIsTooOld) {
    const StoreWatch watch(store_, test_store_.clock);
    EXPECT_TRUE(watch.is_reachable());
    EXPECT_FALSE(watch.is_reachable(StoreWatch::Clock::now() + StoreWatch::believed_for));
}

TEST_F(StoreWatchTest, KnowsWhatWaitsInTheOutbox) {
    const auth::Time now = test_store_.clock.now();
    ASSERT_TRUE(test_store_.store().change([&](auth::Transaction& t) {
        t.outbox().put({.id = 1,
                        .payload = "s1.sealed",
                        .subject = {},
                        .correlation = "c1",
                        .not_before = now,
                        .not_after = now + 1h,
                        .created_at = now,
                        .last_error = {}});
    }));
    test_store_.clock.seconds += 90;
    const StoreWatch watch(store_, test_store_.clock, 20ms);
    store_.wait_for_two_questions();
    EXPECT_EQ(watch.outbox_waiting(), 1U);
    EXPECT_EQ(watch.outbox_age(), 90s);
}

}  // namespace
}  // namespace postern::app
