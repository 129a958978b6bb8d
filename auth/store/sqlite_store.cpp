#include "auth/store/sqlite_store.hpp"

#include "auth/store/account_rows.hpp"
#include "auth/store/schema.hpp"
#include "auth/store/sqlite_session.hpp"

#include <utility>

namespace postern::auth::store {

struct SqliteStore::Impl {
    Impl(const SqliteOptions& options, const base::Clock& with_clock)
        : pool(options.path, options.sessions, options.busy_timeout, options.lease_timeout), clock(with_clock) {}

    [[nodiscard]] long long now() const { return clock.now().time_since_epoch().count(); }

    SessionPool pool;
    const base::Clock& clock;
};

namespace {

std::unexpected<StoreError> no_account_named(const Identifier& name) {
    return std::unexpected(StoreError{StoreFault::not_found, "there is no account named " + name.text()});
}

std::unexpected<StoreError> no_account_numbered(AccountId account) {
    return std::unexpected(StoreError{StoreFault::not_found, "there is no account number " + std::to_string(account)});
}

/// The clock may have been set back since the account was created; the order of its times must hold all the same.
bool touch(soci::session& session, AccountId account, long long now) {
    const long long id = account;
    soci::statement update = (session.prepare << "UPDATE account SET changed_at = max(created_at, :now) WHERE id = :id",
                              soci::use(now, "now"), soci::use(id, "id"));
    update.execute(true);
    return update.get_affected_rows() == 1;
}

}  // namespace

StoreResult<std::unique_ptr<SqliteStore>> SqliteStore::open(const SqliteOptions& options, const base::Clock& clock) {
    const auto status = sqlite_status(options.path);
    if (!status) return std::unexpected(status.error());
    if (auto objection = objection_to(*status, options.path)) return std::unexpected(std::move(*objection));
    try {
        return std::unique_ptr<SqliteStore>(new SqliteStore(std::make_unique<Impl>(options, clock)));
    } catch (...) {
        return std::unexpected(store_error(std::current_exception(), options.path));
    }
}

SqliteStore::SqliteStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteStore::~SqliteStore() = default;

StoreResult<LoginRecord> SqliteStore::find_for_login(const Identifier& name) {
    return impl_->pool.run([&](soci::session& session) -> StoreResult<LoginRecord> {
        auto record = select_account(session, name, true);
        if (!record) return no_account_named(name);
        return std::move(*record);
    });
}

StoreResult<Account> SqliteStore::find(const Identifier& name) {
    return impl_->pool.run([&](soci::session& session) -> StoreResult<Account> {
        auto record = select_account(session, name, false);
        if (!record) return no_account_named(name);
        return std::move(record->account);
    });
}

StoreResult<std::vector<Account>> SqliteStore::list(const AccountFilter& filter) {
    return impl_->pool.run(
        [&](soci::session& session) -> StoreResult<std::vector<Account>> { return select_accounts(session, filter); });
}

StoreResult<std::vector<Identifier>> SqliteStore::taken(std::span<const Identifier> names) {
    return impl_->pool.run([&](soci::session& session) -> StoreResult<std::vector<Identifier>> {
        std::string value;
        long long count = 0;
        soci::statement ask = (session.prepare << "SELECT count(*) FROM identifier WHERE value = :value",
                               soci::use(value, "value"), soci::into(count));
        std::vector<Identifier> found;
        for (const Identifier& name : names) {
            value = name.text();
            ask.execute(true);
            if (count != 0) found.push_back(name);
        }
        return found;
    });
}

StoreResult<void> SqliteStore::add(std::span<const NewAccount> accounts) {
    return impl_->pool.run([&](soci::session& session) -> StoreResult<void> {
        WriteTransaction transaction(session);
        AccountWriter writer(session, impl_->clock.now());
        for (const NewAccount& account : accounts) {
            if (const auto name = writer.add(account)) {
                return std::unexpected(StoreError{StoreFault::already_exists, name->text()});
            }
        }
        transaction.commit();
        return {};
    });
}

StoreResult<void> SqliteStore::set_password(AccountId account, const base::Secret& verifier) {
    return impl_->pool.run([&](soci::session& session) -> StoreResult<void> {
        const BoundSecret bound(verifier);
        const long long id = account;
        const long long now = impl_->now();
        WriteTransaction transaction(session);
        if (!touch(session, account, now)) return no_account_numbered(account);
        session << "INSERT INTO credential (account_id, kind, verifier, created_at) "
                   "VALUES (:id, 'password', :verifier, :now) ON CONFLICT (account_id) WHERE kind = 'password' "
                   "DO UPDATE SET verifier = excluded.verifier, created_at = excluded.created_at",
            soci::use(id, "id"), soci::use(bound.text(), "verifier"), soci::use(now, "now");
        transaction.commit();
        return {};
    });
}

StoreResult<void> SqliteStore::replace_verifier(AccountId account,
                                                const base::Secret& expected,
                                                const base::Secret& fresh) {
    return impl_->pool.run([&](soci::session& session) -> StoreResult<void> {
        const BoundSecret old_verifier(expected);
        const BoundSecret new_verifier(fresh);
        const long long id = account;
        soci::statement update =
            (session.prepare << "UPDATE credential SET verifier = :fresh WHERE account_id = :id AND kind = 'password' "
                                "AND verifier = :expected",
             soci::use(new_verifier.text(), "fresh"), soci::use(id, "id"), soci::use(old_verifier.text(), "expected"));
        update.execute(true);
        if (update.get_affected_rows() == 1) return {};
        return std::unexpected(StoreError{StoreFault::changed_meanwhile, "the password was changed meanwhile"});
    });
}

StoreResult<void> SqliteStore::set_state(AccountId account, AccountState state) {
    return impl_->pool.run([&](soci::session& session) -> StoreResult<void> {
        const std::string name(name_of(state));
        const long long id = account;
        WriteTransaction transaction(session);
        if (!touch(session, account, impl_->now())) return no_account_numbered(account);
        session << "UPDATE account SET state = :state WHERE id = :id", soci::use(name, "state"), soci::use(id, "id");
        transaction.commit();
        return {};
    });
}

}  // namespace postern::auth::store
