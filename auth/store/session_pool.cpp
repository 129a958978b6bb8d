#include "auth/store/session_pool.hpp"

#include "auth/random_code.hpp"

#include <stdexcept>
#include <thread>

namespace postern::auth::store {

namespace {

constexpr std::int64_t down_for_ms = 1000;

std::int64_t steady_ms() {
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::milliseconds(1);
}

/// Two that broke each other's deadlock once would do so again and again if both came back at once.
void step_aside(int tries) {
    const std::int64_t longest_ms = 20LL << tries;
    std::this_thread::sleep_for(std::chrono::milliseconds(random_id() % longest_ms));
}

/// Somebody else found the database down a moment ago.
class StillDown : public std::runtime_error {
public:
    StillDown() : std::runtime_error("it did not answer a moment ago, and is asked again in a second") {}
};

}  // namespace

SessionPool::SessionPool(std::shared_ptr<const Connector> connector,
                         std::size_t sessions,
                         std::chrono::milliseconds lease_timeout,
                         std::chrono::milliseconds answer_timeout)
    : connector_(std::move(connector)), lease_timeout_(lease_timeout), is_open_(sessions, 1), pool_(sessions) {
    for (std::size_t i = 0; i != sessions; ++i) {
        connector_->open(pool_.at(i));
        statements_.push_back(std::make_unique<Statements>(pool_.at(i), connector_->engine()));
    }
    if (connector_->descriptor(pool_.at(0)) >= 0) watch_ = std::make_unique<SessionWatch>(sessions, answer_timeout);
}

SessionPool::~SessionPool() {
    for (std::size_t i = 0; i != statements_.size(); ++i) forget_statements(i);
}

SessionPool::Lease SessionPool::take() {
    std::size_t position = 0;
    const bool is_held = pool_.try_lease(position, static_cast<int>(lease_timeout_.count()));
    return {pool_, position, is_held};
}

void SessionPool::make_ready(std::size_t position) {
    if (is_open_[position] != 0) return;
    if (steady_ms() < down_until_ms_) throw StillDown();
    soci::session& session = pool_.at(position);
    forget_statements(position);
    session.close();
    connector_->open(session);
    is_open_[position] = 1;
    down_until_ms_ = 0;
}

/// PostgreSQL is told of each one, and may not answer.
void SessionPool::forget_statements(std::size_t position) {
    if (statements_[position]->empty()) return;  // a session that could not be opened again has no descriptor
    const Watched watched(watch_.get(), position, connector_->descriptor(pool_.at(position)));
    statements_[position]->forget();
}

StoreResult<void> SessionPool::transact(std::string_view begin, const std::function<bool(Database&)>& work) {
    const Lease lease = take();
    if (!lease.is_held()) return std::unexpected(all_busy());
    for (int tries = 1;; ++tries) {
        bool has_begun = false;
        try {
            attempt(lease.position(), begin, work, has_begun);
            return {};
        } catch (...) {
            Trouble trouble = examine(lease.position(), std::current_exception(), has_begun);
            if (!trouble.is_passing || tries == max_attempts) return std::unexpected(std::move(trouble.error));
            if (has_begun) step_aside(tries);
        }
    }
}

void SessionPool::attempt(std::size_t position,
                          std::string_view begin,
                          const std::function<bool(Database&)>& work,
                          bool& has_begun) {
    make_ready(position);
    Statements& statements = *statements_[position];
    const Watched watched(watch_.get(), position, connector_->descriptor(statements.session()));
    OpenTransaction transaction(statements, begin);
    has_begun = true;
    Database database(statements, watched);
    if (!work(database)) return;
    watched.renew();
    transaction.commit();
}

Trouble SessionPool::examine(std::size_t position, std::exception_ptr thrown, bool has_begun) {
    Trouble trouble = connector_->explain(std::move(thrown));
    if (trouble.is_session_lost) {
        // A session that had been open may have been cut by a restart of the database: only a new one that cannot be
        // opened says that it is down.
        if (is_open_[position] == 0 && steady_ms() >= down_until_ms_) down_until_ms_ = steady_ms() + down_for_ms;
        trouble.is_passing = trouble.is_passing || (!has_begun && is_open_[position] != 0);
        is_open_[position] = 0;
    }
    return trouble;
}

StoreError SessionPool::all_busy() const {
    return {StoreFault::unavailable, "the store " + connector_->place() + " is busy: no session became free in time"};
}

OpenTransaction::~OpenTransaction() {
    if (!open_) return;
    try {
        statements_.session() << "ROLLBACK";
    } catch (const soci::soci_error&) {
        // Rolled back already, as SQLite does when the disk is full, or the connection is gone and took it along:
        // there is nothing left to undo.
        open_ = false;
    }
}

void OpenTransaction::commit() {
    statements_.run("COMMIT");
    open_ = false;
}

long long number_of(soci::session& session, const std::string& query) {
    long long number = 0;
    session << query, soci::into(number);
    return number;
}

}  // namespace postern::auth::store
