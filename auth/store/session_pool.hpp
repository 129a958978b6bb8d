/// Open sessions with a database, for the files of this folder only: SOCI ends here.
#pragma once

#include "auth/store.hpp"
#include "auth/store/database.hpp"
#include "auth/store/session_watch.hpp"

#include <soci/soci.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::auth::store {

/// What an exception that left SOCI means.
struct Trouble {
    StoreError error;              ///< in words for the operator
    bool is_session_lost = false;  ///< the session must be opened anew
    bool is_passing = false;       ///< nothing was changed, and the same work would succeed now: a deadlock was broken
};

/// How one kind of database is reached.
class Connector {
public:
    Connector() = default;
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;
    Connector(Connector&&) = delete;
    Connector& operator=(Connector&&) = delete;
    virtual ~Connector() = default;

    [[nodiscard]] virtual Engine engine() const = 0;
    /// The database in the words of an operator: "/var/lib/postern/postern.db", "postern on db.example:5432".
    [[nodiscard]] virtual const std::string& place() const = 0;
    /// Opens a session and sets what holds for it alone. Throws soci_error. Any thread.
    virtual void open(soci::session& session) const = 0;
    /// The connection on which an open session waits for answers; -1 when there is none that could fall silent.
    [[nodiscard]] virtual int descriptor(soci::session& session) const = 0;
    /// Only the error's own message is used: SOCI's what() repeats the bound values, and one of them may be a verifier.
    [[nodiscard]] virtual Trouble explain(std::exception_ptr thrown) const = 0;
};

/// A fixed number of sessions; each is used by one thread at a time. A session that was lost is opened anew when it is
/// needed next; while that fails, all others are told so at once for a second. Thread rule: any thread.
class SessionPool {
public:
    /// Throws soci_error when one of them cannot be opened.
    SessionPool(std::shared_ptr<const Connector> connector,
                std::size_t sessions,
                std::chrono::milliseconds lease_timeout,
                std::chrono::milliseconds answer_timeout = std::chrono::seconds(8));
    SessionPool(const SessionPool&) = delete;
    SessionPool& operator=(const SessionPool&) = delete;
    SessionPool(SessionPool&&) = delete;
    SessionPool& operator=(SessionPool&&) = delete;
    ~SessionPool();

    /// Begins a transaction with the statement `begin`, runs `work` in it, and commits when `work` says so. What goes
    /// wrong becomes an error after everything was undone; so does waiting in vain for a session. Runs `work` again, at
    /// most four times, when a deadlock was broken at its cost or the session was found dead before it began.
    [[nodiscard]] StoreResult<void> transact(std::string_view begin, const std::function<bool(Database&)>& work);

    [[nodiscard]] const Connector& connector() const noexcept { return *connector_; }

private:
    static constexpr int max_attempts = 5;

    class Lease {
    public:
        Lease(soci::connection_pool& pool, std::size_t position, bool is_held)
            : pool_(pool), position_(position), is_held_(is_held) {}
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        Lease(Lease&&) = delete;
        Lease& operator=(Lease&&) = delete;
        ~Lease() {
            if (is_held_) pool_.give_back(position_);
        }
        [[nodiscard]] bool is_held() const noexcept { return is_held_; }
        [[nodiscard]] std::size_t position() const noexcept { return position_; }

    private:
        soci::connection_pool& pool_;
        std::size_t position_;
        bool is_held_;
    };

    [[nodiscard]] Lease take();
    void attempt(std::size_t position,
                 std::string_view begin,
                 const std::function<bool(Database&)>& work,
                 bool& has_begun);
    void make_ready(std::size_t position);
    void forget_statements(std::size_t position);
    [[nodiscard]] Trouble examine(std::size_t position, std::exception_ptr thrown, bool has_begun);
    [[nodiscard]] StoreError all_busy() const;

    std::shared_ptr<const Connector> connector_;
    std::chrono::milliseconds lease_timeout_;
    std::vector<char> is_open_;                    // by position; touched only by whoever holds the lease
    std::atomic<std::int64_t> down_until_ms_ = 0;  // steady clock
    soci::connection_pool pool_;
    std::unique_ptr<SessionWatch> watch_;                  // where sessions wait on a connection
    std::vector<std::unique_ptr<Statements>> statements_;  // by position, as is_open_
};

/// A transaction that is rolled back unless committed.
class OpenTransaction {
public:
    OpenTransaction(Statements& statements, std::string_view begin) : statements_(statements) {
        statements_.run(begin);
    }
    OpenTransaction(const OpenTransaction&) = delete;
    OpenTransaction& operator=(const OpenTransaction&) = delete;
    OpenTransaction(OpenTransaction&&) = delete;
    OpenTransaction& operator=(OpenTransaction&&) = delete;
    ~OpenTransaction();

    void commit();

private:
    Statements& statements_;
    bool open_ = true;
};

/// The integer a query of one row and one column gives.
[[nodiscard]] long long number_of(soci::session& session, const std::string& query);

}  // namespace postern::auth::store
