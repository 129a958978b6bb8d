/// What is wrong with one configuration file, collected so that all of it can be told at once.
#pragma once

#include "config/load.hpp"
#include "config/yaml_tree.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace postern::config {

/// Errors are reported for key paths (`listeners[2].port`); this class knows where each of them stands in the file, so
/// that whoever checks the finished structs needs no positions. Keeps the first 1000 errors.
class Problems {
public:
    explicit Problems(std::string file) : file_(std::move(file)) {}

    /// Where the value of `path` stands. The whole file is the path "".
    void locate(const std::string& path, Position position) { positions_.insert_or_assign(path, position); }

    /// The position of `path`, or of the nearest thing around it when the file does not have it.
    [[nodiscard]] Position position(std::string_view path) const;

    /// The file has `path`.
    [[nodiscard]] bool has(const std::string& path) const { return positions_.contains(path); }

    void report(const std::string& path, std::string message) { report_at(position(path), path, std::move(message)); }
    void report_at(Position position, const std::string& path, std::string message);

    /// `path` is missing or useless, which is reported elsewhere or later.
    void distrust(const std::string& path) { unsound_.insert(path); }

    /// Nothing is known against `path` and what is around it. What depends on it is checked only then, so that one
    /// mistake is one error.
    [[nodiscard]] bool sound(std::string_view path) const;

    /// No more errors are kept, so looking for more is idle.
    [[nodiscard]] bool full() const;

    [[nodiscard]] bool empty() const { return errors_.empty(); }

    /// In the order of the file.
    [[nodiscard]] std::vector<SettingsError> take_sorted();

private:
    std::string file_;
    std::map<std::string, Position, std::less<>> positions_;
    std::set<std::string, std::less<>> unsound_;
    std::multimap<Position, SettingsError> errors_;  // equal positions stay in the order of their reports
};

}  // namespace postern::config
