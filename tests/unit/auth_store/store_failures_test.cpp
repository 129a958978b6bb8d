// What breaks around the store: each failure is an error that says what to do, and changes nothing.
#include "auth/store/sqlite_session.hpp"
#include "tests/unit/auth_store/store_fixture.hpp"

#include <csignal>
#include <fstream>

#include <sys/resource.h>
#include <unistd.h>

namespace postern::auth::store {
namespace {

class StoreFailures : public StoreFixture {
protected:
    std::string bytes() const {
        std::ifstream file(path(), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    void overwrite(std::size_t offset, const std::string& with) const {
        std::fstream file(path(), std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(offset));
        file << with;
    }
};

TEST_F(StoreFailures, GarbageIsNotADatabaseAndStaysAsItIs) {
    const std::string garbage(8192, 'g');
    std::ofstream(path()) << garbage;
    const auto opened = SqliteStore::open({.path = path()}, clock_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().fault, StoreFault::unavailable);
    EXPECT_EQ(opened.error().detail, "the store " + path() + " is not a database: check the path in store.sqlite");
    EXPECT_FALSE(migrate_sqlite(path()));
    EXPECT_EQ(bytes(), garbage);
}

TEST_F(StoreFailures, DamageInsideIsReported) {
    migrate();
    {
        add(*open_store(), new_account("anna"));
    }
    foreign_session() << "PRAGMA wal_checkpoint(TRUNCATE)";
    overwrite(4096, std::string(bytes().size() - 4096, '\xFF'));
    const auto store = open_store();
    ASSERT_TRUE(store) << "the first page with the schema is whole";
    const auto found = store->find_for_login(name("anna"));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().fault, StoreFault::unavailable);
    EXPECT_TRUE(found.error().detail.contains("restore the file from a backup")) << found.error().detail;
}

TEST_F(StoreFailures, ForgedNamesAreNotPassedOn) {
    migrate();
    const auto store = open_store();
    add(*store, new_account("anna"));
    auto hand = foreign_session();
    hand << "INSERT INTO identifier VALUES ('anna*master', 1)";
    const auto found = store->find(name("anna"));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().fault, StoreFault::unavailable);
}

TEST_F(StoreFailures, AFolderIsNoStore) {
    std::filesystem::create_directory(path_);
    EXPECT_TRUE(sqlite_status(path()).error().detail.contains("not a regular file"));
    EXPECT_FALSE(migrate_sqlite(path()));
}

TEST_F(StoreFailures, AFolderThatIsNotThereIsSaid) {
    path_ = folder_ / "missing" / "postern.db";
    const auto report = migrate_sqlite(path());
    ASSERT_FALSE(report);
    EXPECT_TRUE(report.error().detail.contains("cannot be created: No such file or directory"))
        << report.error().detail;
}

TEST_F(StoreFailures, ALockThatIsNotGivenUpIsSaidAndReadersGoOn) {
    migrate();
    const auto store = open_store({.path = {}, .busy_timeout = std::chrono::milliseconds(20)});
    add(*store, new_account("anna"));
    auto hand = foreign_session();
    hand << "BEGIN IMMEDIATE";
    std::vector<NewAccount> batch;
    batch.push_back(new_account("bob"));
    for (const auto& result :
         {store->add(batch), store->set_password(1, verifier('B')), store->set_state(1, AccountState::disabled),
          store->replace_verifier(1, verifier('A'), verifier('B'))}) {
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().fault, StoreFault::unavailable);
        EXPECT_TRUE(result.error().detail.contains("locked by another program")) << result.error().detail;
    }
    EXPECT_EQ(store->find_for_login(name("anna"))->verifier.reveal(), verifier('A').reveal());
    hand << "ROLLBACK";
    EXPECT_TRUE(store->add(batch)) << "the session is fit for use again";
}

TEST_F(StoreFailures, NoFreeSessionInTimeIsSaid) {
    migrate();
    SessionPool pool(path(), 1, std::chrono::milliseconds(20), std::chrono::milliseconds(20));
    const auto outer = pool.run([&](soci::session&) -> StoreResult<std::string> {
        const auto inner = pool.run([](soci::session&) -> StoreResult<std::string> { return "had one"; });
        return inner ? *inner : inner.error().detail;
    });
    EXPECT_EQ(*outer, "the store " + path() + " is busy: no session became free in time");
}

/// Root may write everywhere, so it becomes nobody for a while; others only need the mode.
class WithoutRights {
public:
    WithoutRights() : was_root_(::geteuid() == 0) {
        if (was_root_ && ::seteuid(65534) != 0) was_root_ = false;
    }
    ~WithoutRights() {
        if (was_root_) EXPECT_EQ(::seteuid(0), 0);
    }
    WithoutRights(const WithoutRights&) = delete;
    WithoutRights& operator=(const WithoutRights&) = delete;

private:
    bool was_root_;
};

TEST_F(StoreFailures, AStoreThatMayNotBeWrittenIsSaid) {
    migrate();
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));
    {
        const auto store = open_store();  // its -wal and -shm files exist from now on
        add(*store, new_account("anna"));
        for (const std::string suffix : {"", "-wal", "-shm"}) {
            std::filesystem::permissions(path() + suffix, std::filesystem::perms(0444));
        }
        const WithoutRights nobody;
        const auto read_only = SqliteStore::open({.path = path()}, clock_);
        ASSERT_TRUE(read_only) << read_only.error().detail;
        EXPECT_TRUE((*read_only)->find(name("anna")));
        const auto changed = (*read_only)->set_state(1, AccountState::disabled);
        ASSERT_FALSE(changed);
        EXPECT_EQ(changed.error().fault, StoreFault::unavailable);
        EXPECT_TRUE(changed.error().detail.contains("cannot be written")) << changed.error().detail;
    }
}

TEST_F(StoreFailures, AStoreThatMayNotBeReadIsSaid) {
    migrate();
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));
    std::filesystem::permissions(path_, std::filesystem::perms(0000));
    const WithoutRights nobody;
    const auto opened = SqliteStore::open({.path = path()}, clock_);
    ASSERT_FALSE(opened);
    EXPECT_TRUE(opened.error().detail.contains("cannot be opened")) << opened.error().detail;
}

/// No file of this process may grow beyond `bytes`: to SQLite the disk breaks in the middle of a write.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit_), 0);
        const rlimit limit{bytes, old_limit_.rlim_max};
        EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    }
    ~FileSizeLimit() {
        EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &old_limit_), 0);
        std::signal(SIGXFSZ, old_handler_);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
    rlimit old_limit_{};
    void (*old_handler_)(int);
};

TEST_F(StoreFailures, AWriteThatBreaksOffChangesNothing) {
    migrate();
    const auto store = open_store();
    add(*store, new_account("anna"));
    std::vector<NewAccount> batch;
    for (int i = 0; i < 5000; ++i) batch.push_back(new_account("n" + std::to_string(i), {}, {"staff"}));
    {
        const FileSizeLimit limit(256UL * 1024);
        const auto added = store->add(batch);
        ASSERT_FALSE(added);
        EXPECT_EQ(added.error().fault, StoreFault::unavailable);
    }
    EXPECT_EQ(store->list({})->size(), 1U);
    EXPECT_TRUE(store->add(batch)) << "the session is fit for use again";
    EXPECT_EQ(open_store()->list({.group = {}, .state = {}, .text = {}, .after_login = {}, .limit = 10'000})->size(),
              5001U);
}

TEST_F(StoreFailures, RulesOfTheDatabaseNeverPutAVerifierIntoTheError) {
    migrate();
    const auto store = open_store();
    add(*store, new_account("anna"));
    const auto refused = store->set_password(1, base::Secret("canary in plain text"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, StoreFault::refused);
    EXPECT_TRUE(refused.error().detail.contains("CHECK constraint failed")) << refused.error().detail;
    EXPECT_FALSE(refused.error().detail.contains("canary"));
    EXPECT_EQ(store->find_for_login(name("anna"))->verifier.reveal(), verifier().reveal());
}

struct CodeCase {
    std::string name;
    int code;
    std::string part;
};
class SqliteCode : public testing::TestWithParam<CodeCase> {};

TEST_P(SqliteCode, SaysWhatToDo) {
    const auto error = error_of_sqlite(GetParam().code, "message", "/x.db");
    EXPECT_EQ(error.fault, StoreFault::unavailable);
    EXPECT_TRUE(error.detail.starts_with("the store /x.db ")) << error.detail;
    EXPECT_TRUE(error.detail.contains(GetParam().part)) << error.detail;
}

INSTANTIATE_TEST_SUITE_P(Store,
                         SqliteCode,
                         testing::ValuesIn(std::vector<CodeCase>{
                             {"Busy", SQLITE_BUSY, "locked"},
                             {"Locked", SQLITE_LOCKED, "locked"},
                             {"ReadOnly", SQLITE_READONLY, "cannot be written"},
                             {"Full", SQLITE_FULL, "full disk"},
                             {"InputOutput", SQLITE_IOERR, "check its disk"},
                             {"Damaged", SQLITE_CORRUPT, "backup"},
                             {"NotADatabase", SQLITE_NOTADB, "not a database"},
                             {"CannotOpen", SQLITE_CANTOPEN, "cannot be opened"},
                             {"AnythingElse", SQLITE_TOOBIG, "failed: message"},
                         }),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace postern::auth::store
