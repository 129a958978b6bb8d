#include "tests/unit/auth_store/records_fixture.hpp"

namespace postern::auth::store {
namespace {

class OtpRecordsTest : public RecordsFixture {
protected:
    OtpKeyId add_key(const std::string& serial) {
        const OtpKey key{.id = random_id(), .serial = serial, .seed = "s1.sealed"};
        EXPECT_TRUE(change([&](Transaction& t) { return t.otp_keys().add(key, now()); }));
        return key.id;
    }
    bool hand_over(OtpKeyId key, AccountId to) {
        const OtpHandOver hand_over{
            .key = key, .account = to, .by = {}, .enrol_until = now() + std::chrono::days(15), .document = "doc 1"};
        return change([&](Transaction& t) { return t.otp_keys().hand_over(hand_over, now()); });
    }
    bool accept(OtpKeyId id, OtpKeyState from, OtpKeyState to, std::int64_t step, int drift = 0) {
        return change([&](Transaction& t) { return t.otp_keys().accept_step(id, from, to, step, drift, now()); });
    }
    OtpKey key(OtpKeyId id) {
        return read([&](Transaction& t) { return t.otp_keys().find(id); }).value();
    }
    /// A key that went through its first connection, at step 101.
    OtpKeyId active_key(const std::string& serial, AccountId owner) {
        const OtpKeyId id = add_key(serial);
        EXPECT_TRUE(hand_over(id, owner));
        EXPECT_TRUE(accept(id, OtpKeyState::issued, OtpKeyState::pin_pending, 100));
        EXPECT_TRUE(change([&](Transaction& t) { return t.otp_keys().propose_pin(id, "s1.pin", 100, now()); }));
        EXPECT_TRUE(accept(id, OtpKeyState::pin_confirm, OtpKeyState::active, 101, 2));
        return id;
    }
};

INSTANTIATE_TEST_SUITE_P(On, OtpRecordsTest, test::both_engines, test::engine_name);

TEST_P(OtpRecordsTest, KnowsASerialOnce) {
    const OtpKeyId id = add_key("GA1");
    const OtpKey again{.id = random_id(), .serial = "GA1", .seed = "s1.other"};
    EXPECT_FALSE(change([&](Transaction& t) { return t.otp_keys().add(again, now()); }));
    EXPECT_EQ(read([](Transaction& t) { return t.otp_keys().find("GA1"); })->id, id);
    EXPECT_EQ(key(id).state, OtpKeyState::stock);
    EXPECT_EQ(key(id).last_step, -1);
    EXPECT_FALSE(read([](Transaction& t) { return t.otp_keys().find("GA2"); }));
}

TEST_P(OtpRecordsTest, GoesThroughItsFirstConnection) {
    const AccountId anna = add("anna");
    const OtpKeyId id = active_key("GA1", anna);
    EXPECT_EQ(key(id).state, OtpKeyState::active);
    EXPECT_EQ(key(id).pin, "s1.pin");
    EXPECT_EQ(key(id).pending_pin, "");
    EXPECT_EQ(key(id).last_step, 101);
    EXPECT_EQ(key(id).drift, 2);
    EXPECT_EQ(key(id).document, "doc 1");
    EXPECT_EQ(read([&](Transaction& t) { return t.otp_keys().of_account(anna); })->id, id);
}

TEST_P(OtpRecordsTest, AcceptsAStepOnceAndNoEarlierOneEver) {
    const OtpKeyId id = active_key("GA1", add("anna"));
    EXPECT_FALSE(accept(id, OtpKeyState::active, OtpKeyState::active, 101));
    EXPECT_FALSE(accept(id, OtpKeyState::active, OtpKeyState::active, 50));
    EXPECT_TRUE(accept(id, OtpKeyState::active, OtpKeyState::active, 103));
    EXPECT_FALSE(accept(id, OtpKeyState::active, OtpKeyState::active, 102)) << "burnt by the later one";
    EXPECT_FALSE(accept(id, OtpKeyState::suspended, OtpKeyState::active, 200)) << "not in that state";
}

TEST_P(OtpRecordsTest, TakesAPinOnlyFromWhoShowedTheCode) {
    const OtpKeyId id = add_key("GA1");
    ASSERT_TRUE(hand_over(id, add("anna")));
    const auto propose = [&](std::int64_t step) {
        return change([&](Transaction& t) { return t.otp_keys().propose_pin(id, "s1.pin", step, now()); });
    };
    EXPECT_FALSE(propose(-1)) << "no code was shown yet";
    ASSERT_TRUE(accept(id, OtpKeyState::issued, OtpKeyState::pin_pending, 100));
    EXPECT_FALSE(propose(99));
    EXPECT_TRUE(propose(100));
    EXPECT_TRUE(propose(100)) << "typed anew";
}

TEST_P(OtpRecordsTest, PaysForFiveCodesOfAFirstConnectionWithinItsWindow) {
    const OtpKeyId id = add_key("GA1");
    const auto charge = [&] {
        return change([&](Transaction& t) { return t.otp_keys().charge_enrolment(id, now()); });
    };
    EXPECT_FALSE(charge()) << "still in the stock";
    ASSERT_TRUE(hand_over(id, add("anna")));
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(charge());
    EXPECT_FALSE(charge());
    ASSERT_TRUE(change([&](Transaction& t) { return t.otp_keys().reopen(id, now() + std::chrono::days(15), now()); }));
    EXPECT_TRUE(charge());
    clock_.seconds += 15 * 86400;
    EXPECT_FALSE(charge()) << "the window is over";
}

TEST_P(OtpRecordsTest, IsHeldByOneAccountThatHoldsOneKey) {
    const AccountId anna = add("anna");
    const OtpKeyId first = add_key("GA1");
    const OtpKeyId second = add_key("GA2");
    EXPECT_TRUE(hand_over(first, anna));
    EXPECT_FALSE(hand_over(first, add("bob"))) << "not in the stock";
    EXPECT_FALSE(hand_over(second, anna)) << "holds one already";
    ASSERT_TRUE(change(
        [&](Transaction& t) { return t.otp_keys().set_state(first, OtpKeyState::issued, OtpKeyState::lost, now()); }));
    EXPECT_TRUE(hand_over(second, anna)) << "after a loss another one may be handed out";
}

TEST_P(OtpRecordsTest, ForgetsOwnerAndPinWhenItGoesBackToTheStock) {
    const AccountId anna = add("anna");
    const OtpKeyId id = active_key("GA1", anna);
    ASSERT_TRUE(change(
        [&](Transaction& t) { return t.otp_keys().set_state(id, OtpKeyState::active, OtpKeyState::stock, now()); }));
    EXPECT_EQ(key(id).account, std::nullopt);
    EXPECT_EQ(key(id).pin, "");
    EXPECT_EQ(key(id).last_step, 101) << "used codes stay used";
}

TEST_P(OtpRecordsTest, ReopensWithoutPin) {
    const OtpKeyId id = active_key("GA1", add("anna"));
    ASSERT_TRUE(change([&](Transaction& t) { return t.otp_keys().reopen(id, now() + std::chrono::days(15), now()); }));
    EXPECT_EQ(key(id).state, OtpKeyState::issued);
    EXPECT_EQ(key(id).pin, "");
    EXPECT_FALSE(change([&](Transaction& t) { return t.otp_keys().replace_pin(id, "s1.x", now()); }));
}

TEST_P(OtpRecordsTest, ListsBySerialAndState) {
    for (const std::string serial : {"GA3", "GA1", "HB2"}) add_key(serial);
    const auto serials = [&](const OtpKeyFilter& filter) {
        std::string text;
        for (const OtpKey& each : read([&](Transaction& t) { return t.otp_keys().list(filter); }))
            text += each.serial + ' ';
        return text;
    };
    EXPECT_EQ(serials({}), "GA1 GA3 HB2 ");
    EXPECT_EQ(serials({.text = "GA"}), "GA1 GA3 ");
    EXPECT_EQ(serials({.after_serial = "GA1", .limit = 1}), "GA3 ");
    EXPECT_EQ(serials({.state = OtpKeyState::active}), "");
}

}  // namespace
}  // namespace postern::auth::store
