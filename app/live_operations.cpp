#include "app/live_operations.hpp"

#include "app/account_text.hpp"
#include "base/ascii.hpp"
#include "net/log.hpp"
#include "proxy/routing/router.hpp"

#include <boost/json.hpp>

#include <array>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace postern::app {
namespace {

namespace json = boost::json;

constexpr std::size_t most_sessions = 100'000;

json::object refusal(std::string_view reason) {
    return {{"ok", false}, {"error", reason}};
}

/// Empty when it is not there or no text.
std::string text_of(const json::object& question, std::string_view name) {
    const json::value* const value = question.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

proxy::OpenSessions::Filter of_user(const std::string& user) {
    return [login = base::to_lower(user)](const proxy::OpenSession& session) {
        return login.empty() || base::to_lower(session.login) == login;
    };
}

json::object who(const json::object& question, const Server& server) {
    json::array sessions;
    const pid_t process = getpid();
    for (const auto& session : server.sessions().list(of_user(text_of(question, "user")), most_sessions))
        sessions.push_back(json::object{{"session", session.number},
                                        {"login", session.login},
                                        {"protocol", proxy::routing::protocol_name(session.protocol)},
                                        {"listener", session.listener},
                                        {"client", session.client.text()},
                                        {"backend", session.backend},
                                        {"since", time_text(session.since)},
                                        {"process", process}});
    return {{"ok", true}, {"sessions", std::move(sessions)}, {"total", server.sessions().count()}};
}

json::object kick(const json::object& question, const Server& server) {
    const std::string user = text_of(question, "user");
    if (user.empty()) return refusal("whom to kick is not said");
    const std::size_t count = server.sessions().cut(of_user(user), proxy::Cut::kicked);
    net::log(config::LogLevel::info, "kicked", {{"account", user}, {"sessions", count}});
    return {{"ok", true}, {"sessions", count}};
}

std::string_view state_of(const config::BackendServer& server, const proxy::ServerHealth& health) {
    if (server.drain) return "drained by the configuration";
    if (health.is_drained()) return "drained";
    return health.is_up() ? "up" : "down";
}

/// Null: it has never answered.
json::value list_of(const proxy::KnownCapabilities& known) {
    const auto list = known.list();
    return list ? json::value_from(*list) : json::value();
}

json::object backends(const Server& server) {
    json::array servers;
    const auto counts = server.sessions().by_backend();
    const Generation& generation = server.generation();
    for (const auto& [name, backend] : generation.settings().backends) {
        for (std::size_t i = 0; i != backend.servers.size(); ++i) {
            const config::BackendServer& one = backend.servers[i];
            const std::string full = backend.servers.size() > 1 ? name + '/' + one.name : name;
            const auto sessions = counts.find(full);
            servers.push_back(json::object{{"backend", name},
                                           {"server", one.name},
                                           {"host", one.host},
                                           {"port", one.port},
                                           {"weight", one.weight},
                                           {"state", state_of(one, generation.health().of(backend, i))},
                                           {"sessions", sessions != counts.end() ? sessions->second : 0},
                                           {"capabilities", list_of(generation.capabilities().of(backend, i))}});
        }
    }
    return {{"ok", true}, {"servers", std::move(servers)}};
}

json::object set_drained(const json::object& question, const Server& server, bool is_drained) {
    const Generation& generation = server.generation();
    const std::string name = text_of(question, "backend");
    const std::string wanted = text_of(question, "server");
    const auto found = generation.settings().backends.find(name);
    if (found == generation.settings().backends.end()) return refusal("there is no backend \"" + name + '"');
    const config::BackendSettings& backend = found->second;
    if (wanted.empty() && backend.servers.size() > 1)
        return refusal("\"" + name + "\" has several servers: say " + name + "/SERVER");
    for (std::size_t i = 0; i != backend.servers.size(); ++i) {
        if (!wanted.empty() && backend.servers[i].name != wanted) continue;
        generation.health().of(backend, i).set_drained(is_drained);
        net::log(config::LogLevel::info, is_drained ? "backend_drained" : "backend_undrained",
                 {{"backend", name}, {"server", backend.servers[i].name}});
        return {{"ok", true}};
    }
    return refusal("the backend \"" + name + "\" has no server \"" + wanted + '"');
}

json::object reload_now(const std::function<Reloaded()>& reload) {
    const Reloaded done = reload();
    if (!done.mistakes.empty())
        return {{"ok", false},
                {"error", "the configuration of before stays"},
                {"mistakes", json::value_from(done.mistakes)}};
    return {{"ok", true}, {"unapplied", json::value_from(done.unapplied)}};
}

json::object set_level(const json::object& question) {
    constexpr std::array<std::pair<std::string_view, config::LogLevel>, 4> levels{{
        {"debug", config::LogLevel::debug},
        {"info", config::LogLevel::info},
        {"warning", config::LogLevel::warning},
        {"error", config::LogLevel::error},
    }};
    const std::string wanted = text_of(question, "level");
    for (const auto& [name, level] : levels) {
        if (name != wanted) continue;
        net::set_log_level(level);
        return {{"ok", true}};
    }
    return refusal("the level is debug, info, warning or error");
}

}  // namespace

json::object answer_operation(const json::object& question,
                              const Server& server,
                              const std::function<Reloaded()>& reload) {
    const std::string command = text_of(question, "command");
    if (command == "who") return who(question, server);
    if (command == "kick") return kick(question, server);
    if (command == "backends") return backends(server);
    if (command == "drain" || command == "undrain") return set_drained(question, server, command == "drain");
    if (command == "reload") return reload_now(reload);
    if (command == "log_level") return set_level(question);
    return refusal("no such command: " + command);
}

}  // namespace postern::app
