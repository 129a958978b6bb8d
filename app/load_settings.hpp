/// Settings for a command, or every mistake of the configuration in words.
#pragma once

#include "config/load.hpp"
#include "config/settings.hpp"

#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace postern::app {

/// As config::load with the variables of the process, and with what other rooms ask of the settings: routing refuses
/// rules that nobody reaches or that do not do what is expected of them, autoconfig those that would break a mail
/// client. Mistakes that belong to no place in the file have line 0.
[[nodiscard]] config::Loaded load_and_check(const std::string& file);

/// One line for each mistake and one with their number.
void write_mistakes(const std::string& file, const std::vector<config::SettingsError>& mistakes, std::ostream& err);

/// nullopt: there were mistakes, and `err` names them.
[[nodiscard]] std::optional<config::Settings> load_settings(const std::string& file, std::ostream& err);

}  // namespace postern::app
