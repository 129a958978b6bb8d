#include "app/check_command.hpp"

#include "app/load_settings.hpp"
#include "net/tls_context.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string_view>
#include <utility>
#include <vector>

namespace postern::app {
namespace {

std::string counted(std::size_t count, std::string_view thing) {
    return std::to_string(count) + ' ' + std::string(thing) + (count == 1 ? "" : "s");
}

std::string summary(const config::Settings& settings) {
    return counted(settings.listeners.size(), "listener") + ", " + counted(settings.backends.size(), "backend") + ", " +
           counted(settings.routing.rules.size(), "rule") + ", " + counted(settings.domains.size(), "domain");
}

void write_json(const std::string& file, const std::vector<config::SettingsError>& errors, std::ostream& out) {
    boost::json::array list;
    for (const config::SettingsError& error : errors) {
        boost::json::object entry;
        entry["line"] = error.line;
        entry["column"] = error.column;
        entry["path"] = error.path;
        entry["message"] = error.message;
        list.push_back(std::move(entry));
    }
    boost::json::object report;
    report["file"] = file;
    report["ok"] = errors.empty();
    report["errors"] = std::move(list);
    out << boost::json::serialize(report) << '\n';
}

/// What is wrong with the files of TLS, which are only named in the configuration.
std::vector<config::SettingsError> certificate_mistakes(const std::string& file, const config::Settings& settings) {
    std::vector<config::SettingsError> mistakes;
    const auto tls = net::TlsContext::for_server(settings.tls, {});
    if (!tls) mistakes.push_back({.file = file, .path = "tls", .message = tls.error()});
    for (std::size_t i = 0; i < settings.listeners.size() && tls; ++i) {
        const auto& clients = settings.listeners[i].client_certificates;
        if (!clients) continue;
        if (const auto asking = net::TlsContext::for_server(settings.tls, {}, nullptr, &*clients); !asking)
            mistakes.push_back({.file = file,
                                .line = clients->line,
                                .path = "listeners[" + std::to_string(i) + "].client_certificates",
                                .message = asking.error()});
    }
    for (const auto& [name, backend] : settings.backends) {
        if (backend.tls == config::BackendTls::none) continue;
        if (const auto client = net::TlsContext::for_client(backend.ca_file, backend.client_certificate); !client)
            mistakes.push_back(
                {.file = file, .line = backend.line, .path = "backends." + name, .message = client.error()});
    }
    return mistakes;
}

}  // namespace

int check(const std::string& file, bool json, std::ostream& out, std::ostream& err) {
    config::Loaded loaded = load_and_check(file);
    if (loaded) {
        if (auto mistakes = certificate_mistakes(file, *loaded); !mistakes.empty())
            loaded = std::unexpected(std::move(mistakes));
    }
    const auto errors = loaded ? std::vector<config::SettingsError>{} : loaded.error();
    if (json)
        write_json(file, errors, out);
    else if (loaded)
        out << file << ": ok: " << summary(*loaded) << '\n';
    else
        write_mistakes(file, errors, err);
    return loaded ? 0 : 1;
}

}  // namespace postern::app
