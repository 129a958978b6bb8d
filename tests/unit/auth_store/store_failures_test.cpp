// What breaks around an SQLite store: each failure is an error that says what to do, and changes nothing.
#include "auth/store/sqlite_connector.hpp"
#include "tests/unit/auth_store/records_fixture.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace postern::auth::store {
namespace {

class StoreFailures : public testing::Test {
protected:
    [[nodiscard]] std::string path() const { return path_.string(); }
    void migrate() {
        const auto report = migrate_sqlite(path());
        ASSERT_TRUE(report) << report.error().detail;
    }
    std::unique_ptr<Store> open_store(SqliteOptions options = {}) {
        options.path = path();
        auto opened = open_sqlite(options);
        EXPECT_TRUE(opened) << opened.error().detail;
        return opened ? std::move(*opened) : nullptr;
    }
    soci::session foreign_session() { return soci::session(soci::sqlite3, "dbname=\"" + path() + "\" timeout=5"); }
    static StoreResult<void> add(Store& store, const std::vector<std::string>& logins) {
        return store.change([&](Transaction& t) {
            for (const std::string& login : logins) std::ignore = t.accounts().add(new_account(login), Time{});
        });
    }
    static StoreResult<bool> find(Store& store, std::string_view login) {
        return store.read([&](Transaction& t) { return t.accounts().find(name(login)).has_value(); });
    }
    static std::size_t count(Store& store) {
        return store.read([](Transaction& t) { return t.accounts().list({.limit = 10'000}).size(); }).value();
    }
    std::string bytes() const {
        std::ifstream file(path(), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    void overwrite(std::size_t offset, const std::string& with) const {
        std::fstream file(path(), std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(offset));
        file << with;
    }

    test::TemporaryFolder temporary_;
    std::filesystem::path folder_ = temporary_.file(".");
    std::filesystem::path path_ = temporary_.file("postern.db");
};

TEST_F(StoreFailures, GarbageIsNotADatabaseAndStaysAsItIs) {
    const std::string garbage(8192, 'g');
    std::ofstream(path()) << garbage;
    const auto opened = open_sqlite({.path = path()});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().fault, StoreFault::unavailable);
    EXPECT_EQ(opened.error().detail, "the store " + path() + " is not a database: check the path in store.sqlite");
    EXPECT_FALSE(migrate_sqlite(path()));
    EXPECT_EQ(bytes(), garbage);
}

TEST_F(StoreFailures, DamageInsideIsReported) {
    migrate();
    ASSERT_TRUE(add(*open_store(), {"anna"}));
    std::size_t page = 0;
    foreign_session() << "SELECT rootpage FROM sqlite_schema WHERE name = 'account'", soci::into(page);
    foreign_session() << "PRAGMA wal_checkpoint(TRUNCATE)";
    overwrite((page - 1) * 4096, std::string(4096, '\xFF'));
    const auto store = open_store();
    ASSERT_TRUE(store) << "the schema is whole";
    const auto found = find(*store, "anna");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().fault, StoreFault::unavailable);
    EXPECT_TRUE(found.error().detail.contains("restore the file from a backup")) << found.error().detail;
}

TEST_F(StoreFailures, ForgedNamesAreNotPassedOn) {
    migrate();
    const auto store = open_store();
    ASSERT_TRUE(add(*store, {"anna"}));
    auto hand = foreign_session();
    hand << "INSERT INTO identifier SELECT 'anna*master', id, 'alias' FROM account";
    const auto found = find(*store, "anna");
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
    ASSERT_TRUE(add(*store, {"anna"}));
    auto hand = foreign_session();
    hand << "BEGIN IMMEDIATE";
    const auto added = add(*store, {"bob"});
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().fault, StoreFault::unavailable);
    EXPECT_TRUE(added.error().detail.contains("locked by another program")) << added.error().detail;
    EXPECT_TRUE(*find(*store, "anna"));
    hand << "ROLLBACK";
    EXPECT_TRUE(add(*store, {"bob"})) << "the session is fit for use again";
}

TEST_F(StoreFailures, ChangesThatWaitLeaveSessionsForReads) {
    migrate();
    const auto store = open_store({.path = {},
                                   .sessions = 2,
                                   .busy_timeout = std::chrono::milliseconds(1'000),
                                   .lease_timeout = std::chrono::milliseconds(200)});
    ASSERT_TRUE(add(*store, {"anna"}));
    auto hand = foreign_session();
    hand << "BEGIN IMMEDIATE";
    std::atomic<int> waiting = 4;
    std::vector<std::jthread> writers;
    for (int i = 0; i < 4; ++i) {
        writers.emplace_back([&] {
            EXPECT_FALSE(add(*store, {"bob"}));
            --waiting;
        });
    }
    while (waiting != 0) {
        const auto found = find(*store, "anna");
        ASSERT_TRUE(found) << found.error().detail;
    }
    hand << "ROLLBACK";
    EXPECT_TRUE(add(*store, {"bob"}));
}

TEST_F(StoreFailures, NoFreeSessionInTimeIsSaid) {
    migrate();
    const auto connector =
        std::make_shared<const SqliteConnector>(path(), FileAccess::read_write, std::chrono::milliseconds(20));
    SessionPool pool(connector, 1, std::chrono::milliseconds(20));
    std::string said;
    ASSERT_TRUE(pool.transact("BEGIN", [&](Database&) {
        said = pool.transact("BEGIN", [](Database&) { return true; }).error().detail;
        return true;
    }));
    EXPECT_EQ(said, "the store " + path() + " is busy: no session became free in time");
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
        ASSERT_TRUE(add(*store, {"anna"}));
        for (const std::string suffix : {"", "-wal", "-shm"}) {
            std::filesystem::permissions(path() + suffix, std::filesystem::perms(0444));
        }
        const WithoutRights nobody;
        const auto read_only = open_sqlite({.path = path()});
        ASSERT_TRUE(read_only) << read_only.error().detail;
        EXPECT_TRUE(*find(**read_only, "anna"));
        const auto changed = add(**read_only, {"bob"});
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
    const auto opened = open_sqlite({.path = path()});
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
    ASSERT_TRUE(add(*store, {"anna"}));
    std::vector<std::string> batch;
    for (int i = 0; i < 5000; ++i) batch.push_back("n" + std::to_string(i));
    {
        const FileSizeLimit limit(256UL * 1024);
        const auto added = add(*store, batch);
        ASSERT_FALSE(added);
        EXPECT_EQ(added.error().fault, StoreFault::unavailable);
    }
    EXPECT_EQ(count(*store), 1U);
    EXPECT_TRUE(add(*store, batch)) << "the session is fit for use again";
    EXPECT_EQ(count(*open_store()), 5001U);
}

TEST_F(StoreFailures, RulesOfTheDatabaseNeverPutAVerifierIntoTheError) {
    migrate();
    const auto store = open_store();
    const Credential canary{
        .id = 1, .account = 77, .kind = CredentialKind::password, .verifier = base::Secret("canary in plain text....")};
    const auto refused = store->change([&](Transaction& t) { return t.credentials().add(canary); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, StoreFault::refused);
    EXPECT_TRUE(refused.error().detail.contains("FOREIGN KEY constraint failed")) << refused.error().detail;
    EXPECT_FALSE(refused.error().detail.contains("canary"));
}

TEST_F(StoreFailures, EverySessionIsASafeOne) {
    migrate();
    soci::session session;
    SqliteConnector(path(), FileAccess::read_write, std::chrono::milliseconds(1234)).open(session);
    EXPECT_EQ(number_of(session, "PRAGMA foreign_keys"), 1);
    EXPECT_EQ(number_of(session, "PRAGMA busy_timeout"), 1234);
    EXPECT_EQ(number_of(session, "PRAGMA synchronous"), 2) << "FULL: what was said to be stored survives a power cut";
    EXPECT_EQ(number_of(session, "PRAGMA secure_delete"), 1);
    EXPECT_EQ(number_of(session, "PRAGMA trusted_schema"), 0);
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
