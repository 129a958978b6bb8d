#include "tests/unit/auth_store/records_fixture.hpp"

namespace postern::auth::store {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class FlowRecordsTest : public RecordsFixture {
protected:
    FlowRecordsTest() {
        NewAccount anna = new_account("anna");
        anna.id = 1;
        add(anna);
    }

    void begin(std::int64_t id, FlowKind kind, char handle, std::optional<AccountId> account = 1) {
        change([&](Transaction& t) {
            t.flows().begin({.id = id,
                             .kind = kind,
                             .account = account,
                             .step = "first",
                             .handle = mac(handle),
                             .data = "s1.x",
                             .expires_at = now() + minutes(30)},
                            now());
        });
    }
    std::int64_t found(FlowKind kind, char handle) {
        const auto flow = change([&](Transaction& t) { return t.flows().find(kind, mac(handle), now()); });
        return flow ? flow->id : 0;
    }
    void put_secret(std::int64_t id, char hash, SecretPurpose purpose = SecretPurpose::link, std::int64_t flow = 1) {
        change([&](Transaction& t) {
            t.flows().put_secret({.id = id,
                                  .flow = flow,
                                  .purpose = purpose,
                                  .hash = mac(hash),
                                  .destination = mac('d'),
                                  .expires_at = now() + minutes(30)},
                                 now());
        });
    }
    std::int64_t secret(char hash) {
        const auto row = change([&](Transaction& t) { return t.flows().secret(mac(hash), now()); });
        return row ? row->id : 0;
    }
    bool send(char destination) {
        return change([&](Transaction& t) { return t.flows().charge_send(mac(destination), minutes(10), now()); });
    }
};

INSTANTIATE_TEST_SUITE_P(On, FlowRecordsTest, test::both_engines, test::engine_name);

TEST_P(FlowRecordsTest, AnActivationBegunAgainEndsTheOneBefore) {
    begin(1, FlowKind::activation, 'a');
    begin(2, FlowKind::activation, 'b');
    EXPECT_EQ(found(FlowKind::activation, 'a'), 0);
    EXPECT_EQ(found(FlowKind::activation, 'b'), 2);
    EXPECT_EQ(found(FlowKind::recovery, 'b'), 0) << "of another kind";
    begin(3, FlowKind::code, 'c');
    begin(4, FlowKind::code, 'e');
    begin(5, FlowKind::code, 'f', std::nullopt);
    EXPECT_EQ(found(FlowKind::code, 'c'), 3) << "of codes each has his own";
    EXPECT_EQ(found(FlowKind::code, 'f'), 5);
}

TEST_P(FlowRecordsTest, EndsAtItsSecond) {
    begin(1, FlowKind::activation, 'a');
    put_secret(1, 's');
    clock_.seconds += 1799;
    EXPECT_EQ(found(FlowKind::activation, 'a'), 1);
    EXPECT_EQ(secret('s'), 1);
    clock_.seconds += 1;
    EXPECT_EQ(found(FlowKind::activation, 'a'), 0);
    EXPECT_EQ(secret('s'), 0);
    EXPECT_FALSE(change([&](Transaction& t) { return t.flows().move(1, "first", "second", "", now()); }));
    EXPECT_FALSE(change([&](Transaction& t) { return t.flows().use_secret(1, now()); }));
    EXPECT_EQ(change([&](Transaction& t) { return t.flows().purge(now() + seconds(1)); }), 1U);
}

TEST_P(FlowRecordsTest, MovesStepByStepForOneOfAllWhoTry) {
    begin(1, FlowKind::activation, 'a');
    EXPECT_TRUE(change([&](Transaction& t) { return t.flows().move(1, "first", "second", "s1.y", now()); }));
    EXPECT_FALSE(change([&](Transaction& t) { return t.flows().move(1, "first", "second", "s1.z", now()); }));
    EXPECT_FALSE(change([&](Transaction& t) { return t.flows().finish(1, "first", now()); }));
    EXPECT_TRUE(change([&](Transaction& t) { return t.flows().finish(1, "second", now()); }));
    EXPECT_EQ(found(FlowKind::activation, 'a'), 0);
}

TEST_P(FlowRecordsTest, ALinkIsUsedOnceAndReplacesTheOneBefore) {
    begin(1, FlowKind::recovery, 'a');
    put_secret(1, 's');
    put_secret(2, 't');
    EXPECT_EQ(secret('s'), 0);
    EXPECT_EQ(secret('t'), 2);
    EXPECT_TRUE(change([&](Transaction& t) { return t.flows().use_secret(2, now()); }));
    EXPECT_FALSE(change([&](Transaction& t) { return t.flows().use_secret(2, now()); }));
    EXPECT_EQ(secret('t'), 0);
}

TEST_P(FlowRecordsTest, ACodeIsLookedAtFiveTimes) {
    begin(1, FlowKind::code, 'a');
    put_secret(1, 's', SecretPurpose::code);
    for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(change([&](Transaction& t) { return t.flows().charge_code(1, now()); })) << i;
    EXPECT_FALSE(change([&](Transaction& t) { return t.flows().charge_code(1, now()); }));
}

TEST_P(FlowRecordsTest, ProlongsALinkWithItsFlow) {
    begin(1, FlowKind::recovery, 'a');
    put_secret(1, 's');
    clock_.seconds += 1700;
    change([&](Transaction& t) { t.flows().prolong(1, now() + minutes(30)); });
    clock_.seconds += 1700;
    EXPECT_EQ(secret('s'), 1);
}

TEST_P(FlowRecordsTest, AnotherPasswordEndsThemAllButTheWayBack) {
    begin(1, FlowKind::recovery, 'a');
    begin(2, FlowKind::code, 'b');
    begin(3, FlowKind::undo, 'c');
    change([&](Transaction& t) { t.flows().end_all(1, now()); });
    EXPECT_EQ(found(FlowKind::recovery, 'a'), 0);
    EXPECT_EQ(found(FlowKind::code, 'b'), 0);
    EXPECT_EQ(found(FlowKind::undo, 'c'), 3);
}

TEST_P(FlowRecordsTest, SendsFiveADayToADestinationAndNotTwiceInTenMinutes) {
    EXPECT_TRUE(send('d'));
    EXPECT_FALSE(send('d'));
    EXPECT_TRUE(send('e')) << "another one";
    int sent = 1;
    for (int i = 0; i < 20; ++i) {
        clock_.seconds += 600;
        sent += send('d') ? 1 : 0;
    }
    EXPECT_EQ(sent, 5);
    clock_.seconds += 86'400;
    EXPECT_TRUE(send('d'));
}

}  // namespace
}  // namespace postern::auth::store
