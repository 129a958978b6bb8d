#include "app/load_settings.hpp"

#include "autoconfig/mail_services.hpp"
#include "proxy/routing/rule_checks.hpp"

#include <cstdlib>
#include <utility>

namespace postern::app {
namespace {

std::optional<std::string> process_environment(const std::string& name) {
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

config::Loaded load_and_check(const std::string& file) {
    config::Loaded loaded = config::load(file, process_environment);
    if (!loaded) return loaded;
    std::vector<config::SettingsError> mistakes;
    for (const auto& [line, path, message] : proxy::routing::rule_problems(*loaded))
        mistakes.push_back({.file = file, .line = line, .column = 0, .path = path, .message = message});
    if (const auto announced = autoconfig::announced_services(*loaded); !announced)
        mistakes.push_back({.file = file, .path = "domains", .message = announced.error()});
    if (mistakes.empty()) return loaded;
    return std::unexpected(std::move(mistakes));
}

void write_mistakes(const std::string& file, const std::vector<config::SettingsError>& mistakes, std::ostream& err) {
    for (const config::SettingsError& mistake : mistakes) err << mistake.text() << '\n';
    err << file << ": " << mistakes.size() << (mistakes.size() == 1 ? " error" : " errors") << '\n';
}

std::optional<config::Settings> load_settings(const std::string& file, std::ostream& err) {
    config::Loaded loaded = load_and_check(file);
    if (loaded) return std::move(*loaded);
    write_mistakes(file, loaded.error(), err);
    return std::nullopt;
}

}  // namespace postern::app
