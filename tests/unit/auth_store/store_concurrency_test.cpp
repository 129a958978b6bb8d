#include "tests/unit/auth_store/store_fixture.hpp"

#include <barrier>
#include <thread>

namespace postern::auth::store {
namespace {

constexpr int crowd = 16;

class StoreConcurrency : public StoreFixture {
protected:
    void SetUp() override { migrate(); }

    /// Runs `work(i)` on 16 threads that start together.
    template <class Work>
    static void together(Work work) {
        std::barrier start(crowd);
        std::vector<std::jthread> threads;
        for (int i = 0; i < crowd; ++i) {
            threads.emplace_back([&start, &work, i] {
                start.arrive_and_wait();
                work(i);
            });
        }
    }
};

TEST_F(StoreConcurrency, MakesOneGoodStoreOfSixteenMigrationsAtOnce) {
    path_ = folder_ / "new.db";
    std::atomic<int> done = 0;
    std::atomic<int> failed_otherwise = 0;
    together([&](int) {
        const auto report = migrate_sqlite(path());
        if (report) ++done;
        if (!report && !report.error().detail.contains("locked by another program")) ++failed_otherwise;
    });
    EXPECT_GE(done, 1);
    EXPECT_EQ(failed_otherwise, 0);
    EXPECT_EQ(sqlite_status(path())->state, SchemaState::current);
    add(*open_store(), new_account("anna"));
}

TEST_F(StoreConcurrency, LetsExactlyOneOfSixteenHaveAName) {
    const auto store = open_store();
    std::atomic<int> added = 0;
    std::atomic<int> already_there = 0;
    together([&](int i) {
        std::vector<NewAccount> accounts;
        accounts.push_back(new_account("anna", {"alias" + std::to_string(i)}));
        const auto result = store->add(accounts);
        if (result) ++added;
        if (!result && result.error().fault == StoreFault::already_exists) ++already_there;
    });
    EXPECT_EQ(added, 1);
    EXPECT_EQ(already_there, crowd - 1);
    EXPECT_EQ(store->list({})->size(), 1U);
    EXPECT_EQ(store->find(name("anna"))->aliases.size(), 1U) << "nothing of the losers is left";
}

TEST_F(StoreConcurrency, LetsExactlyOneOfSixteenProgramsHaveAName) {
    std::vector<std::unique_ptr<SqliteStore>> stores;
    for (int i = 0; i < crowd; ++i) stores.push_back(open_store({.path = {}, .sessions = 1}));
    std::atomic<int> added = 0;
    together([&](int i) {
        std::vector<NewAccount> accounts;
        accounts.push_back(new_account("anna"));
        if (stores[static_cast<std::size_t>(i)]->add(accounts)) ++added;
    });
    EXPECT_EQ(added, 1);
}

TEST_F(StoreConcurrency, AppliesExactlyOneOfSixteenRehashes) {
    const auto store = open_store();
    add(*store, new_account("anna"));
    std::atomic<int> applied = 0;
    together([&](int i) {
        if (store->replace_verifier(1, verifier('A'), verifier(static_cast<char>('B' + i)))) ++applied;
    });
    EXPECT_EQ(applied, 1);
}

TEST_F(StoreConcurrency, ReadsAndWritesAtOnceWithFewerSessionsThanThreads) {
    const auto store = open_store({.path = {}, .sessions = 3});
    add(*store, new_account("reader"));
    std::atomic<int> failures = 0;
    together([&](int i) {
        for (int round = 0; round < 10; ++round) {
            std::vector<NewAccount> accounts;
            accounts.push_back(new_account("n" + std::to_string(i) + "." + std::to_string(round)));
            if (!store->add(accounts) || !store->find_for_login(name("reader"))) ++failures;
        }
    });
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(store->list({})->size(), 1U + crowd * 10U);
}

TEST_F(StoreConcurrency, LetsNobodySeeHalfABatch) {
    const auto store = open_store();
    std::atomic<bool> saw_half = false;
    std::atomic<bool> done = false;
    std::jthread reader([&] {
        while (!done) {
            const auto count = store->list({})->size();
            if (count != 0 && count != 200) saw_half = true;
        }
    });
    std::vector<NewAccount> batch;
    for (int i = 0; i < 200; ++i) batch.push_back(new_account("n" + std::to_string(i)));
    EXPECT_TRUE(store->add(batch));
    done = true;
    reader.join();
    EXPECT_FALSE(saw_half);
}

}  // namespace
}  // namespace postern::auth::store
