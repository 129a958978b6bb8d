#include "tests/unit/auth_store/records_fixture.hpp"

namespace postern::auth::store {
namespace {

class TransactionTest : public RecordsFixture {
protected:
    bool is_there(std::string_view login) {
        return read([&](Transaction& t) { return t.accounts().find(name(login)).has_value(); });
    }
};

INSTANTIATE_TEST_SUITE_P(On, TransactionTest, test::both_engines, test::engine_name);

TEST_P(TransactionTest, KeepsWhatItDidAlthoughItsWorkRefuses) {
    const auto outcome = store_.change([&](Transaction& t) -> std::expected<void, std::string> {
        std::ignore = t.accounts().add(new_account("anna"), now());
        return std::unexpected("refused");
    });
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(*outcome);
    EXPECT_TRUE(is_there("anna"));
}

TEST_P(TransactionTest, KeepsNothingWhenItIsAbandoned) {
    ASSERT_TRUE(store_.change([&](Transaction& t) {
        std::ignore = t.accounts().add(new_account("anna"), now());
        t.abandon();
    }));
    EXPECT_FALSE(is_there("anna"));
}

TEST_P(TransactionTest, KeepsNothingWhenAVerbFails) {
    const auto outcome = store_.change([&](Transaction& t) {
        std::ignore = t.accounts().add(new_account("anna"), now());
        NewAccount visitor = new_account("visitor");
        visitor.is_visitor = true;  // without sponsor and end: a rule of the database
        std::ignore = t.accounts().add(visitor, now());
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().fault, StoreFault::refused) << outcome.error().detail;
    EXPECT_FALSE(is_there("anna"));
    add("bob");
}

TEST_P(TransactionTest, KeepsNothingWhenItsWorkThrows) {
    const auto outcome = store_.change([&](Transaction& t) {
        std::ignore = t.accounts().add(new_account("anna"), now());
        throw std::runtime_error("a bug");
    });
    ASSERT_FALSE(outcome);
    EXPECT_TRUE(outcome.error().detail.ends_with("a bug")) << outcome.error().detail;
    EXPECT_FALSE(is_there("anna"));
}

TEST_P(TransactionTest, ReadsCannotWriteOnPostgresql) {
    if (GetParam() == Engine::sqlite) {
        EXPECT_TRUE(store_.read([](Transaction& t) { return t.fact("x").has_value(); }));
        return;
    }
    EXPECT_FALSE(store_.read([](Transaction& t) { t.set_fact("x", "y"); }));
}

TEST_P(TransactionTest, RemembersFacts) {
    EXPECT_EQ(read([](Transaction& t) { return t.fact("colour"); }), std::nullopt);
    for (const std::string value : {"red", "blue"}) {
        change([&](Transaction& t) { t.set_fact("colour", value); });
        EXPECT_EQ(read([](Transaction& t) { return t.fact("colour"); }), value);
    }
}

TEST_P(TransactionTest, IsSeenByOtherProgramsOnceItIsCommitted) {
    const auto other = test_store_.open();
    add("anna");
    EXPECT_TRUE(*other->read([](Transaction& t) { return t.accounts().find(name("anna")).has_value(); }));
}

}  // namespace
}  // namespace postern::auth::store
