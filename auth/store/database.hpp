/// One session with either database, and the few words in which their SQL differs. For the files of this folder only.
#pragma once

#include "auth/account.hpp"
#include "auth/store/session_watch.hpp"
#include "auth/store/statements.hpp"

#include <soci/soci.h>

#include <optional>
#include <string>
#include <string_view>

namespace postern::auth::store {

/// Wraps a session for one transaction. Everything here throws soci_error.
class Database {
public:
    Database(Statements& statements, const Watched& watched) : statements_(statements), watched_(watched) {}

    [[nodiscard]] Engine engine() const noexcept { return statements_.engine(); }

    /// Runs one statement with what it is bound to. How many rows it changed.
    template <class... Bound>
    long long execute(std::string_view query, Bound&&... bound) {
        Statements::Lent statement = next(query);
        run(*statement, std::forward<Bound>(bound)...);
        return statement->get_affected_rows();
    }

    /// Runs one statement and fills the `into`s of its first row. Whether there is one.
    template <class... Bound>
    bool first(std::string_view query, Bound&&... bound) {
        Statements::Lent statement = next(query);
        return run(*statement, std::forward<Bound>(bound)...);
    }

    /// Fills the `into`s with each row in turn and calls `row()`.
    template <class Row, class... Bound>
    void each(std::string_view query, Row row, Bound&&... bound) {
        Statements::Lent statement = next(query);
        for (bool found = run(*statement, std::forward<Bound>(bound)...); found; found = statement->fetch()) row();
    }

    /// A statement whose time to answer begins now.
    [[nodiscard]] Statements::Lent next(std::string_view query) {
        watched_.renew();
        return {statements_, query};
    }

    /// An aggregate that gives the values of `expression` as lines.
    [[nodiscard]] std::string lines_of(std::string_view expression) const;
    /// A condition that says whether the text `whole` contains `part`; both are expressions.
    [[nodiscard]] std::string contains(std::string_view whole, std::string_view part) const;

private:
    template <class... Bound>
    static bool run(soci::statement& statement, Bound&&... bound) {
        (statement.exchange(std::forward<Bound>(bound)), ...);
        statement.define_and_bind();
        return statement.execute(true);
    }

    Statements& statements_;
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
