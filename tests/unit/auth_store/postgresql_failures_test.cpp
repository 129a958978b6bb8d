// What breaks around a PostgreSQL store: each failure is an error that says what to do, changes nothing, and passes.
#include "auth/store/postgresql_connector.hpp"
#include "tests/support/private_postgresql.hpp"
#include "tests/unit/auth_store/records_fixture.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace postern::auth::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class PostgresqlFailures : public testing::Test {
protected:
    /// Cuts every session of the store.
    void cut_sessions() {
        *hand_
            << "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
               "pg_backend_pid()";
    }
    StoreResult<bool> find(std::string_view login) {
        return store_.read([&](Transaction& t) { return t.accounts().find(name(login)).has_value(); });
    }

    test::TestStore test_store_{Engine::postgresql};
    Store& store_ = test_store_.store();
    std::unique_ptr<soci::session> hand_ = test_store_.database().hand();
};

TEST_F(PostgresqlFailures, AServerThatIsNotThereIsSaid) {
    config::PostgresqlSettings server = *test_store_.database().settings().postgresql;
    server.host = "/nonexistent";
    const auto opened = open_postgresql({.server = server});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().fault, StoreFault::unavailable);
    EXPECT_TRUE(opened.error().detail.contains("does not answer")) << opened.error().detail;
    EXPECT_TRUE(opened.error().detail.contains("store.postgresql")) << opened.error().detail;
}

TEST_F(PostgresqlFailures, AWrongDatabaseOrUserIsSaid) {
    for (const bool is_user : {true, false}) {
        config::PostgresqlSettings server = *test_store_.database().settings().postgresql;
        (is_user ? server.user : server.database) = "no'such \\one";
        const auto opened = open_postgresql({.server = server});
        ASSERT_FALSE(opened);
        EXPECT_TRUE(opened.error().detail.contains("refuses the connection")) << opened.error().detail;
        EXPECT_TRUE(opened.error().detail.contains("no'such \\one")) << opened.error().detail;
    }
}

TEST_F(PostgresqlFailures, SessionsThatWereCutAreOpenedAnewUnseen) {
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(*find("anna"));  // its statements are prepared now
    cut_sessions();
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(find("anna")) << find("anna").error().detail;
    EXPECT_FALSE(*find("anna"));
}

TEST_F(PostgresqlFailures, ASessionCutInTheMiddleLeavesNothing) {
    const auto outcome = store_.change([&](Transaction& t) {
        std::ignore = t.accounts().add(new_account("anna"), Time{});
        cut_sessions();
        std::ignore = t.accounts().add(new_account("bob"), Time{});
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().fault, StoreFault::unavailable);
    EXPECT_FALSE(*find("anna"));
    EXPECT_FALSE(*find("bob"));
}

TEST_F(PostgresqlFailures, ALockThatIsNotGivenUpIsSaid) {
    ASSERT_TRUE(store_.change([](Transaction& t) { return t.accounts().add(new_account("anna"), Time{}); }));
    *hand_ << "BEGIN";
    *hand_ << "LOCK TABLE account IN ACCESS EXCLUSIVE MODE";
    const auto outcome = find("anna");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().fault, StoreFault::unavailable);
    EXPECT_TRUE(outcome.error().detail.contains("too slow")) << outcome.error().detail;
    *hand_ << "ROLLBACK";
    EXPECT_TRUE(*find("anna")) << "the session is fit for use again";
}

/// The server's side of every session with a database, stopped as if its machine stood still.
class StandingStill {
public:
    explicit StandingStill(soci::session& hand) {
        int pid = 0;
        soci::statement ask =
            (hand.prepare << "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
                             "pg_backend_pid()",
             soci::into(pid));
        for (bool found = ask.execute(true); found; found = ask.fetch()) pids_.push_back(pid);
        signal_all(SIGSTOP);
    }
    ~StandingStill() { signal_all(SIGCONT); }
    StandingStill(const StandingStill&) = delete;
    StandingStill& operator=(const StandingStill&) = delete;

private:
    void signal_all(int signal) const {
        EXPECT_FALSE(pids_.empty());
        for (const int pid : pids_) EXPECT_EQ(::kill(pid, signal), 0) << pid;
    }

    std::vector<int> pids_;
};

TEST_F(PostgresqlFailures, AServerThatStandsStillIsGivenUp) {
    const auto store = open_postgresql({.server = *test_store_.database().settings().postgresql,
                                        .sessions = 1,
                                        .answer_timeout = std::chrono::milliseconds(200)});
    ASSERT_TRUE(store) << store.error().detail;
    const auto changed = (*store)->change([&](Transaction& t) {
        std::ignore = t.accounts().add(new_account("anna"), Time{});
        const StandingStill still(*hand_);
        std::ignore = t.accounts().add(new_account("bob"), Time{});
    });
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().fault, StoreFault::unavailable);
    EXPECT_TRUE(changed.error().detail.contains("does not answer")) << changed.error().detail;
    const auto found = (*store)->read([](Transaction& t) { return t.accounts().find(name("anna")).has_value(); });
    ASSERT_TRUE(found) << found.error().detail;
    EXPECT_FALSE(*found);
}

TEST_F(PostgresqlFailures, AnIdleSessionThatStandsStillIsReplacedUnseen) {
    const auto store = open_postgresql({.server = *test_store_.database().settings().postgresql,
                                        .sessions = 1,
                                        .answer_timeout = std::chrono::milliseconds(200)});
    ASSERT_TRUE(store) << store.error().detail;
    const StandingStill still(*hand_);
    EXPECT_TRUE((*store)->read([](Transaction& t) { return t.fact("x").has_value(); }));
}

TEST_F(PostgresqlFailures, ATransactionOfManyStatementsMayTakeLongerThanOne) {
    const auto store = open_postgresql({.server = *test_store_.database().settings().postgresql,
                                        .sessions = 1,
                                        .answer_timeout = std::chrono::milliseconds(200)});
    ASSERT_TRUE(store) << store.error().detail;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(600);
    const auto done = (*store)->change([&](Transaction& t) {
        for (int i = 0; std::chrono::steady_clock::now() < deadline; ++i) t.set_fact("x", std::to_string(i));
    });
    EXPECT_TRUE(done) << done.error().detail;
}

TEST_F(PostgresqlFailures, RulesOfTheDatabaseNeverPutAVerifierIntoTheError) {
    const Credential canary{
        .id = 1, .account = 77, .kind = CredentialKind::password, .verifier = base::Secret("canary in plain text....")};
    const auto refused = store_.change([&](Transaction& t) { return t.credentials().add(canary); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, StoreFault::refused);
    EXPECT_FALSE(refused.error().detail.contains("canary")) << refused.error().detail;
    EXPECT_FALSE(refused.error().detail.contains("77")) << "DETAIL lines repeat values: " << refused.error().detail;
}

TEST_F(PostgresqlFailures, ForgedNamesAreNotPassedOn) {
    ASSERT_TRUE(store_.change([](Transaction& t) { return t.accounts().add(new_account("anna"), Time{}); }));
    *hand_ << "INSERT INTO identifier SELECT 'anna*master', id, 'alias' FROM account";
    const auto found = find("anna");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().fault, StoreFault::unavailable);
}

TEST_F(PostgresqlFailures, TheServersOwnLogRepeatsNoVerifier) {
    const Credential canary{.id = 1,
                            .account = 77,
                            .kind = CredentialKind::password,
                            .verifier = base::Secret("log-canary-log-canary-log-canary")};
    ASSERT_FALSE(store_.change([&](Transaction& t) { return t.credentials().add(canary); }));
    const std::string log = test::shared_postgresql_log();
    EXPECT_TRUE(log.contains("INSERT INTO credential")) << "it logs the statement that failed";
    EXPECT_FALSE(log.contains("log-canary"));
}

/// A server of the test's own, to break as it likes.
class OwnServer : public testing::Test {
protected:
    /// Why nobody gets in with `settings`.
    static std::string refusal(const config::PostgresqlSettings& settings) {
        const auto refused = open_postgresql({.server = settings});
        EXPECT_FALSE(refused);
        return refused ? "" : refused.error().detail;
    }
    StoreResult<bool> find() {
        return store_->read([](Transaction& t) { return t.accounts().find(name("anna")).has_value(); });
    }
    void open(std::size_t sessions = 2) {
        ASSERT_TRUE(migrate_postgresql(server_.settings()));
        auto opened = open_postgresql({.server = server_.settings(), .sessions = sessions});
        ASSERT_TRUE(opened) << opened.error().detail;
        store_ = std::move(*opened);
        ASSERT_TRUE(store_->change([](Transaction& t) { return t.accounts().add(new_account("anna"), Time{}); }));
    }

    test::PrivatePostgresql server_;
    std::unique_ptr<Store> store_;
};

TEST_F(OwnServer, ThatGoesDownIsSaidAndWorksAgainOnceItIsBack) {
    open();
    server_.stop();
    EXPECT_THAT(find().error().detail, HasSubstr("does not answer"));
    EXPECT_EQ(find().error().fault, StoreFault::unavailable);
    EXPECT_FALSE(open_postgresql({.server = server_.settings()}));
    EXPECT_FALSE(migrate_postgresql(server_.settings()));
    server_.start();
    // It is asked again a second after it was found down.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!find() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_TRUE(*find());
}

TEST_F(OwnServer, ThatWasRestartedIsNotNoticed) {
    open();
    server_.stop();
    server_.start();
    for (int i = 0; i < 4; ++i) {
        const auto found = find();
        ASSERT_TRUE(found) << found.error().detail;
        EXPECT_TRUE(*found);
    }
}

TEST_F(OwnServer, WantsTheRightPassword) {
    open();
    server_.execute("ALTER ROLE postern PASSWORD 'right'");
    server_.ask_for_passwords();
    const test::TemporaryFolder folder;
    const auto with = [&](const std::string& line) {
        config::PostgresqlSettings settings = server_.settings();
        settings.password_file = folder.write("pgpass", line);
        std::filesystem::permissions(settings.password_file, std::filesystem::perms(0600));
        return settings;
    };
    EXPECT_TRUE(open_postgresql({.server = with("*:*:*:*:right\n")}));
    for (const std::string line : {"*:*:*:*:wrong-canary\n", "nonsense\n", ""})
        EXPECT_THAT(refusal(with(line)), AllOf(HasSubstr("password"), Not(HasSubstr("canary"))));
}

TEST_F(OwnServer, ThatHasTooManyConnectionsSaysSo) {
    open();
    server_.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 2");
    server_.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO crowded");
    config::PostgresqlSettings settings = server_.settings();
    settings.user = "crowded";
    EXPECT_TRUE(open_postgresql({.server = settings, .sessions = 2}));
    const auto refused = open_postgresql({.server = settings, .sessions = 3});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().detail.contains("too many connections")) << refused.error().detail;
}

TEST_F(OwnServer, WithoutTheRightToWriteRefusesAndKeepsEverything) {
    open();
    server_.execute("CREATE ROLE reader LOGIN");
    server_.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader");
    config::PostgresqlSettings settings = server_.settings();
    settings.user = "reader";
    const auto reader = open_postgresql({.server = settings});
    ASSERT_TRUE(reader) << reader.error().detail;
    const auto refused = (*reader)->change([](Transaction& t) { return t.accounts().add(new_account("bob"), Time{}); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, StoreFault::unavailable);
    EXPECT_TRUE(refused.error().detail.contains("permission denied")) << refused.error().detail;
}

struct StateCase {
    std::string name, sqlstate, part;
    bool is_session_lost = false;
    bool is_passing = false;
};
class SqlState : public testing::TestWithParam<StateCase> {};

TEST_P(SqlState, SaysWhatToDo) {
    const Trouble trouble =
        trouble_of_postgresql(GetParam().sqlstate, "Cannot execute query. FATAL:  message\nDETAIL: x", "db");
    EXPECT_TRUE(trouble.error.detail.contains(GetParam().part)) << trouble.error.detail;
    EXPECT_FALSE(trouble.error.detail.contains("DETAIL"));
    EXPECT_EQ(trouble.is_session_lost, GetParam().is_session_lost);
    EXPECT_EQ(trouble.is_passing, GetParam().is_passing);
}

INSTANTIATE_TEST_SUITE_P(Postgresql,
                         SqlState,
                         testing::ValuesIn(std::vector<StateCase>{
                             {"Deadlock", "40P01", "busy", false, true},
                             {"Serialization", "40001", "busy", false, true},
                             {"StatementTimeout", "57014", "too slow"},
                             {"LockTimeout", "55P03", "too slow"},
                             {"Unique", "23505", "a rule of the store forbids it"},
                             {"Password", "28P01", "refuses this user", true},
                             {"NoDatabase", "3D000", "refuses this user", true},
                             {"DiskFull", "53100", "out of disk"},
                             {"TooManyConnections", "53300", "raise max_connections", true},
                             {"ShuttingDown", "57P01", "does not answer", true},
                             {"NoSuchStatement", "26000", "lost its prepared statements", true, true},
                             {"NoState", "", "does not answer", true},
                         }),
                         [](const auto& test) { return test.param.name; });

TEST(ConnectionString, QuotesAndBoundsEveryWait) {
    const std::string text = connection_string({.host = "db.example",
                                                .port = 5433,
                                                .database = "it's",
                                                .user = "back\\slash",
                                                .password_file = "/etc/postern/pg pass",
                                                .ca_file = ""});
    EXPECT_TRUE(text.contains("host='db.example' port=5433 dbname='it\\'s' user='back\\\\slash'")) << text;
    EXPECT_TRUE(text.contains("connect_timeout=3")) << text;
    EXPECT_TRUE(text.contains("statement_timeout=5000")) << text;
    EXPECT_TRUE(text.contains("passfile='/etc/postern/pg pass'")) << text;
    EXPECT_TRUE(text.contains("sslmode=verify-full")) << text;
}

}  // namespace
}  // namespace postern::auth::store
