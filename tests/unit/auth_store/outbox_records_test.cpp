#include "tests/unit/auth_store/records_fixture.hpp"

#include <set>

namespace postern::auth::store {
namespace {

class OutboxRecordsTest : public RecordsFixture {
protected:
    void put(std::int64_t id, std::chrono::seconds later = std::chrono::seconds(0)) {
        change([&](Transaction& t) {
            t.outbox().put({.id = id,
                            .payload = "s1.sealed",
                            .subject = 7,
                            .correlation = "c1",
                            .not_before = now() + later,
                            .not_after = now() + std::chrono::hours(1),
                            .created_at = now(),
                            .last_error = {}});
        });
    }
    std::int64_t lease(const std::string& owner) {
        const auto item =
            change([&](Transaction& t) { return t.outbox().lease(owner, now(), now() + std::chrono::minutes(10)); });
        return item ? item->id : 0;
    }
    OutboxItem only() {
        const auto items = change([](Transaction& t) { return t.outbox().list({}); });
        return items.size() == 1 ? items.front() : OutboxItem{};
    }
};

INSTANTIATE_TEST_SUITE_P(On, OutboxRecordsTest, test::both_engines, test::engine_name);

TEST_P(OutboxRecordsTest, LeasesWhatIsDueLongestToOneOwnerAtATime) {
    put(1);
    clock_.seconds += 1;
    put(2);
    put(3, std::chrono::seconds(60));
    EXPECT_EQ(lease("a"), 1);
    EXPECT_EQ(lease("b"), 2);
    EXPECT_EQ(lease("c"), 0) << "the third is not due";
    clock_.seconds += 60;
    EXPECT_EQ(lease("c"), 3);
    EXPECT_EQ(lease("c"), 0);
}

TEST_P(OutboxRecordsTest, KnowsHowManyWaitAndSinceWhen) {
    const auto backlog = [this] { return change([](Transaction& t) { return t.outbox().backlog(); }); };
    EXPECT_EQ(backlog().waiting, 0U);
    EXPECT_EQ(backlog().oldest, std::nullopt);
    const Time begun = now();
    put(1);
    clock_.seconds += 5;
    put(2);
    EXPECT_EQ(backlog().waiting, 2U);
    EXPECT_EQ(backlog().oldest, begun);
    EXPECT_EQ(lease("a"), 1);
    EXPECT_TRUE(change([&](Transaction& t) { return t.outbox().sent(1, "a", now()); }));
    EXPECT_EQ(backlog().waiting, 1U);
    EXPECT_EQ(backlog().oldest, begun + std::chrono::seconds(5));
}

TEST_P(OutboxRecordsTest, TakesALeaseBackWhenItIsOver) {
    put(1);
    EXPECT_EQ(lease("crashed"), 1);
    clock_.seconds += 599;
    EXPECT_EQ(lease("b"), 0);
    clock_.seconds += 1;
    EXPECT_EQ(lease("b"), 1);
    EXPECT_FALSE(change([&](Transaction& t) { return t.outbox().sent(1, "crashed", now()); })) << "not his any more";
    EXPECT_TRUE(change([&](Transaction& t) { return t.outbox().sent(1, "b", now()); }));
    EXPECT_FALSE(change([&](Transaction& t) { return t.outbox().sent(1, "b", now()); }));
    EXPECT_EQ(only().state, OutboxState::sent);
    EXPECT_EQ(only().tries, 2);
    clock_.seconds += 3600;
    EXPECT_EQ(lease("b"), 0);
}

TEST_P(OutboxRecordsTest, PostponesWithAReasonAndHurriesWhenAsked) {
    put(1);
    ASSERT_EQ(lease("a"), 1);
    EXPECT_TRUE(change([&](Transaction& t) {
        return t.outbox().postpone(1, "a", now() + std::chrono::minutes(30), std::string(600, 'x'));
    }));
    EXPECT_EQ(only().last_error.size(), 512U);
    EXPECT_EQ(lease("a"), 0);
    EXPECT_EQ(change([&](Transaction& t) { return t.outbox().hurry(now()); }), 1U);
    EXPECT_EQ(lease("a"), 1);
    EXPECT_TRUE(change([&](Transaction& t) {
        return t.outbox().postpone(1, "a", now() + std::chrono::days(9), "late");
    })) << "is due before it is of no use any more";
    clock_.seconds += 3599;
    EXPECT_EQ(lease("a"), 1);
}

TEST_P(OutboxRecordsTest, ForgetsWhatItSaidOnceItIsSentOrHasFailed) {
    put(1);
    put(2);
    for (const std::int64_t id : {lease("a"), lease("a")}) {
        EXPECT_TRUE(change([&](Transaction& t) {
            return id == 1 ? t.outbox().sent(id, "a", now()) : t.outbox().fail(id, "a", now(), "550");
        }));
    }
    const auto session = test_store_.database().hand();
    long long kept = 0;
    *session << "SELECT count(*) FROM outbox WHERE payload <> '-'", soci::into(kept);
    EXPECT_EQ(kept, 0);
    const auto failed =
        change([](Transaction& t) { return t.outbox().list({.state = OutboxState::failed, .subject = 7}); });
    ASSERT_EQ(failed.size(), 1U);
    EXPECT_EQ(failed[0].last_error, "550");
    clock_.seconds += 10;
    EXPECT_EQ(change([&](Transaction& t) { return t.outbox().purge(now()); }), 2U);
}

}  // namespace
}  // namespace postern::auth::store
