/// One session with either database, and the few words in which their SQL differs. For the files of this folder only.
#pragma once

#include "auth/account.hpp"
#include "auth/store/session_watch.hpp"

#include <soci/soci.h>

#include <optional>
#include <string>
#include <string_view>

namespace postern::auth::store {

enum class Engine { sqlite, postgresql };

/// Wraps a session for one transaction. Everything here throws soci_error.
class Database {
public:
    Database(soci::session& session, Engine engine, const Watched& watched)
        : session_(session), engine_(engine), watched_(watched) {}

    /// For one statement, whose time to answer begins now.
    [[nodiscard]] soci::session& session() const {
        watched_.renew();
        return session_;
    }
    [[nodiscard]] Engine engine() const noexcept { return engine_; }

    /// Runs one statement with what it is bound to. How many rows it changed.
    template <class... Bound>
    long long execute(const std::string& query, Bound&&... bound) {
        soci::statement statement(session());
        run(statement, query, std::forward<Bound>(bound)...);
        return statement.get_affected_rows();
    }

    /// Runs one statement and fills the `into`s of its first row. Whether there is one.
    template <class... Bound>
    bool first(const std::string& query, Bound&&... bound) {
        soci::statement statement(session());
        return run(statement, query, std::forward<Bound>(bound)...);
    }

    /// Fills the `into`s with each row in turn and calls `row()`.
    template <class Row, class... Bound>
    void each(const std::string& query, Row row, Bound&&... bound) {
        soci::statement statement(session());
        for (bool found = run(statement, query, std::forward<Bound>(bound)...); found; found = statement.fetch()) row();
    }

    /// An aggregate that gives the values of `expression` as lines.
    [[nodiscard]] std::string lines_of(std::string_view expression) const;
    /// A condition that says whether the text `whole` contains `part`; both are expressions.
    [[nodiscard]] std::string contains(std::string_view whole, std::string_view part) const;

private:
    template <class... Bound>
    static bool run(soci::statement& statement, const std::string& query, Bound&&... bound) {
        (statement.exchange(std::forward<Bound>(bound)), ...);
        statement.alloc();
        // Sent and executed at once: a prepared statement would cost PostgreSQL three round trips.
        statement.prepare(query, soci::details::st_one_time_query);
        statement.define_and_bind();
        return statement.execute(true);
    }

    soci::session& session_;
    Engine engine_;
    const Watched& watched_;
};

/// A number that may be NULL, in the two pieces SOCI wants.
struct Nullable {
    long long value = 0;
    soci::indicator indicator = soci::i_null;

    Nullable() = default;
    explicit Nullable(std::optional<long long> number)
        : value(number.value_or(0)), indicator(number ? soci::i_ok : soci::i_null) {}
    explicit Nullable(std::optional<Time> time)
        : Nullable(time ? std::optional<long long>(time->time_since_epoch().count()) : std::nullopt) {}

    [[nodiscard]] std::optional<long long> number() const {
        return indicator == soci::i_ok ? std::optional(value) : std::nullopt;
    }
    [[nodiscard]] std::optional<Time> time() const {
        return indicator == soci::i_ok ? std::optional(Time{std::chrono::seconds{value}}) : std::nullopt;
    }
};

[[nodiscard]] inline long long seconds_of(Time time) {
    return time.time_since_epoch().count();
}
[[nodiscard]] inline Time time_of(long long seconds) {
    return Time{std::chrono::seconds{seconds}};
}

}  // namespace postern::auth::store
