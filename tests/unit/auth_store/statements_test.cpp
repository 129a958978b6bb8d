// That a statement which is run again gives what it would give if it were new, and holds nothing in between.
#include "auth/store/statements.hpp"

#include "auth/store/database.hpp"
#include "auth/store/postgresql_connector.hpp"
#include "auth/store/session_pool.hpp"
#include "tests/unit/auth_store/records_fixture.hpp"

namespace postern::auth::store {
namespace {

using soci::into;
using soci::use;

class StatementsTest : public testing::TestWithParam<Engine> {
protected:
    StatementsTest() {
        *hand_ << "CREATE TABLE number (value BIGINT NOT NULL)";
        for (int i = 1; i <= 3; ++i) *hand_ << "INSERT INTO number (value) VALUES (" + std::to_string(i) + ")";
    }
    long long next_above(long long least) {
        long long found = 0;
        database_.first("SELECT value FROM number WHERE value > :least ORDER BY value", into(found),
                        use(least, "least"));
        return found;
    }

    test::TestDatabase test_database_{GetParam()};
    std::unique_ptr<soci::session> hand_ = test_database_.hand();
    std::unique_ptr<soci::session> session_ = test_database_.hand();
    Statements statements_{*session_, GetParam()};
    Watched unwatched_{nullptr, 0, -1};
    Database database_{statements_, unwatched_};
};

INSTANTIATE_TEST_SUITE_P(On, StatementsTest, test::both_engines, test::engine_name);

TEST_P(StatementsTest, EachRunHasItsOwnValuesAndItsFirstRow) {
    for (int i = 0; i < 4; ++i)
        for (const long long least : {0, 2, 1}) EXPECT_EQ(next_above(least), least + 1);
}

TEST_P(StatementsTest, OneWithoutARowLeavesItsVariablesAlone) {
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(next_above(2), 3);
        EXPECT_EQ(next_above(3), 0);
    }
}

TEST_P(StatementsTest, OneCanBeRunAmongItsOwnRows) {
    const auto sum_above = [&](auto self, long long least) -> long long {
        long long value = 0;
        long long sum = 0;
        database_.each(
            "SELECT value FROM number WHERE value > :least ORDER BY value", [&] { sum += value + self(self, value); },
            into(value), use(least, "least"));
        return sum;
    };
    for (int i = 0; i < 3; ++i) EXPECT_EQ(sum_above(sum_above, 0), (1 + (2 + 3) + 3) + (2 + 3) + 3);
}

TEST_P(StatementsTest, OneThatFailedCanBeRunAgain) {
    *hand_ << "CREATE UNIQUE INDEX one_of_each ON number (value)";
    for (int i = 0; i < 4; ++i) {
        const long long twice = 3;
        const long long fresh = 10 + i;
        EXPECT_THROW(database_.execute("INSERT INTO number (value) VALUES (:v)", use(twice, "v")), soci::soci_error);
        EXPECT_EQ(database_.execute("INSERT INTO number (value) VALUES (:v)", use(fresh, "v")), 1);
    }
}

TEST_P(StatementsTest, WhatChangedMeanwhileIsSeen) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(next_above(2), 3);
    *hand_ << "UPDATE number SET value = 7 WHERE value = 3";
    EXPECT_EQ(next_above(2), 7);
    *hand_ << "ALTER TABLE number ADD COLUMN other BIGINT";
    EXPECT_EQ(next_above(2), 7);
}

TEST_P(StatementsTest, MoreThanAreRememberedCanBeRun) {
    for (int round = 0; round < 3; ++round) {
        for (std::size_t i = 0; i != Statements::most + 20; ++i) {
            long long found = 0;
            database_.first("SELECT value + " + std::to_string(i) + " FROM number ORDER BY value", into(found));
            EXPECT_EQ(found, static_cast<long long>(i) + 1);
        }
    }
}

/// A transaction that an unfinished statement kept open would still read what was before the change.
TEST_P(StatementsTest, NoneKeepsATransactionOpen) {
    for (int i = 0; i < 3; ++i) {
        OpenTransaction transaction(statements_, "BEGIN");
        EXPECT_EQ(next_above(0), 1) << "two more rows are left unread";
        transaction.commit();
    }
    *hand_ << "DROP TABLE number";
    if (GetParam() == Engine::postgresql) return;
    int is_busy = 1;
    *hand_ << "PRAGMA journal_mode = WAL";
    *hand_ << "CREATE TABLE other (value BIGINT)";
    *hand_ << "PRAGMA wal_checkpoint(TRUNCATE)", into(is_busy);
    EXPECT_EQ(is_busy, 0);
}

class PreparedOnPostgresql : public testing::Test {
protected:
    [[nodiscard]] long long prepared(Database& database) {
        long long count = 0;
        database.first("SELECT count(*) FROM pg_prepared_statements", into(count));
        return count;
    }

    test::TestDatabase test_database_{Engine::postgresql};
    std::unique_ptr<soci::session> session_ = test_database_.hand();
    Statements statements_{*session_, Engine::postgresql};
    Watched unwatched_{nullptr, 0, -1};
    Database database_{statements_, unwatched_};
};

TEST_F(PreparedOnPostgresql, FromTheSecondTimeOn) {
    EXPECT_EQ(prepared(database_), 0);
    EXPECT_EQ(prepared(database_), 1);
    EXPECT_EQ(prepared(database_), 1);
}

TEST_F(PreparedOnPostgresql, NoMoreThanTheLimit) {
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i != 10; ++i) {
            long long found = 0;
            const std::string query = "SELECT " + std::to_string(i);
            for (std::size_t again = 0; again != Statements::most / 4; ++again) database_.first(query, into(found));
        }
    }
    EXPECT_EQ(prepared(database_), 10);
    for (std::size_t i = 0; i != 2 * Statements::most; ++i) {
        long long found = 0;
        const std::string query = "SELECT 1000 + " + std::to_string(i);
        for (int again = 0; again < 2; ++again) database_.first(query, into(found));
    }
    EXPECT_LE(prepared(database_), static_cast<long long>(Statements::most));
}

TEST_F(PreparedOnPostgresql, AnewWhenTheSessionHasLostThem) {
    SessionPool pool(std::make_shared<PostgresqlConnector>(*test_database_.settings().postgresql), 1,
                     std::chrono::seconds(1));
    const auto transact = [&](const std::function<void(Database&)>& work) {
        const auto done = pool.transact("BEGIN", [&](Database& database) {
            work(database);
            return true;
        });
        EXPECT_TRUE(done) << done.error().detail;
    };
    for (int i = 0; i < 3; ++i) transact([&](Database& database) { std::ignore = prepared(database); });
    transact([&](Database& database) { EXPECT_EQ(prepared(database), 3) << "with BEGIN and COMMIT"; });
    transact([&](Database& database) { database.execute("DEALLOCATE ALL"); });
    transact([&](Database& database) { EXPECT_EQ(prepared(database), 1) << "BEGIN, in a new session"; });
}

TEST_F(PreparedOnPostgresql, NoneWhenTheyAreForgotten) {
    for (int i = 0; i < 3; ++i) std::ignore = prepared(database_);
    statements_.forget();
    EXPECT_EQ(prepared(database_), 0);
}

}  // namespace
}  // namespace postern::auth::store
