#include "config/problems.hpp"

#include <utility>

namespace postern::config {
namespace {

constexpr std::size_t most_errors = 1000;

/// `a.b[1]` -> `a.b` -> `a` -> "".
std::string_view around(std::string_view path) {
    const auto end = path.find_last_of(".[");
    return end == std::string_view::npos ? std::string_view{} : path.substr(0, end);
}

}  // namespace

Position Problems::position(std::string_view path) const {
    for (;; path = around(path)) {
        const auto found = positions_.find(path);
        if (found != positions_.end()) return found->second;
        if (path.empty()) return {};
    }
}

void Problems::report_at(Position position, const std::string& path, std::string message) {
    unsound_.insert(path);
    if (full()) return;
    errors_.emplace(position, SettingsError{.file = file_,
                                            .line = position.line,
                                            .column = position.column,
                                            .path = path,
                                            .message = std::move(message)});
}

bool Problems::full() const {
    return errors_.size() >= most_errors;
}

bool Problems::sound(std::string_view path) const {
    for (;; path = around(path)) {
        if (unsound_.contains(path)) return false;
        if (path.empty()) return true;
    }
}

std::vector<SettingsError> Problems::take_sorted() {
    std::vector<SettingsError> sorted;
    for (auto& [position, error] : errors_) sorted.push_back(std::move(error));
    errors_.clear();
    return sorted;
}

}  // namespace postern::config
