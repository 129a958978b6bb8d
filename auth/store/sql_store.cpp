#include "auth/store/sql_store.hpp"

#include "auth/store/account_rows.hpp"
#include "auth/store/budget_rows.hpp"
#include "auth/store/contact_rows.hpp"
#include "auth/store/credential_rows.hpp"
#include "auth/store/flow_rows.hpp"
#include "auth/store/journal_rows.hpp"
#include "auth/store/otp_rows.hpp"
#include "auth/store/outbox_rows.hpp"
#include "auth/store/postgresql_connector.hpp"
#include "auth/store/schema.hpp"
#include "auth/store/sealed_rows.hpp"
#include "auth/store/session_pool.hpp"
#include "auth/store/sqlite_connector.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace postern::auth::store {

namespace {

class SqlTransaction final : public Transaction {
public:
    explicit SqlTransaction(Database& database)
        : database_(database),
          accounts_(database),
          credentials_(database),
          budgets_(database),
          otp_keys_(database),
          contacts_(database),
          flows_(database),
          outbox_(database),
          journal_(database),
          sealed_(database) {}

    AccountRecords& accounts() override { return accounts_; }
    CredentialRecords& credentials() override { return credentials_; }
    BudgetRecords& budgets() override { return budgets_; }
    OtpRecords& otp_keys() override { return otp_keys_; }
    ContactRecords& contacts() override { return contacts_; }
    FlowRecords& flows() override { return flows_; }
    OutboxRecords& outbox() override { return outbox_; }
    JournalRecords& journal() override { return journal_; }
    SealedRecords& sealed() override { return sealed_; }

    std::optional<std::string> fact(std::string_view name) override {
        const std::string key(name);
        std::string value;
        if (!database_.first("SELECT value FROM fact WHERE name = :name", soci::into(value), soci::use(key, "name")))
            return std::nullopt;
        return value;
    }
    void set_fact(std::string_view name, std::string_view value) override {
        const std::string key(name);
        const std::string text(value);
        database_.execute(
            "INSERT INTO fact (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET "
            "value = excluded.value",
            soci::use(key, "name"), soci::use(text, "value"));
    }

private:
    Database& database_;
    AccountRows accounts_;
    CredentialRows credentials_;
    BudgetRows budgets_;
    OtpRows otp_keys_;
    ContactRows contacts_;
    FlowRows flows_;
    OutboxRows outbox_;
    JournalRows journal_;
    SealedRows sealed_;
};

/// Changes wait here for each other, and not with a session in their hands: those are left for reads. Any thread.
class ChangeGate {
public:
    ChangeGate(std::size_t most, std::chrono::milliseconds longest_wait) : free_(most), longest_wait_(longest_wait) {}

    class Pass {
    public:
        explicit Pass(ChangeGate* gate) : gate_(gate) {}
        Pass(const Pass&) = delete;
        Pass& operator=(const Pass&) = delete;
        Pass(Pass&&) = delete;
        Pass& operator=(Pass&&) = delete;
        ~Pass() {
            if (gate_ != nullptr) gate_->leave();
        }
        [[nodiscard]] bool is_given() const noexcept { return gate_ != nullptr; }

    private:
        ChangeGate* gate_;
    };

    [[nodiscard]] Pass enter() {
        std::unique_lock lock(mutex_);
        const bool is_in = left_.wait_for(lock, longest_wait_, [this] { return free_ != 0; });
        if (is_in) --free_;
        return Pass(is_in ? this : nullptr);
    }

private:
    void leave() {
        const std::lock_guard lock(mutex_);
        ++free_;
        left_.notify_one();
    }

    std::mutex mutex_;
    std::condition_variable left_;
    std::size_t free_;
    const std::chrono::milliseconds longest_wait_;
};

/// How many sessions may be busy with changes. SQLite has one lock for all; PostgreSQL's changes wait for each other's
/// rows, so a quarter is left for reads.
std::size_t most_changes(Engine engine, std::size_t sessions) {
    return engine == Engine::sqlite ? 1 : std::max<std::size_t>(1, sessions - (sessions + 3) / 4);
}

class SqlStore final : public Store {
public:
    template <class... Timeouts>
    SqlStore(std::shared_ptr<const Connector> connector,
             std::size_t sessions,
             std::chrono::milliseconds lease_timeout,
             Timeouts... timeouts)
        : engine_(connector->engine()),
          changes_(most_changes(engine_, sessions), lease_timeout),
          pool_(std::move(connector), sessions, lease_timeout, timeouts...) {}

protected:
    StoreResult<void> transact(Access access, const std::function<void(Transaction&)>& work) override {
        if (access == Access::read) return run_on_session(access, work);
        const ChangeGate::Pass pass = changes_.enter();
        if (!pass.is_given()) return std::unexpected(StoreError{StoreFault::unavailable, all_changing()});
        return run_on_session(access, work);
    }

private:
    [[nodiscard]] StoreResult<void> run_on_session(Access access, const std::function<void(Transaction&)>& work) {
        return pool_.transact(begin(access), [&](Database& database) {
            SqlTransaction transaction(database);
            work(transaction);
            return !transaction.is_abandoned();
        });
    }

    [[nodiscard]] std::string all_changing() const {
        return "the store " + pool_.connector().place() + " is busy: other changes did not end in time";
    }
    /// SQLite takes its one write lock at once, so that a change can never fail half-way because somebody else wrote
    /// meanwhile.
    [[nodiscard]] std::string_view begin(Access access) const {
        if (engine_ == Engine::sqlite) return access == Access::change ? "BEGIN IMMEDIATE" : "BEGIN";
        return access == Access::change ? "BEGIN ISOLATION LEVEL READ COMMITTED"
                                        : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    }

    Engine engine_;
    ChangeGate changes_;
    SessionPool pool_;
};

template <class... Timeouts>
StoreResult<std::unique_ptr<Store>> make_store(const std::shared_ptr<const Connector>& connector,
                                               std::size_t sessions,
                                               Timeouts... timeouts) {
    try {
        return std::make_unique<SqlStore>(connector, sessions, timeouts...);
    } catch (...) {
        return std::unexpected(connector->explain(std::current_exception()).error);
    }
}

}  // namespace

StoreResult<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options) {
    const auto status = sqlite_status(options.path);
    if (!status) return std::unexpected(status.error());
    if (auto objection = objection_to(*status, options.path)) return std::unexpected(std::move(*objection));
    return make_store(std::make_shared<SqliteConnector>(options.path, FileAccess::read_write, options.busy_timeout),
                      options.sessions, options.lease_timeout);
}

StoreResult<std::unique_ptr<Store>> open_postgresql(const PostgresqlOptions& options) {
    const auto connector = std::make_shared<PostgresqlConnector>(options.server);
    const auto status = postgresql_status(options.server);
    if (!status) return std::unexpected(status.error());
    if (auto objection = objection_to(*status, connector->place())) return std::unexpected(std::move(*objection));
    return make_store(connector, options.sessions, options.lease_timeout, options.answer_timeout);
}

StoreResult<std::unique_ptr<Store>> open_store(const config::StoreSettings& settings) {
    if (settings.postgresql) return open_postgresql({.server = *settings.postgresql, .sessions = settings.sessions});
    return open_sqlite({.path = settings.sqlite, .sessions = settings.sessions});
}

}  // namespace postern::auth::store
