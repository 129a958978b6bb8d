/// A YAML file as a plain tree with positions: the part of YAML that a configuration needs, and no more.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace postern::config {

/// Where something stands; both count from 1, columns in characters.
struct Position {
    std::size_t line = 1;
    std::size_t column = 1;

    friend auto operator<=>(const Position&, const Position&) = default;
};

struct YamlEntry;

/// Scalars keep their text as written, quoted or not: `0143` and `no` are text here, so nothing is guessed.
struct YamlNode {
    enum class Kind { nothing, scalar, list, mapping };

    Kind kind = Kind::nothing;
    Position position;               ///< a mapping's is that of its first key; that of nothing is its key's
    std::string scalar;              ///< of a scalar
    std::vector<YamlNode> items;     ///< of a list
    std::vector<YamlEntry> entries;  ///< of a mapping, in the order of the file; a key may come twice
};

struct YamlEntry {
    std::string key;
    Position position;  ///< of the key
    YamlNode value;
};

/// An empty one.
[[nodiscard]] YamlNode make_node(YamlNode::Kind kind, Position position);

struct YamlFault {
    Position position;
    std::string message;
};

/// Reads UTF-8 text that holds at most one YAML document; an empty one gives `nothing`. Refused with the first place
/// that has them: control characters, anchors, aliases, tags, merge keys, keys that are not text, a second document,
/// nesting deeper than 32.
[[nodiscard]] std::expected<YamlNode, YamlFault> parse_yaml(std::string_view text);

}  // namespace postern::config
