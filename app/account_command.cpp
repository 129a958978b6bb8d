#include "app/account_command.hpp"

#include "app/account_fields.hpp"
#include "app/account_text.hpp"

#include <string_view>
#include <utility>

namespace postern::app {

namespace {

constexpr int done = 0;
constexpr int failed = 1;
constexpr int wrong_usage = 2;

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
    return auth::NewAccount{std::move(*login),  std::move(*aliases),        std::move(*display_name),
                            std::move(*groups), auth::AccountState::active, base::Secret()};
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
    auto account = tools.store.find(*name);
    if (!account) return std::unexpected(fail(tools, account.error()));
    return std::move(*account);
}

/// Says what was done to an account; the store is asked once more, so that what is said is what is there.
int report(const auth::Identifier& login, std::string_view what, bool json, const AccountTools& tools) {
    const auto account = tools.store.find(login);
    if (!account) return fail(tools, account.error());
    if (json) {
        tools.out << json_of(*account) << '\n';
    } else {
        tools.out << what << ' ' << account->login.text() << '\n';
    }
    return done;
}

int set_state(const AccountNameOptions& options,
              auth::AccountState state,
              std::string_view what,
              const AccountTools& tools) {
    const auto account = find_account(options.login, tools);
    if (!account) return account.error();
    const auto changed = tools.store.set_state(account->id, state);
    if (!changed) return fail(tools, changed.error());
    return report(account->login, what, options.json, tools);
}

/// Hands every account that passes the filter to `print`, one page after the other.
template <class Print>
auth::StoreResult<std::size_t> for_each_account(auth::AccountFilter filter, auth::Store& store, Print print) {
    std::size_t count = 0;
    for (;;) {
        const auto page = store.list(filter);
        if (!page) return std::unexpected(page.error());
        for (const auth::Account& account : *page) print(account, count++);
        if (page->size() < filter.limit) return count;
        filter.after_login = page->back().login.text();
    }
}

}  // namespace

int account_add(const AccountAddOptions& options, const AccountTools& tools) {
    if (options.no_password && !options.password_file.empty()) {
        return fail(tools, "give either --no-password or --password-file, not both", wrong_usage);
    }
    std::vector<auth::NewAccount> accounts;
    if (auto account = read_account(options, tools.groups)) {
        accounts.push_back(std::move(*account));
    } else {
        return fail(tools, account.error());
    }
    const auth::Identifier login = accounts.front().login;
    if (!options.no_password) {
        auto verifier = read_verifier(options.password_file, tools);
        if (!verifier) return fail(tools, verifier.error());
        accounts.front().verifier = std::move(*verifier);
    }
    if (const auto added = tools.store.add(accounts); !added) return fail(tools, added.error());
    return report(login, "added", options.json, tools);
}

int account_list(const AccountListOptions& options, const AccountTools& tools) {
    auth::AccountFilter filter;
    filter.group = options.group;
    filter.text = options.text;
    filter.state = auth::account_state(options.state);
    if (!options.state.empty() && !filter.state) {
        return fail(tools, "the state is neither active nor disabled", wrong_usage);
    }
    if (options.json) {
        tools.out << '[';
    } else {
        print_table_head(tools.out);
    }
    const auto count = for_each_account(filter, tools.store, [&](const auth::Account& account, std::size_t index) {
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

int account_show(const AccountNameOptions& options, const AccountTools& tools) {
    const auto account = find_account(options.login, tools);
    if (!account) return account.error();
    if (options.json) {
        tools.out << json_of(*account) << '\n';
    } else {
        print_details(*account, tools.out);
    }
    return done;
}

int account_passwd(const AccountPasswdOptions& options, const AccountTools& tools) {
    const auto account = find_account(options.login, tools);
    if (!account) return account.error();
    const auto verifier = read_verifier(options.password_file, tools);
    if (!verifier) return fail(tools, verifier.error());
    const auto changed = tools.store.set_password(account->id, *verifier);
    if (!changed) return fail(tools, changed.error());
    return report(account->login, "new password set for", options.json, tools);
}

int account_disable(const AccountNameOptions& options, const AccountTools& tools) {
    return set_state(options, auth::AccountState::disabled, "disabled", tools);
}

int account_enable(const AccountNameOptions& options, const AccountTools& tools) {
    return set_state(options, auth::AccountState::active, "enabled", tools);
}

}  // namespace postern::app
