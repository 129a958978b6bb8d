#include "app/invocation.hpp"

#include "app/load_settings.hpp"
#include "auth/password_verifiers.hpp"
#include "auth/sealing.hpp"
#include "auth/store/sql_store.hpp"
#include "base/clock.hpp"

#include <cstdlib>

#include <unistd.h>

namespace postern::app {

namespace {

int fail(const std::string& why) {
    std::cerr << "postern: " << why << '\n';
    return 1;
}

}  // namespace

std::string default_config() {
    const char* const named = std::getenv("POSTERN_CONFIG");
    return named != nullptr && *named != '\0' ? named : "/etc/postern/postern.yaml";
}

const char* config_help() {
    return "Configuration file; without it $POSTERN_CONFIG";
}

CLI::App* add_command(CLI::App& parent, Invocation& invocation, const std::string& name, const std::string& help) {
    CLI::App* const command = parent.add_subcommand(name, help);
    command->add_option("-c,--config", invocation.config, config_help())->capture_default_str();
    return command;
}

void add_json(CLI::App* command, Invocation& invocation) {
    command->add_flag("--json", invocation.json, "Answer in JSON, for scripts");
}

void add_settings_command(
    CLI::App& group, Invocation& invocation, const char* name, const char* help, SettingsCommand function) {
    CLI::App* const command = add_command(group, invocation, name, help);
    add_json(command, invocation);
    command->callback([&invocation, function] {
        invocation.command = [&invocation, function] {
            return with_settings(invocation, [&](const config::Settings& settings) {
                return function(settings, invocation.json, std::cout, std::cerr);
            });
        };
    });
}

int with_settings(const Invocation& invocation, const std::function<int(const config::Settings&)>& work) {
    const auto settings = load_settings(invocation.config, std::cerr);
    return settings ? work(*settings) : 1;
}

int with_store(const Invocation& invocation, const std::function<int(const config::Settings&, auth::Store&)>& work) {
    return with_settings(invocation, [&](const config::Settings& settings) {
        const auto store = auth::store::open_store(settings.store);
        return store ? work(settings, **store) : fail(store.error().detail);
    });
}

int with_helpdesk(const Invocation& invocation, const std::function<int(const HelpdeskTools&)>& work) {
    return with_store(invocation, [&](const config::Settings& settings, auth::Store& store) {
        const auto keyring = auth::Keyring::load(settings.auth.key_file);
        if (!keyring) return fail(keyring.error());
        if (const auto fits = auth::check_keys(store, *keyring); !fits) return fail(fits.error().detail);
        const base::SystemClock clock;
        const auth::PasswordVerifiers hasher(settings.auth.password_hash);
        const auth::Accounts accounts(store, *keyring, clock);
        TerminalPrompt prompt;
        const AccountTools tools{.accounts = accounts,
                                 .hasher = hasher,
                                 .keyring = *keyring,
                                 .clock = clock,
                                 .groups = settings.groups,
                                 .prompt = prompt,
                                 .in = std::cin,
                                 .out = std::cout,
                                 .err = std::cerr,
                                 .shows_progress = isatty(STDERR_FILENO) == 1};
        // The loader knows it.
        const auto zone = base::TimeZone::named(settings.accounts.time_zone).value_or(base::TimeZone::utc());
        return work({.account = tools,
                     .store = store,
                     .keyring = *keyring,
                     .clock = clock,
                     .lockout = settings.auth.lockout,
                     .zone = zone});
    });
}

int with_accounts(const Invocation& invocation, const std::function<int(const AccountTools&)>& work) {
    return with_helpdesk(invocation, [&](const HelpdeskTools& tools) { return work(tools.account); });
}

}  // namespace postern::app
