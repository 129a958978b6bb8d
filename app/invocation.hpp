/// One run of the program from the command line: what every command may be given, and what it works with. For the files
/// that describe commands to CLI11.
#pragma once

#include "app/helpdesk_command.hpp"
#include "config/settings.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <iostream>
#include <memory>
#include <string>

namespace postern::app {

/// $POSTERN_CONFIG, or the file of an installed postern. Asked for here and not by CLI11, which would let the variable
/// win over the option of another command.
[[nodiscard]] std::string default_config();
[[nodiscard]] const char* config_help();

/// What every command may be given, and the command that was chosen.
struct Invocation {
    std::string config = default_config();
    bool json = false;
    std::function<int()> command;
};

CLI::App* add_command(CLI::App& parent, Invocation& invocation, const std::string& name, const std::string& help);
void add_json(CLI::App* command, Invocation& invocation);

/// Loads the configuration; if that works, runs `work` with it. Says why on standard error otherwise, as do the others.
int with_settings(const Invocation& invocation, const std::function<int(const config::Settings&)>& work);
int with_store(const Invocation& invocation, const std::function<int(const config::Settings&, auth::Store&)>& work);
int with_accounts(const Invocation& invocation, const std::function<int(const AccountTools&)>& work);
int with_helpdesk(const Invocation& invocation, const std::function<int(const HelpdeskTools&)>& work);

using SettingsCommand = int (*)(const config::Settings&, bool json, std::ostream& out, std::ostream& err);

/// A command that needs nothing but the settings.
void add_settings_command(
    CLI::App& group, Invocation& invocation, const char* name, const char* help, SettingsCommand function);

/// `options` of one command, kept until it runs; `with` is `with_accounts` or `with_helpdesk`.
template <class Options, class With, class Function>
std::shared_ptr<Options> set_command(CLI::App* command, Invocation& invocation, With with, Function function) {
    auto options = std::make_shared<Options>();
    add_json(command, invocation);
    command->callback([&invocation, options, with, function] {
        invocation.command = [&invocation, options, with, function] {
            options->json = invocation.json;
            return with(invocation, [&](const auto& tools) { return function(*options, tools); });
        };
    });
    return options;
}

}  // namespace postern::app
