#include "source_tree.hpp"

#include <fstream>
#include <regex>
#include <stdexcept>

namespace postern::architecture {
namespace {

Include read_include(const std::string& line, std::size_t number) {
    static const std::regex directive(R"rx(\s*#\s*include\s*([<"])([^<>"]+)[>"].*)rx");
    std::smatch parts;
    if (!std::regex_match(line, parts, directive)) return {.line = number, .target = "", .is_quoted = false};
    return {.line = number, .target = parts[2], .is_quoted = parts[1] == "\""};
}

SourceFile read_source_file(const std::filesystem::path& path) {
    static const std::regex include_start(R"(\s*#\s*include\b.*)");
    std::ifstream stream(path);
    if (!stream) throw std::runtime_error("cannot read " + path.string());
    SourceFile file;
    for (std::string line; std::getline(stream, line);) {
        ++file.lines;
        if (line == "#pragma once") file.has_pragma_once = true;
        if (std::regex_match(line, include_start)) file.includes.push_back(read_include(line, file.lines));
    }
    return file;
}

}  // namespace

SourceTree read_source_tree(const std::filesystem::path& root) {
    SourceTree tree;
    for (const char* room : {"base", "config", "auth", "net", "proxy", "autoconfig", "portal", "app"}) {
        if (!std::filesystem::exists(root / room)) continue;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root / room)) {
            const auto extension = entry.path().extension();
            if (extension != ".hpp" && extension != ".cpp") continue;
            tree.emplace(entry.path().lexically_relative(root).generic_string(), read_source_file(entry.path()));
        }
    }
    return tree;
}

}  // namespace postern::architecture
