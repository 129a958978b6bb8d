/// What is wrong with routing rules although each of them is well-formed.
#pragma once

#include "config/settings.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace postern::proxy::routing {

struct RuleProblem {
    std::size_t line = 0;  ///< of the rule or expectation in the file
    std::string path;      ///< "routing.rules[3]"
    std::string message;   ///< what is wrong and what would be right
};

/// Rules that nobody can reach, because one earlier rule takes everybody they match; and expectations
/// (`routing.expect`) that do not come true. In the order of the file. Pure.
[[nodiscard]] std::vector<RuleProblem> rule_problems(const config::Settings& settings);

}  // namespace postern::proxy::routing
