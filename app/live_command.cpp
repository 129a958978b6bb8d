#include "app/live_command.hpp"

#include "app/control_socket.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace postern::app {
namespace {

namespace json = boost::json;

using Row = std::vector<std::string>;

/// A sound answer; otherwise the reason is on `err`.
std::optional<json::object> ask(const LiveTools& tools, const json::object& question) {
    if (tools.settings.server.control_socket.empty()) {
        tools.err << "postern: the running postern cannot be asked: set server.control_socket and reload it (SIGHUP)\n";
        return std::nullopt;
    }
    auto answer = ask_running(tools.settings.server.control_socket, question);
    if (!answer) {
        tools.err << "postern: " << answer.error() << '\n';
        return std::nullopt;
    }
    const json::value* const ok = answer->if_contains("ok");
    if (ok != nullptr && ok->is_bool() && ok->get_bool()) {
        answer->erase("ok");
        return std::move(*answer);
    }
    if (const json::value* mistakes = answer->if_contains("mistakes"); mistakes != nullptr && mistakes->is_array())
        for (const json::value& mistake : mistakes->get_array())
            if (mistake.is_string()) tools.err << std::string_view(mistake.get_string()) << '\n';
    const json::value* const error = answer->if_contains("error");
    tools.err << "postern: "
              << (error != nullptr && error->is_string() ? std::string_view(error->get_string()) : "refused") << '\n';
    return std::nullopt;
}

/// Adds up numbers and joins lists.
void add(json::object& sum, const json::object& more) {
    for (const auto& [name, value] : more) {
        json::value* const own = sum.if_contains(name);
        if (own == nullptr) continue;
        if (own->is_array() && value.is_array())
            own->get_array().insert(own->get_array().end(), value.get_array().begin(), value.get_array().end());
        else if (own->is_number() && value.is_number())
            *own = own->to_number<std::uint64_t>() + value.to_number<std::uint64_t>();
    }
}

/// The same of those, too, that an upgrade has replaced and that wait for their last sessions.
std::optional<json::object> ask_all(const LiveTools& tools, const json::object& question) {
    auto sum = ask(tools, question);
    if (!sum) return sum;
    for (const std::string& path : retired_control_sockets(tools.settings.server.control_socket)) {
        const auto answer = ask_running(path, question);
        if (answer)
            add(*sum, *answer);
        else if (std::filesystem::exists(path))  // else it has ended meanwhile, and its sessions with it
            tools.err << "postern: " << answer.error() << '\n';
    }
    return sum;
}

std::string text_of(const json::value& value) {
    if (value.is_string()) return std::string(value.get_string());
    if (value.is_null()) return "unknown";
    if (!value.is_array()) return json::serialize(value);
    std::string list;
    for (const json::value& each : value.get_array()) list += (list.empty() ? "" : ", ") + text_of(each);
    return list;
}

/// The members of each object as columns, under their names.
void write_table(std::ostream& out, const json::array& objects, const std::vector<std::string_view>& columns) {
    std::vector<Row> rows(1);
    for (const std::string_view column : columns) {
        rows.front().emplace_back(column);
        for (char& c : rows.front().back()) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    for (const json::value& object : objects) {
        Row& row = rows.emplace_back();
        for (const std::string_view column : columns) {
            const json::value* const value = object.is_object() ? object.get_object().if_contains(column) : nullptr;
            row.push_back(value != nullptr ? text_of(*value) : "");
        }
    }
    std::vector<std::size_t> widths(columns.size(), 0);
    for (const Row& row : rows)
        for (std::size_t i = 0; i != row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t i = 0; i != row.size(); ++i) {
            line += row[i];
            if (i + 1 != row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
        }
        out << line << '\n';
    }
}

const json::array& array_of(const json::object& answer, std::string_view name) {
    static const json::array nothing;
    const json::value* const value = answer.if_contains(name);
    return value != nullptr && value->is_array() ? value->get_array() : nothing;
}

/// With --json the answer as it is; otherwise `write` says it to people.
template <class Write>
int finish(const LiveTools& tools, const std::optional<json::object>& answer, Write write) {
    if (!answer) return 1;
    if (tools.json)
        tools.out << json::serialize(*answer) << '\n';
    else
        write(*answer);
    return 0;
}

}  // namespace

int show_sessions(const LiveTools& tools, const std::string& user) {
    return finish(tools, ask_all(tools, {{"command", "who"}, {"user", user}}), [&](const json::object& answer) {
        const json::array& sessions = array_of(answer, "sessions");
        write_table(tools.out, sessions, {"login", "protocol", "client", "backend", "since", "session"});
        tools.out << sessions.size() << (sessions.size() == 1 ? " session" : " sessions");
        if (!user.empty()) tools.out << " of " << text_of(answer.at("total"));
        tools.out << '\n';
    });
}

int kick(const LiveTools& tools, const std::string& user) {
    return finish(tools, ask_all(tools, {{"command", "kick"}, {"user", user}}), [&](const json::object& answer) {
        const std::string count = text_of(answer.at("sessions"));
        tools.out << count << (count == "1" ? " session" : " sessions") << " of " << user << " ended\n";
    });
}

int list_backends(const LiveTools& tools) {
    return finish(tools, ask(tools, {{"command", "backends"}}), [&](const json::object& answer) {
        write_table(tools.out, array_of(answer, "servers"),
                    {"backend", "server", "host", "port", "weight", "state", "sessions", "capabilities"});
    });
}

int set_drained(const LiveTools& tools, const std::string& server, bool is_drained) {
    const std::size_t slash = server.find('/');
    const json::object question{{"command", is_drained ? "drain" : "undrain"},
                                {"backend", server.substr(0, slash)},
                                {"server", slash == std::string::npos ? "" : server.substr(slash + 1)}};
    return finish(tools, ask(tools, question), [&](const json::object&) {
        tools.out << server
                  << (is_drained ? " gets no new sessions until it is undrained or postern restarts\n"
                                 : " gets new sessions again\n");
    });
}

int reload(const LiveTools& tools) {
    return finish(tools, ask(tools, {{"command", "reload"}}), [&](const json::object& answer) {
        tools.out << "the configuration is in force\n";
        for (const json::value& section : array_of(answer, "unapplied"))
            tools.out << text_of(section) << " has changed: only an upgrade (SIGUSR2) or a restart applies it\n";
    });
}

int set_log_level(const LiveTools& tools, const std::string& level) {
    return finish(tools, ask(tools, {{"command", "log_level"}, {"level", level}}), [&](const json::object&) {
        tools.out << "the log tells " << level << " and worse, until the next reload\n";
    });
}

}  // namespace postern::app
