#include "app/account_command.hpp"

#include "app/account_fields.hpp"
#include "app/account_text.hpp"
#include "auth/random_code.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <span>
#include <string_view>
#include <utility>

namespace postern::app {

namespace {

constexpr int done = 0;
constexpr int failed = 1;
constexpr int wrong_usage = 2;
constexpr std::chrono::days provisional_time{30};

int fail(const AccountTools& tools, std::string_view why, int status = failed) {
    tools.err << why << '\n';
    return status;
}

int fail(const AccountTools& tools, const auth::StoreError& error) {
    switch (error.fault) {
        case auth::StoreFault::already_exists:
            return fail(tools, "the name " + error.detail + " is in use already: see `postern account show " +
                                   error.detail + '`');
        case auth::StoreFault::not_found:
            return fail(tools, error.detail + ": `postern account list` shows which there are");
        default:
            return fail(tools, error.detail);
    }
}

/// Everything of `options` but the password.
std::expected<auth::NewAccount, std::string> read_account(const AccountAddOptions& options,
                                                          const std::vector<std::string>& known_groups) {
    auto login = read_name(options.login, "login");
    if (!login) return std::unexpected(login.error());
    auto aliases = read_aliases(options.aliases, *login);
    if (!aliases) return std::unexpected(aliases.error());
    auto groups = read_groups(options.groups, known_groups);
    if (!groups) return std::unexpected(groups.error());
    auto display_name = read_display_name(options.display_name);
    if (!display_name) return std::unexpected(display_name.error());
    return auth::NewAccount{.id = auth::random_id(),
                            .login = std::move(*login),
                            .aliases = std::move(*aliases),
                            .display_name = std::move(*display_name),
                            .groups = std::move(*groups),
                            .state = auth::AccountState::active};
}

std::expected<base::Secret, std::string> read_verifier(const std::string& password_file, const AccountTools& tools) {
    const auto password = read_new_password({password_file}, tools.in, tools.prompt);
    if (!password) return std::unexpected(password.error());
    auto verifier = tools.hasher.hash(*password);
    if (!verifier) return std::unexpected("there is not enough memory to hash the password");
    return std::move(*verifier);
}

/// The account that goes by what was typed.
std::expected<auth::Account, int> find_account(const std::string& login, const AccountTools& tools) {
    const auto name = read_name(login, "login");
    if (!name) return std::unexpected(fail(tools, name.error()));
    auto account = tools.accounts.find(*name);
    if (!account) return std::unexpected(fail(tools, account.error()));
    return std::move(*account);
}

/// Says what was done to an account; the store is asked once more, so that what is said is what is there.
int report(const auth::Identifier& login, std::string_view what, bool json, const AccountTools& tools) {
    const auto account = tools.accounts.find(login);
    if (!account) return fail(tools, account.error());
    if (json) {
        tools.out << json_of(*account) << '\n';
    } else {
        tools.out << what << ' ' << account->login.text() << '\n';
    }
    return done;
}

/// With a password made here, printed once.
int add_provisional(auth::AccountWithPassword& made, const AccountAddOptions& options, const AccountTools& tools) {
    const base::Secret slip = auth::random_password_slip();
    auto verifier = tools.hasher.hash(slip);
    if (!verifier) return fail(tools, "there is not enough memory to hash the password");
    made.account.state = auth::AccountState::provisional;
    made.verifier = std::move(*verifier);
    made.provisional_until = tools.clock.now() + provisional_time;
    if (const auto added = tools.accounts.add(std::span(&made, 1)); !added) return fail(tools, added.error());
    if (options.json) {
        tools.out << boost::json::serialize(boost::json::object{{"login", made.account.login.text()},
                                                                {"provisional_password", slip.reveal()},
                                                                {"expires_at", time_text(*made.provisional_until)}})
                  << '\n';
    } else {
        tools.out << "added " << made.account.login.text() << "; its password to begin with, shown once:\n\n    "
                  << slip.reveal() << "\n\nIt begins the activation on the account portal until "
                  << time_text(*made.provisional_until) << " and opens no mailbox.\n";
    }
    return done;
}

template <class Change>
int change_account(const AccountNameOptions& options, Change change, std::string_view what, const AccountTools& tools) {
    const auto account = find_account(options.login, tools);
    if (!account) return account.error();
    const auto changed = change(account->id);
    if (!changed) return fail(tools, changed.error());
    return report(account->login, what, options.json, tools);
}

/// Hands every account that passes the filter to `print`, one page after the other.
template <class Print>
auth::StoreResult<std::size_t> for_each_account(auth::AccountFilter filter,
                                                const auth::Accounts& accounts,
                                                Print print) {
    std::size_t count = 0;
    for (;;) {
        const auto page = accounts.list(filter);
        if (!page) return std::unexpected(page.error());
        for (const auth::Account& account : *page) print(account, count++);
        if (page->size() < filter.limit) return count;
        filter.after_login = page->back().login.text();
    }
}

}  // namespace

int account_add(const AccountAddOptions& options, const AccountTools& tools) {
    if (options.no_password + options.provisional + !options.password_file.empty() > 1)
        return fail(tools, "give one of --no-password, --provisional and --password-file", wrong_usage);
    std::vector<auth::AccountWithPassword> accounts;
    if (auto account = read_account(options, tools.groups)) {
        accounts.emplace_back(std::move(*account), base::Secret());
    } else {
        return fail(tools, account.error());
    }
    const auth::Identifier login = accounts.front().account.login;
    if (options.provisional) return add_provisional(accounts.front(), options, tools);
    if (!options.no_password) {
        auto verifier = read_verifier(options.password_file, tools);
        if (!verifier) return fail(tools, verifier.error());
        accounts.front().verifier = std::move(*verifier);
    }
    if (const auto added = tools.accounts.add(accounts); !added) return fail(tools, added.error());
    return report(login, "added", options.json, tools);
}

int account_list(const AccountListOptions& options, const AccountTools& tools) {
    auth::AccountFilter filter;
    filter.group = options.group;
    filter.text = options.text;
    filter.state = auth::account_state(options.state);
    if (!options.state.empty() && !filter.state) {
        return fail(
            tools,
            "the state is none of imported, provisional, pending_mail, charter, active, must_change, suspended, closed",
            wrong_usage);
    }
    if (options.json) {
        tools.out << '[';
    } else {
        print_table_head(tools.out);
    }
    const auto count = for_each_account(filter, tools.accounts, [&](const auth::Account& account, std::size_t index) {
        if (options.json) {
            tools.out << (index == 0 ? "\n" : ",\n") << json_of(account);
        } else {
            print_table_line(account, tools.out);
        }
    });
    if (!count) return fail(tools, count.error());
    if (options.json) tools.out << "\n]\n";
    return done;
}

int account_passwd(const AccountPasswdOptions& options, const AccountTools& tools) {
    const auto account = find_account(options.login, tools);
    if (!account) return account.error();
    const auto verifier = read_verifier(options.password_file, tools);
    if (!verifier) return fail(tools, verifier.error());
    const auto changed = tools.accounts.set_password(account->id, *verifier);
    if (!changed) return fail(tools, changed.error());
    return report(account->login, "new password set for", options.json, tools);
}

int account_suspend(const AccountNameOptions& options, const AccountTools& tools) {
    return change_account(options, [&](auth::AccountId id) { return tools.accounts.suspend(id); }, "suspended", tools);
}

int account_resume(const AccountNameOptions& options, const AccountTools& tools) {
    return change_account(options, [&](auth::AccountId id) { return tools.accounts.resume(id); }, "resumed", tools);
}

}  // namespace postern::app
