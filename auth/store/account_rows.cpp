#include "auth/store/account_rows.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <stdexcept>

namespace postern::auth::store {

namespace {

/// The columns of an account `a`; lists come as lines, because neither names nor groups can hold a line feed.
const std::string account_columns =
    "a.id, a.login, a.display_name, a.state, a.created_at, a.changed_at, "
    "coalesce((SELECT group_concat(value, char(10)) FROM identifier WHERE account_id = a.id AND value <> a.login), "
    "''), "
    "coalesce((SELECT group_concat(group_name, char(10)) FROM membership WHERE account_id = a.id), ''), "
    "EXISTS (SELECT 1 FROM credential WHERE account_id = a.id AND kind = 'password')";

/// One row of `account_columns`, as a statement fills it.
struct AccountRow {
    long long id = 0;
    std::string login, display_name, state;
    long long created_at = 0, changed_at = 0;
    std::string aliases, groups;
    int has_password = 0;

    void bind_to(soci::statement& statement) {
        statement.exchange(soci::into(id));
        statement.exchange(soci::into(login));
        statement.exchange(soci::into(display_name));
        statement.exchange(soci::into(state));
        statement.exchange(soci::into(created_at));
        statement.exchange(soci::into(changed_at));
        statement.exchange(soci::into(aliases));
        statement.exchange(soci::into(groups));
        statement.exchange(soci::into(has_password));
    }
};

std::vector<std::string> sorted_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    std::ranges::sort(lines);
    return lines;
}

/// What stands in the file was checked when it came in. If it is no identifier now, somebody else has written there.
Identifier identifier_of(const std::string& text) {
    auto name = Identifier::parse(text);
    if (!name || name->text() != text) throw std::runtime_error("it holds a name that postern would not have written");
    return std::move(*name);
}

Account account_of(const AccountRow& row) {
    const auto state = account_state(row.state);
    if (!state) throw std::runtime_error("it holds a state that postern would not have written");
    std::vector<Identifier> aliases;
    for (const std::string& alias : sorted_lines(row.aliases)) aliases.push_back(identifier_of(alias));
    return {.id = row.id,
            .login = identifier_of(row.login),
            .aliases = std::move(aliases),
            .display_name = row.display_name,
            .groups = sorted_lines(row.groups),
            .state = *state,
            .has_password = row.has_password != 0,
            .created_at = std::chrono::sys_seconds{std::chrono::seconds{row.created_at}},
            .changed_at = std::chrono::sys_seconds{std::chrono::seconds{row.changed_at}}};
}

/// Executes a statement whose values have been exchanged and reads its first row, if there is one.
bool execute_bound(soci::statement& statement, const std::string& query) {
    statement.alloc();
    statement.prepare(query);
    statement.define_and_bind();
    return statement.execute(true);
}

}  // namespace

std::optional<LoginRecord> select_account(soci::session& session, const Identifier& name, bool with_verifier) {
    AccountRow row;
    std::string verifier;
    soci::statement statement(session);
    row.bind_to(statement);
    statement.exchange(soci::into(verifier));
    statement.exchange(soci::use(name.text(), "name"));
    const std::string verifier_column =
        with_verifier ? "coalesce((SELECT verifier FROM credential WHERE account_id = a.id AND kind = 'password'), '')"
                      : "''";
    if (!execute_bound(statement,
                       "SELECT " + account_columns + ", " + verifier_column +
                           " FROM identifier i JOIN account a ON a.id = i.account_id WHERE i.value = :name")) {
        return std::nullopt;
    }
    LoginRecord record{account_of(row), base::Secret(verifier)};
    base::wipe(verifier);
    return record;
}

std::vector<Account> select_accounts(soci::session& session, const AccountFilter& filter) {
    const std::string state(filter.state ? name_of(*filter.state) : "");
    const std::string text = base::to_lower(filter.text);
    const auto limit = static_cast<long long>(filter.limit);
    AccountRow row;
    soci::statement statement(session);
    row.bind_to(statement);
    statement.exchange(soci::use(filter.after_login, "after"));
    statement.exchange(soci::use(state, "state"));
    statement.exchange(soci::use(filter.group, "grp"));
    statement.exchange(soci::use(text, "text"));
    statement.exchange(soci::use(limit, "most"));
    std::vector<Account> accounts;
    bool found = execute_bound(
        statement,
        "SELECT " + account_columns +
            " FROM account a WHERE a.login > :after AND (:state = '' OR a.state = :state) AND (:grp = '' OR "
            "EXISTS (SELECT 1 FROM membership WHERE account_id = a.id AND group_name = :grp)) AND (:text = '' "
            "OR instr(lower(a.display_name), :text) > 0 OR EXISTS (SELECT 1 FROM identifier WHERE "
            "account_id = a.id AND instr(value, :text) > 0)) ORDER BY a.login LIMIT :most");
    for (; found; found = statement.fetch()) accounts.push_back(account_of(row));
    return accounts;
}

AccountWriter::AccountWriter(soci::session& session, std::chrono::sys_seconds now)
    : session_(session),
      now_(now.time_since_epoch().count()),
      insert_account_((session.prepare << "INSERT INTO account (login, display_name, state, created_at, changed_at) "
                                          "VALUES (:login, :display_name, :state, :created, :changed) "
                                          "ON CONFLICT (login) DO NOTHING",
                       soci::use(login_, "login"),
                       soci::use(display_name_, "display_name"),
                       soci::use(state_, "state"),
                       soci::use(now_, "created"),
                       soci::use(now_, "changed"))),
      insert_identifier_((session.prepare << "INSERT INTO identifier (value, account_id) VALUES (:value, :id) "
                                             "ON CONFLICT (value) DO NOTHING",
                          soci::use(identifier_, "value"),
                          soci::use(id_, "id"))),
      insert_membership_((session.prepare << "INSERT INTO membership (account_id, group_name) VALUES (:id, :grp)",
                          soci::use(id_, "id"),
                          soci::use(group_, "grp"))),
      insert_credential_((session.prepare << "INSERT INTO credential (account_id, kind, verifier, created_at) "
                                             "VALUES (:id, 'password', :verifier, :created)",
                          soci::use(id_, "id"),
                          soci::use(verifier_, "verifier"),
                          soci::use(now_, "created"))) {}

std::optional<Identifier> AccountWriter::add(const NewAccount& account) {
    login_ = account.login.text();
    display_name_ = account.display_name;
    state_ = name_of(account.state);
    insert_account_.execute(true);
    if (insert_account_.get_affected_rows() != 1) return account.login;
    if (!session_.get_last_insert_id("account", id_)) throw std::runtime_error("no number for a new account");
    if (!add_identifier(account.login)) return account.login;
    for (const Identifier& alias : account.aliases) {
        if (!add_identifier(alias)) return alias;
    }
    for (const std::string& group : account.groups) {
        group_ = group;
        insert_membership_.execute(true);
    }
    if (!account.verifier.empty()) set_verifier(account.verifier);
    return std::nullopt;
}

bool AccountWriter::add_identifier(const Identifier& name) {
    identifier_ = name.text();
    insert_identifier_.execute(true);
    return insert_identifier_.get_affected_rows() == 1;
}

void AccountWriter::set_verifier(const base::Secret& verifier) {
    verifier_ = verifier.reveal();
    insert_credential_.execute(true);
    base::wipe(verifier_);
}

}  // namespace postern::auth::store
