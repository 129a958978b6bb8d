#include "tests/unit/auth_store/records_fixture.hpp"

namespace postern::auth::store {
namespace {

class ContactRecordsTest : public RecordsFixture {
protected:
    ContactRecordsTest() {
        NewAccount anna = new_account("anna");
        anna.id = 1;
        add(anna);
    }

    void put(std::int64_t id, ContactKind kind, int rank) {
        change([&](Transaction& t) {
            t.contacts().put({.id = id,
                              .account = 1,
                              .kind = kind,
                              .rank = rank,
                              .address = "s1." + std::to_string(id),
                              .mac = mac('c'),
                              .created_at = now(),
                              .usable_from = now() + std::chrono::hours(48)});
        });
    }
    std::vector<Contact> contacts() {
        return change([](Transaction& t) { return t.contacts().of_account(1); });
    }
};

INSTANTIATE_TEST_SUITE_P(On, ContactRecordsTest, test::both_engines, test::engine_name);

TEST_P(ContactRecordsTest, HoldsOneOfAKindAndRank) {
    put(1, ContactKind::mail, 1);
    put(2, ContactKind::sms, 1);
    put(3, ContactKind::mail, 2);
    put(4, ContactKind::mail, 1);
    const auto all = contacts();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].id, 4) << "the first mail address was replaced";
    EXPECT_EQ(all[0].address, "s1.4");
    EXPECT_FALSE(all[0].is_usable(now()));
    EXPECT_TRUE(all[0].is_usable(now() + std::chrono::hours(48)));
    EXPECT_EQ(all[2].kind, ContactKind::sms);
    EXPECT_TRUE(change([](Transaction& t) { return t.contacts().remove(1, ContactKind::sms, 1); }));
    EXPECT_FALSE(change([](Transaction& t) { return t.contacts().remove(1, ContactKind::sms, 1); }));
}

TEST_P(ContactRecordsTest, ARedirectTakesEffectOnceItsAddressIsProven) {
    const auto put_one = [&](RedirectState state) {
        change([&](Transaction& t) {
            t.contacts().put_redirect(
                {.account = 1, .target = "s1.x", .mac = mac('r'), .keep_copy = false, .state = state}, now());
        });
    };
    const auto become = [&](RedirectState from, RedirectState to) {
        return change([&](Transaction& t) { return t.contacts().set_redirect_state(1, from, to, now()); });
    };
    put_one(RedirectState::pending);
    EXPECT_TRUE(become(RedirectState::pending, RedirectState::active));
    EXPECT_FALSE(become(RedirectState::pending, RedirectState::active));
    EXPECT_TRUE(become(RedirectState::active, RedirectState::paused));
    const auto redirect = change([](Transaction& t) { return t.contacts().redirect_of(1); });
    ASSERT_TRUE(redirect);
    EXPECT_FALSE(redirect->keep_copy);
    EXPECT_EQ(redirect->state, RedirectState::paused);
    put_one(RedirectState::active);
    EXPECT_TRUE(change([](Transaction& t) { return t.contacts().remove_redirect(1); }));
    EXPECT_FALSE(change([](Transaction& t) { return t.contacts().redirect_of(1); }));
}

TEST_P(ContactRecordsTest, ACharterIsAcceptedOnceAndNeverChanges) {
    const auto charter = [&](int version, const std::string& language) {
        return Charter{.version = version,
                       .language = language,
                       .sha256 = std::string(64, 'a'),
                       .body = "text " + std::to_string(version),
                       .valid_from = now()};
    };
    EXPECT_TRUE(change([&](Transaction& t) { return t.contacts().add_charter(charter(1, "fr")); }));
    EXPECT_FALSE(change([&](Transaction& t) { return t.contacts().add_charter(charter(1, "fr")); }));
    EXPECT_TRUE(change([&](Transaction& t) { return t.contacts().add_charter(charter(2, "fr")); }));
    EXPECT_EQ(change([&](Transaction& t) { return t.contacts().charter("fr", now()); })->body, "text 2");
    EXPECT_FALSE(change([&](Transaction& t) { return t.contacts().charter("en", now()); }));
    EXPECT_FALSE(change([&](Transaction& t) { return t.contacts().charter("fr", now() - std::chrono::seconds(1)); }));
    const auto accept = [&](int version) {
        return change([&](Transaction& t) { return t.contacts().accept_charter(1, version, "fr", now()); });
    };
    EXPECT_TRUE(accept(1));
    EXPECT_TRUE(accept(1));
    EXPECT_FALSE(accept(3));
    EXPECT_EQ(change([](Transaction& t) { return t.contacts().accepted_charter(1); }), 1);
}

}  // namespace
}  // namespace postern::auth::store
