/// The rules of the house: who may include whom, which library is used where, and a few about files.
/// The two tables at the top of house_rules.cpp are the rule; docs/architecture.md explains it.
#pragma once

#include "source_tree.hpp"

#include <string>
#include <vector>

namespace postern::architecture {

/// Every breach, as "FILE:LINE: RULE: what is wrong", sorted.
[[nodiscard]] std::vector<std::string> breaches(const SourceTree& tree);

}  // namespace postern::architecture
