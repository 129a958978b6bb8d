/// The sources of the rooms as far as the house rules look at them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace postern::architecture {

struct Include {
    std::size_t line = 0;  ///< from 1
    std::string target;    ///< between the quotes or brackets; empty if the line could not be understood
    bool is_quoted = false;
};

struct SourceFile {
    std::size_t lines = 0;
    bool has_pragma_once = false;
    std::vector<Include> includes;
};

/// Path from the root, with "/", to the file.
using SourceTree = std::map<std::string, SourceFile>;

/// Reads every .hpp and .cpp of the rooms below `root`. A room that does not exist is left out.
[[nodiscard]] SourceTree read_source_tree(const std::filesystem::path& root);

}  // namespace postern::architecture
