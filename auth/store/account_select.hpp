/// Accounts as they come out of the database. For the files of this folder only.
#pragma once

#include "auth/account.hpp"
#include "auth/store/database.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace postern::auth::store {

/// One row of `columns`, as a statement fills it.
class AccountSelect {
public:
    /// The columns of an account `a`; lists come as lines, because nothing in them can hold a line feed.
    [[nodiscard]] static std::string columns(const Database& database);

    /// The first account of "FROM ... WHERE ..." behind the columns.
    template <class... Bound>
    [[nodiscard]] static std::optional<Account> first(Database& database, std::string_view from, Bound&&... bound) {
        std::vector<Account> accounts = all(database, from, std::forward<Bound>(bound)...);
        if (accounts.empty()) return std::nullopt;
        return std::move(accounts.front());
    }
    /// All of them. Throws std::runtime_error when a row holds what postern would not have written.
    template <class... Bound>
    [[nodiscard]] static std::vector<Account> all(Database& database, std::string_view from, Bound&&... bound) {
        AccountSelect row;
        std::vector<Account> accounts;
        Statements::Lent statement = database.next("SELECT " + columns(database) + ' ' + std::string(from));
        row.bind_to(*statement);
        (statement->exchange(std::forward<Bound>(bound)), ...);
        statement->define_and_bind();
        for (bool found = statement->execute(true); found; found = statement->fetch())
            accounts.push_back(row.account());
        return accounts;
    }

private:
    void bind_to(soci::statement& statement);
    [[nodiscard]] Account account() const;

    long long id_ = 0;
    std::string login_, display_name_, language_, state_;
    Nullable valid_from_, valid_until_, sponsor_, link_group_;
    int is_visitor_ = 0, is_link_primary_ = 0;
    long long epoch_ = 0, row_version_ = 0, created_at_ = 0, changed_at_ = 0;
    std::string aliases_, mail_, groups_, affiliations_;
    int passwords_ = 0;
};

/// The lines of a text, sorted.
[[nodiscard]] std::vector<std::string> sorted_lines(std::string_view text);

/// What stands in the database was checked when it came in. Throws std::runtime_error if it is no identifier now:
/// somebody else has written there.
[[nodiscard]] Identifier stored_identifier(const std::string& text);

}  // namespace postern::auth::store
