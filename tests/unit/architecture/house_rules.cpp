#include "house_rules.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <set>

namespace postern::architecture {
namespace {

using Names = std::vector<std::string>;

/// Some files of a room that have the same rights. A pattern's `*` stops at "/".
struct Zone {
    std::string name;
    Names files;
    Names may_include;  ///< other zones; its own files always
};

// A file belongs to the first zone that has a pattern for it. Nobody lists app, so nothing includes it.
// clang-format off
const std::vector<Zone> zones{
    {"base",                 {"base/*"},              {}},
    {"settings",             {"config/settings.hpp"}, {"base"}},
    {"loader",               {"config/*"},            {"base", "settings"}},

    {"verdict",              {"auth/verdict.hpp"},    {"base"}},
    {"auth",                 {"auth/*", "auth/records/*"}, {"base", "settings", "verdict"}},
    {"auth/otp",             {"auth/otp/*"},          {"base", "settings", "verdict", "auth"}},
    {"auth/procedures",      {"auth/procedures/*"},   {"base", "settings", "verdict", "auth", "auth/otp"}},
    {"auth/delivery",        {"auth/delivery/*"},     {"base", "settings", "verdict", "auth"}},
    {"auth/store",           {"auth/store/*"},        {"base", "settings", "verdict", "auth"}},

    {"http values",          {"net/http.hpp"},        {}},
    {"net",                  {"net/*"},               {"base", "settings", "http values"}},

    {"proxy contracts",      {"proxy/login_dialogue.*", "proxy/backend_login.*", "proxy/backend_starttls.*", "proxy/capability_inquiry.*",
                              "proxy/server_capabilities.*", "proxy/relay_guard.*", "proxy/sasl*", "proxy/localised_text.*"},
                                                      {"base", "settings", "verdict"}},
    {"proxy/imap",           {"proxy/imap/*"},        {"base", "settings", "verdict", "proxy contracts"}},
    {"proxy/smtp",           {"proxy/smtp/*"},        {"base", "settings", "verdict", "proxy contracts"}},
    {"proxy/routing",        {"proxy/routing/*"},     {"base", "settings", "verdict"}},
    {"proxy sessions",       {"proxy/*"},             {"base", "settings", "verdict", "auth", "net", "http values",
                                                       "proxy contracts", "proxy/imap", "proxy/smtp", "proxy/routing"}},

    {"autoconfig site",      {"autoconfig/site.*"},   {"base", "settings", "http values", "autoconfig documents"}},
    {"autoconfig documents", {"autoconfig/*"},        {"base", "settings"}},

    {"portal",               {"portal/*"},            {"base", "settings", "verdict", "auth", "net", "http values"}},

    {"app",                  {"app/*"},               {"base", "settings", "loader", "verdict", "auth", "auth/otp", "auth/procedures", "auth/delivery", "auth/store",
                                                       "http values", "net", "proxy contracts", "proxy/imap",
                                                       "proxy/smtp", "proxy/routing", "proxy sessions",
                                                       "autoconfig site", "autoconfig documents", "portal"}},
};
// clang-format on

/// Headers that are not of the project, and the files that may include them.
struct Library {
    std::string name;
    Names headers;  ///< patterns; here `*` goes across "/"
    Names files;
};

const Names socket_files{"net/*",
                         "proxy/*session*",
                         "proxy/relay*",
                         "proxy/connect*",
                         "proxy/health_checks*",
                         "proxy/backend_entry*",
                         "proxy/client_watch*",
                         "app/*"};
const Names files_with_connections{"net/*",
                                   "proxy/*session*",
                                   "proxy/relay*",
                                   "proxy/connect*",
                                   "proxy/health_checks*",
                                   "proxy/backend_entry*",
                                   "proxy/client_watch*",
                                   "app/*",
                                   "auth/store/session_watch.cpp",
                                   "auth/delivery/command_hook.cpp"};
const Names files_with_effects{"config/*",
                               "auth/*",
                               "auth/store/*",
                               "auth/delivery/*",
                               "net/*",
                               "proxy/*session*",
                               "proxy/relay*",
                               "proxy/connect*",
                               "proxy/health_checks*",
                               "proxy/backend_entry*",
                               "proxy/client_watch*",
                               "app/*"};

// TLS has its own files; what OpenSSL knows of MACs serves both.
const Names files_of_codes{"auth/imported_hash.cpp",
                           "auth/otp/one_time_code.cpp",
                           "auth/otp/pskc_cipher.cpp",
                           "net/*",
                           "proxy/*session*",
                           "proxy/relay*",
                           "proxy/connect*",
                           "proxy/health_checks*",
                           "proxy/backend_entry*",
                           "proxy/client_watch*",
                           "app/*"};

// A header belongs to the first library that has a pattern for it. One of no library is refused: confine it here first.
// clang-format off
const std::vector<Library> libraries{
    {"Boost.JSON",        {"boost/json.hpp", "boost/json/*"}, {"app/*", "auth/outbox.cpp", "auth/delivery/*", "auth/procedures/*"}},
    {"Boost",             {"boost/*"},                        socket_files},
    {"ICU",               {"unicode/*"},                      {"base/time_zone.cpp", "auth/prepared_text.cpp"}},
    {"mustache",          {"kainjow/*"},                      {"auth/procedures/letters.cpp", "auth/delivery/*"}},
    {"libcurl",           {"curl/*"},                         {"auth/delivery/*"}},
    {"libxcrypt",         {"crypt.h"},                        {"auth/imported_hash.cpp"}},
    {"libcrypto",         {"openssl/crypto.h", "openssl/evp.h", "openssl/hmac.h"}, files_of_codes},
    {"OpenSSL",           {"openssl/*"},                      socket_files},
    {"yaml-cpp",          {"yaml-cpp/*"},                     {"config/*.cpp"}},
    {"pugixml",           {"pugixml.hpp"},                    {"autoconfig/*", "auth/otp/pskc.cpp"}},
    {"SOCI",              {"soci/*", "sqlite3.h", "libpq-fe.h"}, {"auth/store/*"}},
    {"libsodium",         {"sodium.h", "sodium/*"},           {"auth/*.cpp"}},
    {"zxcvbn",            {"zxcvbn.h"},                       {"auth/password_policy.cpp"}},
    {"prometheus-cpp",    {"prometheus/*"},                   {"net/metrics*", "proxy/mail_metrics*", "proxy/relay.cpp", "app/process_metrics*"}},
    {"CLI11",             {"CLI/*"},                          {"app/*"}},
    {"libcsv",            {"csv.h"},                          {"app/*"}},
    {"inet_pton",         {"arpa/inet.h"},                    {"base/ip_network.cpp", "net/*", "app/*"}},
    {"sockets",           {"sys/socket.h", "sys/un.h", "netinet/*", "netdb.h", "poll.h", "sys/epoll.h"}, files_with_connections},
    {"operating system",  {"sys/*", "errno.h", "fcntl.h", "grp.h", "malloc.h", "pthread.h", "pwd.h", "sched.h",
                           "signal.h", "spawn.h", "termios.h", "unistd.h"}, files_with_effects},
    {"files and threads", {"filesystem", "fstream", "iostream", "thread", "future"}, files_with_effects},
};
// clang-format on

constexpr std::size_t max_lines = 500;

bool matches(const Names& patterns, const std::string& text, int flags) {
    return std::ranges::any_of(
        patterns, [&](const std::string& pattern) { return fnmatch(pattern.c_str(), text.c_str(), flags) == 0; });
}

const Zone* zone_of(const std::string& file) {
    const auto zone = std::ranges::find_if(zones, [&](const Zone& z) { return matches(z.files, file, FNM_PATHNAME); });
    return zone == zones.end() ? nullptr : &*zone;
}

std::string joined(const Names& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text.empty() ? "nothing" : text;
}

/// Collects breaches of one tree.
class Inspector {
public:
    explicit Inspector(const SourceTree& tree) : tree_(tree) {}

    Names inspect() {
        for (const auto& [name, file] : tree_) {
            check_file(name, file);
            for (const Include& include : file.includes) check_include(name, include);
        }
        for (const auto& [name, file] : tree_) follow(name);
        std::ranges::sort(breaches_);
        return breaches_;
    }

private:
    void add(const std::string& file, std::size_t line, const std::string& what) {
        breaches_.push_back(file + ":" + std::to_string(line) + ": " + what);
    }

    void check_file(const std::string& name, const SourceFile& file) {
        if (zone_of(name) == nullptr) add(name, 1, "zones: no zone of the house has a place for this file");
        if (name.ends_with(".hpp") && !file.has_pragma_once) add(name, 1, "guards: a header needs #pragma once");
        if (file.lines > max_lines) {
            add(name, max_lines + 1,
                "size: " + std::to_string(file.lines) + " lines, " + std::to_string(max_lines) + " are allowed");
        }
    }

    void check_include(const std::string& name, const Include& include) {
        if (include.target.empty()) return add(name, include.line, "form: this #include cannot be read");
        if (include.target.ends_with(".cpp")) add(name, include.line, "sources: includes " + include.target);
        if (include.is_quoted) {
            check_edge(name, include);
        } else {
            check_library(name, include);
        }
    }

    void check_edge(const std::string& name, const Include& include) {
        if (!tree_.contains(include.target)) {
            return add(name, include.line, "form: no file " + include.target + " from the root; use <> for libraries");
        }
        const Zone* from = zone_of(name);
        const Zone* to = zone_of(include.target);
        if (from == nullptr || to == nullptr || from == to) return;
        if (std::ranges::find(from->may_include, to->name) != from->may_include.end()) return;
        add(name, include.line,
            "zones: includes " + include.target + " of " + to->name + "; " + from->name + " may include " +
                joined(from->may_include));
    }

    void check_library(const std::string& name, const Include& include) {
        const auto library =
            std::ranges::find_if(libraries, [&](const Library& l) { return matches(l.headers, include.target, 0); });
        if (library == libraries.end()) {
            // Standard headers are the ones without dot and slash.
            if (include.target.find_first_of("./") == std::string::npos) return;
            return add(name, include.line, "libraries: <" + include.target + "> is of no library that the house knows");
        }
        if (matches(library->files, name, FNM_PATHNAME)) return;
        add(name, include.line,
            "libraries: includes <" + include.target + "> of " + library->name + ", which is confined to " +
                joined(library->files));
    }

    // Depth first; a file on the current way that is met again closes a cycle.
    void follow(const std::string& name) {
        if (done_.contains(name)) return;
        way_.push_back(name);
        for (const Include& include : tree_.at(name).includes) {
            if (!include.is_quoted || !tree_.contains(include.target)) continue;
            const auto met = std::ranges::find(way_, include.target);
            if (met == way_.end()) {
                follow(include.target);
            } else {
                add(name, include.line, "cycles: " + joined({met, way_.end()}) + " and again " + include.target);
            }
        }
        way_.pop_back();
        done_.insert(name);
    }

    const SourceTree& tree_;
    Names breaches_;
    Names way_;
    std::set<std::string> done_;
};

}  // namespace

std::vector<std::string> breaches(const SourceTree& tree) {
    return Inspector(tree).inspect();
}

}  // namespace postern::architecture
