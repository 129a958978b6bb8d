/// Sessions with an SQLite file through SOCI, for the files of this folder only: SOCI ends here.
#pragma once

#include "auth/store.hpp"

#include <soci/soci.h>

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace postern::auth::store {

enum class Access {
    read_only,
    read_write,  ///< the file must exist; SQLite would create one with permissions of its own
};

/// Whether SOCI and SQLite would both take `path` for the name of a file: not for ":memory:", a URI or more parameters.
[[nodiscard]] bool is_plain_path(const std::string& path);

/// Opens one session on a plain path and sets what holds for it alone: foreign keys, waiting, wiping of deleted
/// content. Throws soci_error.
void open_session(soci::session& session,
                  const std::string& path,
                  Access access,
                  std::chrono::milliseconds busy_timeout);

/// The integer a query of one row and one column gives.
[[nodiscard]] long long number_of(soci::session& session, const std::string& query);

/// What an exception that left SOCI means, in words for the operator of the store at `path`. Only the error's own
/// message is used: SOCI's what() repeats the bound values, and one of them may be a verifier.
[[nodiscard]] StoreError store_error(std::exception_ptr thrown, const std::string& path);

/// The same for a primary result code of SQLite and its message.
[[nodiscard]] StoreError error_of_sqlite(int code, const std::string& message, const std::string& path);

/// A write transaction that takes SQLite's one write lock at its start, so that it can never fail half-way because
/// somebody else wrote meanwhile. Rolled back unless committed.
class WriteTransaction {
public:
    explicit WriteTransaction(soci::session& session);
    WriteTransaction(const WriteTransaction&) = delete;
    WriteTransaction& operator=(const WriteTransaction&) = delete;
    WriteTransaction(WriteTransaction&&) = delete;
    WriteTransaction& operator=(WriteTransaction&&) = delete;
    ~WriteTransaction();

    void commit();

private:
    soci::session& session_;
    bool open_ = true;
};

/// A fixed number of open sessions; each is used by one thread at a time. Thread rule: any thread.
class SessionPool {
public:
    /// Throws soci_error when one of them cannot be opened.
    SessionPool(std::string path,
                std::size_t sessions,
                std::chrono::milliseconds busy_timeout,
                std::chrono::milliseconds lease_timeout);

    /// Runs `work(session)` on a free session and returns what it returns, a StoreResult. What it throws becomes an
    /// error; so does waiting in vain for a session.
    template <class Work>
    auto run(Work work) -> decltype(work(std::declval<soci::session&>())) {
        try {
            std::size_t position = 0;
            if (!pool_.try_lease(position, static_cast<int>(lease_timeout_.count())))
                return std::unexpected(all_busy());
            const GiveBack lease{pool_, position};
            return work(pool_.at(position));
        } catch (...) {
            return std::unexpected(store_error(std::current_exception(), path_));
        }
    }

private:
    struct GiveBack {
        soci::connection_pool& pool;
        std::size_t position;

        GiveBack(soci::connection_pool& from, std::size_t leased) : pool(from), position(leased) {}
        GiveBack(const GiveBack&) = delete;
        GiveBack& operator=(const GiveBack&) = delete;
        ~GiveBack() { pool.give_back(position); }
    };

    [[nodiscard]] StoreError all_busy() const;

    std::string path_;
    std::chrono::milliseconds lease_timeout_;
    soci::connection_pool pool_;
};

}  // namespace postern::auth::store
