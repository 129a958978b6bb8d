#include "config/mapping_reader.hpp"

#include "config/wording.hpp"

#include <algorithm>

namespace postern::config {
namespace {

std::string_view in_words(YamlNode::Kind kind) {
    switch (kind) {
        case YamlNode::Kind::nothing:
            return "nothing";
        case YamlNode::Kind::scalar:
            return "a single value";
        case YamlNode::Kind::list:
            return "a list";
        case YamlNode::Kind::mapping:
            return "a mapping";
    }
    return {};
}

const YamlEntry unnamed_mapping{.key = {}, .position = {}, .value = make_node(YamlNode::Kind::mapping, {})};

}  // namespace

Place Place::key(std::string_view name) const {
    const std::string_view dot = path.empty() ? "" : ".";
    return {.path = path + std::string(dot) + shown(name), .pattern = pattern + std::string(dot) + shown(name)};
}

Place Place::element(std::size_t index) const {
    return {.path = path + '[' + std::to_string(index) + ']', .pattern = pattern + "[]"};
}

Place Place::named(std::string_view name, std::string_view placeholder) const {
    return {.path = path + '.' + shown(name), .pattern = pattern + ".<" + std::string(placeholder) + '>'};
}

MappingReader::MappingReader(Reading& reading, const Place& place, const YamlNode& node, KeyNames names)
    : reading_(reading),
      place_(place),
      node_(node),
      names_(names),
      is_mapping_(is(node, YamlNode::Kind::mapping, place)) {
    report_repeated_keys(node, place, names);
}

void MappingReader::read(
    Reading& reading, const Place& place, const YamlNode& node, const Reader& read, KeyNames names) {
    reading.problems.locate(place.path, node.position);
    MappingReader reader(reading, place, node, names);
    read(reader);
    reader.finish();
}

void MappingReader::section(const std::string& key, Presence presence, const Reader& read, KeyNames names) {
    if (const YamlNode* node = ask(key, presence))
        MappingReader::read(reading_, place_.key(key), *node, read, names);
    else if (reading_.discovering)
        MappingReader::read(reading_, place_.key(key), unnamed_mapping.value, read, names);
}

void MappingReader::sections(const std::string& key, Presence presence, const Reader& read) {
    const YamlNode* node = ask(key, presence);
    const Place place = place_.key(key);
    if (node == nullptr) {
        if (reading_.discovering) MappingReader::read(reading_, place.element(0), unnamed_mapping.value, read);
        return;
    }
    if (!is(*node, YamlNode::Kind::list, place)) return;
    if (node->items.empty() && presence == Presence::required) fail(key, "an empty list; at least one is needed");
    for (std::size_t i = 0; i < node->items.size() && !reading_.problems.full(); ++i)
        MappingReader::read(reading_, place.element(i), node->items[i], read);
}

const YamlNode* MappingReader::find(const std::string& key) const {
    const auto entry = std::ranges::find(node_.entries, key, &YamlEntry::key);
    return entry == node_.entries.end() ? nullptr : &entry->value;
}

const YamlNode* MappingReader::ask(const std::string& key, Presence presence) {
    const Place place = place_.key(key);
    reading_.known_keys.insert(place.pattern);
    asked_.push_back(key);
    const YamlNode* found = find(key);
    if (found != nullptr) {
        reading_.problems.locate(place.path, found->position);
    } else if (presence == Presence::required && is_mapping_) {
        missing_.emplace(key, "missing");
        reading_.problems.distrust(place.path);
    }
    return found;
}

void MappingReader::demand(const std::string& key, const std::string& why) {
    if (has(key) || !is_mapping_) return;
    missing_.emplace(key, "missing: " + why);
    reading_.problems.distrust(place_.key(key).path);
}

bool MappingReader::is(const YamlNode& node, YamlNode::Kind kind, const Place& place) {
    if (node.kind == kind) return true;
    reading_.problems.report(place.path,
                             "expected " + std::string(in_words(kind)) + ", found " + std::string(in_words(node.kind)));
    return false;
}

std::vector<const YamlEntry*> MappingReader::named_entries(const std::string& key, Presence presence) {
    const YamlNode* found = ask(key, presence);
    if (found == nullptr) {
        if (reading_.discovering) return {&unnamed_mapping};
        return {};
    }
    const Place place = place_.key(key);
    if (!is(*found, YamlNode::Kind::mapping, place)) return {};
    if (found->entries.empty() && presence == Presence::required) fail(key, "an empty mapping; at least one is needed");
    report_repeated_keys(*found, place, KeyNames::shown);
    std::vector<const YamlEntry*> entries;
    std::set<std::string_view> seen;
    for (const YamlEntry& entry : found->entries)
        if (seen.insert(entry.key).second) entries.push_back(&entry);
    return entries;
}

void MappingReader::read_named(const YamlEntry& entry, const Place& place, const NamedReader& read) {
    MappingReader::read(reading_, place, entry.value, [&](MappingReader& reader) { read(entry.key, reader); });
}

void MappingReader::report_repeated_keys(const YamlNode& mapping, const Place& place, KeyNames names) {
    std::map<std::string_view, Position> first;
    for (const YamlEntry& entry : mapping.entries) {
        const auto [before, is_first] = first.emplace(entry.key, entry.position);
        if (is_first) continue;
        if (reading_.problems.full()) return;
        const std::string path = names == KeyNames::shown ? place.key(entry.key).path : place.path;
        reading_.problems.report_at(entry.position, path,
                                    "set twice, first on line " + std::to_string(before->second.line));
    }
}

void MappingReader::finish() {
    if (!is_mapping_ || reading_.discovering) return;
    std::set<std::string_view> done(asked_.begin(), asked_.end());
    for (const YamlEntry& entry : node_.entries) {
        if (reading_.problems.full()) return;
        if (done.insert(entry.key).second) report_unknown(entry);
    }
    for (const auto& [key, message] : missing_) fail(key, message);
}

void MappingReader::report_unknown(const YamlEntry& entry) {
    if (names_ == KeyNames::hidden) {
        reading_.problems.report_at(entry.position, place_.path,
                                    "unknown key (not shown, it may be a secret); expected " + one_of(asked_));
        return;
    }
    // A misspelt key is one mistake, not an unknown key and a missing one.
    if (const auto meant = closest(entry.key, asked_)) {
        missing_.erase(*meant);
        reading_.problems.distrust(place_.key(*meant).path);
    }
    reading_.problems.report_at(entry.position, place_.key(entry.key).path,
                                "unknown key" + suggestion(entry.key, asked_));
}

}  // namespace postern::config
