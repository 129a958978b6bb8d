#include "app/live_command_line.hpp"

#include "app/live_command.hpp"

#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace postern::app {
namespace {

/// A command with a word, which `with_word` describes; or without one.
template <class Ask>
void add_asking(CLI::App& group,
                Invocation& invocation,
                const char* name,
                const char* help,
                Ask ask,
                const std::function<void(CLI::App&, std::string& word)>& with_word = {}) {
    CLI::App* const command = add_command(group, invocation, name, help);
    add_json(command, invocation);
    const auto word = std::make_shared<std::string>();
    if (with_word) with_word(*command, *word);
    command->callback([&invocation, ask, word] {
        invocation.command = [&invocation, ask, word] {
            return with_settings(invocation, [&](const config::Settings& settings) {
                return ask(LiveTools{settings, invocation.json, std::cout, std::cerr}, *word);
            });
        };
    });
}

void server_word(CLI::App& command, std::string& word) {
    command.add_option("SERVER", word, "BACKEND, or BACKEND/SERVER where it has several")->required();
}

}  // namespace

void add_live_commands(CLI::App& app, Invocation& invocation) {
    add_asking(app, invocation, "who", "Who is logged in now", show_sessions, [](CLI::App& command, std::string& word) {
        command.add_option("--user", word, "Sessions of this login only");
    });
    add_asking(app, invocation, "kick", "End all sessions of somebody, each between two commands", kick,
               [](CLI::App& command, std::string& word) {
                   command.add_option("USER", word, "The account's login")->required();
               });
    CLI::App& backend = *app.add_subcommand("backend", "The servers behind the running postern");
    backend.require_subcommand(1);
    add_asking(backend, invocation, "list", "Every server, whether it is up, and how many sessions are on it",
               [](const LiveTools& tools, const std::string&) { return list_backends(tools); });
    add_asking(
        backend, invocation, "drain", "Give a server no new sessions; those on it stay",
        [](const LiveTools& tools, const std::string& word) { return set_drained(tools, word, true); }, server_word);
    add_asking(
        backend, invocation, "undrain", "Give a server new sessions again",
        [](const LiveTools& tools, const std::string& word) { return set_drained(tools, word, false); }, server_word);
    add_asking(app, invocation, "reload", "Have the running postern read its configuration again (as SIGHUP does)",
               [](const LiveTools& tools, const std::string&) { return reload(tools); });
    add_asking(app, invocation, "log-level", "How much the running postern tells, until the next reload", set_log_level,
               [](CLI::App& command, std::string& word) {
                   command.add_option("LEVEL", word, "debug, info, warning or error")->required();
               });
}

}  // namespace postern::app
