#include "app/command_line.hpp"

#include "app/account_command.hpp"
#include "app/account_import.hpp"
#include "app/account_show.hpp"
#include "app/check_command.hpp"
#include "app/helpdesk_command_line.hpp"
#include "app/invocation.hpp"
#include "app/keys_command.hpp"
#include "app/live_command_line.hpp"
#include "app/load_settings.hpp"
#include "app/route_command.hpp"
#include "app/serve.hpp"
#include "app/store_command.hpp"
#include "auth/login_record.hpp"
#include "base/clock.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <iostream>
#include <memory>
#include <string>

namespace postern::app {
namespace {

constexpr int wrong_usage = 2;

void add_serve(CLI::App& app, Invocation& invocation) {
    CLI::App* const command =
        add_command(app, invocation, "serve",
                    "Run the gateway in the foreground until SIGTERM or SIGINT; SIGHUP reads the configuration again");
    command->callback([&invocation] {
        invocation.command = [&invocation] {
            auto settings = load_settings(invocation.config, std::cerr);
            return settings ? serve(std::move(*settings), invocation.config) : 1;
        };
    });
}

void add_check(CLI::App& app, Invocation& invocation) {
    CLI::App* const command =
        app.add_subcommand("check", "Report every mistake of a configuration file; start nothing");
    command->add_option("FILE", invocation.config, config_help())->capture_default_str();
    add_json(command, invocation);
    command->callback([&invocation] {
        invocation.command = [&invocation] { return check(invocation.config, invocation.json, std::cout, std::cerr); };
    });
}

void add_store(CLI::App& app, Invocation& invocation) {
    CLI::App& group = *app.add_subcommand("store", "The database of accounts");
    add_settings_command(group, invocation, "migrate",
                         "Create the store, or bring it to the version this program needs", store_migrate);
    add_settings_command(group, invocation, "status", "Say whether the gateway could use the store; change nothing",
                         store_status);
}

void add_keys(CLI::App& app, Invocation& invocation) {
    CLI::App& group = *app.add_subcommand("keys", "The keys that are never in the database");
    add_settings_command(group, invocation, "status", "Say whether the key file fits the store; change nothing",
                         keys_status);
    add_settings_command(group, invocation, "rotate", "Add a key and seal everything in the store with it",
                         keys_rotate);
}

constexpr auto password_file_help = "Read the password from the first line of this file; - is standard input";

void add_account_changes(CLI::App& group, Invocation& invocation) {
    CLI::App* const add = add_command(group, invocation, "add", "Add an account; asks for its password");
    const auto added = set_command<AccountAddOptions>(add, invocation, with_accounts, account_add);
    add->add_option("LOGIN", added->login, "Main name, usually the mail address")->required();
    add->add_option("-a,--alias", added->aliases, "Further name to log in with; may be repeated");
    add->add_option("-g,--group", added->groups, "Group of the account; may be repeated");
    add->add_option("--display-name", added->display_name, "Name of the person");
    CLI::Option* const file = add->add_option("--password-file", added->password_file, password_file_help);
    add->add_flag("--no-password", added->no_password, "Nobody can log in until `account passwd`")->excludes(file);
    add->add_flag("--provisional", added->provisional, "Make a password that its activation begins with, shown once")
        ->excludes(file);

    CLI::App* const import =
        add_command(group, invocation, "import", "Add or update many accounts from a CSV file, all or none");
    const auto imported = set_command<AccountImportOptions>(import, invocation, with_accounts, account_import);
    import->add_option("FILE", imported->file, "CSV with a header line (docs/accounts.md); - is standard input")
        ->required();
    import->add_flag("-u,--update", imported->update,
                     "Bring accounts that are there up to date; their passwords, and what the file leaves empty, stay");
    import->add_flag("--replace", imported->replace,
                     "With --update: groups, aliases and affiliations that the file does not name any more end");
    import->add_flag("-n,--dry-run", imported->dry_run, "Check everything, show the differences, change nothing");

    CLI::App* const passwd = add_command(group, invocation, "passwd", "Set the password of an account; asks for it");
    const auto password = set_command<AccountPasswdOptions>(passwd, invocation, with_accounts, account_passwd);
    passwd->add_option("LOGIN", password->login, "Any name of the account")->required();
    passwd->add_option("--password-file", password->password_file, password_file_help);
}

void add_accounts(CLI::App& app, Invocation& invocation) {
    CLI::App* const group = app.add_subcommand("account", "Accounts: who may log in");
    add_account_changes(*group, invocation);

    CLI::App* const list = add_command(*group, invocation, "list", "List accounts");
    const auto listed = set_command<AccountListOptions>(list, invocation, with_accounts, account_list);
    list->add_option("-g,--group", listed->group, "Only members of this group");
    list->add_option("--state", listed->state, "Only accounts in this state")
        ->check(CLI::IsMember(
            {"imported", "provisional", "pending_mail", "charter", "active", "must_change", "suspended", "closed"}));
    list->add_option("TEXT", listed->text, "Only accounts with this in a name");

    const auto add_named = [&](const char* name, const char* help, auto with, auto function) {
        CLI::App* const command = add_command(*group, invocation, name, help);
        const auto options = set_command<AccountNameOptions>(command, invocation, with, function);
        command->add_option("LOGIN", options->login, "Any name of the account")->required();
    };
    add_named("show", "Show one account, what it can log in with and what belongs to it", with_helpdesk, account_show);
    add_named("suspend", "Let an account log in no more", with_accounts, account_suspend);
    add_named("resume", "Let a suspended account log in again", with_accounts, account_resume);
    add_account_care(*group, invocation);
}

struct RouteArguments {
    RouteExplainOptions options;
    std::string protocol;
};

/// The account that logs in by this name on this listener, as the store knows it.
int explain_for_account(RouteArguments& arguments, bool json, const config::Settings& settings, auth::Store& store) {
    const auto listener = route_listener(settings, arguments.options);
    if (!listener) {
        std::cerr << "postern: " << listener.error() << '\n';
        return wrong_usage;
    }
    for (const auth::Identifier& name : auth::meanings(arguments.options.user, (*listener)->default_domain)) {
        const auto found = store.read([&](auth::Transaction& t) { return auth::login_record(t, name); });
        if (!found) {
            std::cerr << "postern: " << found.error().detail << '\n';
            return 1;
        }
        if (!*found) continue;
        const auth::Identity identity = auth::identity_of(**found, base::SystemClock().now());
        arguments.options.user = identity.login;
        arguments.options.groups = identity.groups;
        return route_explain(settings, arguments.options, json, std::cout, std::cerr);
    }
    std::cerr << "postern: no account goes by " << arguments.options.user << "; see `postern account list`\n";
    return 1;
}

void add_route(CLI::App& app, Invocation& invocation) {
    CLI::App* const group = app.add_subcommand("route", "Routing rules");
    CLI::App* const command = add_command(*group, invocation, "explain",
                                          "Say which backend an account gets, and why no earlier rule decided");
    add_json(command, invocation);
    const auto arguments = std::make_shared<RouteArguments>();
    command->add_option("USER", arguments->options.user, "Any name of the account")->required();
    command->add_option("-p,--protocol", arguments->protocol, "imap or submission (smtp is the same)")
        ->required()
        ->check(CLI::IsMember({"imap", "submission", "smtp"}));
    command->add_option("--from", arguments->options.client, "Address of the client")->default_val("127.0.0.1");
    command->add_option("--listener", arguments->options.listener,
                        "Name of the listener; default: the first of the protocol");
    command->callback([&invocation, arguments] {
        invocation.command = [&invocation, arguments] {
            arguments->options.protocol =
                arguments->protocol == "imap" ? config::MailProtocol::imap : config::MailProtocol::submission;
            return with_store(invocation, [&](const config::Settings& settings, auth::Store& store) {
                return explain_for_account(*arguments, invocation.json, settings, store);
            });
        };
    });
}

/// A full disk or a closed pipe must not pass for success: scripts trust the status.
int finish_output(int status) {
    if (std::cout.flush()) return status;
    std::cerr << "postern: the answer could not be written to standard output\n";
    return status == 0 ? 1 : status;
}

}  // namespace

int run_command_line(int argc, char** argv) {
    CLI::App app("postern: the door between mail clients and your mail servers", "postern");
    app.set_version_flag("--version", "postern " POSTERN_VERSION);
    Invocation invocation;
    add_serve(app, invocation);
    add_live_commands(app, invocation);
    add_check(app, invocation);
    add_route(app, invocation);
    add_accounts(app, invocation);
    add_helpdesk(app, invocation);
    add_store(app, invocation);
    add_keys(app, invocation);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : wrong_usage;
    }
    if (invocation.command) return finish_output(invocation.command());
    // A group without a command, or nothing at all: its commands are what the person looks for.
    const auto chosen = app.get_subcommands();
    std::cerr << (chosen.empty() ? app.help() : chosen.front()->help());
    return wrong_usage;
}

}  // namespace postern::app
