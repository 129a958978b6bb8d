#include "config/load.hpp"

#include "config/file_contents.hpp"
#include "config/sections.hpp"
#include "config/yaml_tree.hpp"

#include <utility>

namespace postern::config {
namespace {

constexpr std::size_t largest_file = std::size_t{1024} * 1024;

std::unexpected<std::vector<SettingsError>> only(SettingsError error) {
    return std::unexpected(std::vector{std::move(error)});
}

void read_settings(MappingReader& root, Settings& settings) {
    read_process_settings(root, settings);
    read_account_settings(root, settings);
    read_listeners(root, settings);
    read_backends(root, settings);
    read_routing(root, settings);
    read_domains(root, settings);
}

Reading begin_reading(const std::string& name, const Environment& environment) {
    return {.problems = Problems(name),
            .directory = std::filesystem::path(name).parent_path(),
            .environment = environment,
            .discovering = false,
            .known_keys = {}};
}

}  // namespace

std::string SettingsError::text() const {
    std::string result = file;
    if (line > 0) result += ':' + std::to_string(line);
    if (line > 0 && column > 0) result += ':' + std::to_string(column);
    if (!path.empty()) result += ": " + path;
    return result + ": " + message;
}

Loaded load(const std::string& path, const Environment& environment) {
    const auto contents = read_file(path, largest_file);
    if (!contents)
        return only({.file = path, .path = {}, .message = "the configuration cannot be read: " + contents.error()});
    return load_text(base::view(*contents), path, environment);
}

Loaded load_text(std::string_view text, const std::string& name, const Environment& environment) {
    if (text.size() > largest_file)
        return only(
            {.file = name, .path = {}, .message = "the configuration cannot be read: it is larger than 1024 KiB"});
    const auto root = parse_yaml(text);
    if (!root) {
        const auto& [position, message] = root.error();
        return only({.file = name, .line = position.line, .column = position.column, .path = {}, .message = message});
    }
    Settings settings;
    Reading reading = begin_reading(name, environment);
    MappingReader::read(reading, {}, *root, [&](MappingReader& reader) { read_settings(reader, settings); });
    check_references(settings, reading.problems);
    if (!reading.problems.empty()) return std::unexpected(reading.problems.take_sorted());
    return settings;
}

std::vector<std::string> known_keys() {
    Settings discarded;
    const Environment no_environment = [](const std::string&) { return std::nullopt; };
    Reading reading = begin_reading({}, no_environment);
    reading.discovering = true;
    const YamlNode empty = make_node(YamlNode::Kind::mapping, {});
    MappingReader::read(reading, {}, empty, [&](MappingReader& reader) { read_settings(reader, discarded); });
    return {reading.known_keys.begin(), reading.known_keys.end()};
}

}  // namespace postern::config
