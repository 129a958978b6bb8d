/// Reads one YAML mapping into a struct, key by key, so that a loader reads like the struct itself.
#pragma once

#include "config/load.hpp"
#include "config/problems.hpp"
#include "config/yaml_tree.hpp"

#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::config {

/// What all readers of one file share.
struct Reading {
    Problems problems;
    std::filesystem::path directory;  ///< relative file names start here
    const Environment& environment;
    bool discovering = false;  ///< the file is empty and every optional section is entered, to learn the keys
    std::set<std::string> known_keys;
};

/// A place in the file: where this one is (`listeners[2].port`) and what it is (`listeners[].port`).
struct Place {
    std::string path;
    std::string pattern;

    [[nodiscard]] Place key(std::string_view name) const;
    [[nodiscard]] Place element(std::size_t index) const;
    [[nodiscard]] Place named(std::string_view name, std::string_view placeholder) const;
};

/// May the names of unknown keys be told? Not where somebody might have typed a secret.
enum class KeyNames { shown, hidden };

enum class Presence { optional, required };

/// Every key must be asked for: unknown and repeated keys are errors, as are required keys that are missing.
/// A form is a function from the text of a scalar to `std::expected<T, std::string>`, whose error is the whole message.
/// Where a key is missing or wrong the target keeps its default; lists keep one element for each of the file's, so that
/// indices match those of the paths.
class MappingReader {
public:
    using Reader = std::function<void(MappingReader&)>;
    using NamedReader = std::function<void(const std::string& name, MappingReader&)>;

    /// Calls `read` with a reader of `node`, then reports what it did not ask for. When `node` is no mapping, that is
    /// reported, and `read` sees an empty mapping that misses nothing.
    static void read(Reading& reading,
                     const Place& place,
                     const YamlNode& node,
                     const Reader& read,
                     KeyNames names = KeyNames::shown);

    template <class T, class Form>
    void required(const std::string& key, T& into, const Form& form) {
        if (const YamlNode* node = ask(key, Presence::required)) convert(*node, place_.key(key), into, form);
    }

    template <class T, class Form>
    void optional(const std::string& key, T& into, const Form& form) {
        if (const YamlNode* node = ask(key, Presence::optional)) convert(*node, place_.key(key), into, form);
    }

    /// A list of scalars.
    template <class T, class Form>
    void list(const std::string& key, std::vector<T>& into, const Form& form) {
        const YamlNode* node = ask(key, Presence::optional);
        if (node != nullptr && is(*node, YamlNode::Kind::list, place_.key(key))) convert_each(*node, key, into, form);
    }

    /// A scalar, which stands for a list of one, or a list of at least one.
    template <class T, class Form>
    void one_or_more(const std::string& key, std::vector<T>& into, const Form& form) {
        const YamlNode* node = ask(key, Presence::optional);
        if (node == nullptr) return;
        if (node->kind != YamlNode::Kind::list) return convert(*node, place_.key(key), into.emplace_back(), form);
        if (node->items.empty()) fail(key, "an empty list; name at least one, or leave the key out");
        convert_each(*node, key, into, form);
    }

    /// A mapping with keys of its own.
    void section(const std::string& key, Presence presence, const Reader& read, KeyNames names = KeyNames::shown);

    /// A list of mappings. `read` is called once for each.
    void sections(const std::string& key, Presence presence, const Reader& read);

    /// A mapping from names to mappings. `name_form` judges the names; `placeholder` stands for them in known_keys().
    template <class Form>
    void named_sections(const std::string& key,
                        Presence presence,
                        std::string_view placeholder,
                        const Form& name_form,
                        const NamedReader& read) {
        for (const YamlEntry* entry : named_entries(key, presence)) {
            if (reading_.problems.full()) return;
            const Place place = place_.key(key).named(entry->key, placeholder);
            check_name(*entry, place, name_form);
            read_named(*entry, place, read);
        }
    }

    /// A mapping from names to scalars.
    template <class T, class NameForm, class Form>
    void named_values(const std::string& key,
                      Presence presence,
                      std::string_view placeholder,
                      std::map<std::string, T>& into,
                      const NameForm& name_form,
                      const Form& form) {
        for (const YamlEntry* entry : named_entries(key, presence)) {
            if (reading_.problems.full()) return;
            const Place place = place_.key(key).named(entry->key, placeholder);
            reading_.known_keys.insert(place.pattern);
            reading_.problems.locate(place.path, entry->value.position);
            check_name(*entry, place, name_form);
            convert(entry->value, place, into[entry->key], form);
        }
    }

    /// The value of `key` as it is, which then counts as asked for; nullptr when it is not there. For what no form
    /// fits.
    const YamlNode* ask(const std::string& key, Presence presence);

    [[nodiscard]] bool has(const std::string& key) const { return find(key) != nullptr; }
    [[nodiscard]] bool is_empty_mapping() const { return is_mapping_ && node_.entries.empty(); }
    [[nodiscard]] bool sound(const std::string& key) const { return reading_.problems.sound(place_.key(key).path); }
    void fail(const std::string& key, std::string message) {
        reading_.problems.report(place_.key(key).path, std::move(message));
    }
    void fail(std::string message) { reading_.problems.report(place_.path, std::move(message)); }

    /// `key`, which is optional in itself, is needed here: as `required`, with the reason.
    void demand(const std::string& key, const std::string& why);

    [[nodiscard]] Reading& reading() const { return reading_; }
    [[nodiscard]] Position position() const { return node_.position; }

private:
    MappingReader(Reading& reading, const Place& place, const YamlNode& node, KeyNames names);

    [[nodiscard]] const YamlNode* find(const std::string& key) const;
    /// Reports when it is not.
    bool is(const YamlNode& node, YamlNode::Kind kind, const Place& place);
    std::vector<const YamlEntry*> named_entries(const std::string& key, Presence presence);
    void read_named(const YamlEntry& entry, const Place& place, const NamedReader& read);
    void report_repeated_keys(const YamlNode& mapping, const Place& place, KeyNames names);
    void finish();
    void report_unknown(const YamlEntry& entry);

    template <class T, class Form>
    void convert(const YamlNode& node, const Place& place, T& into, const Form& form) {
        if (!is(node, YamlNode::Kind::scalar, place)) return;
        auto value = form(node.scalar);
        if (value)
            into = std::move(*value);
        else
            reading_.problems.report(place.path, std::move(value.error()));
    }

    template <class T, class Form>
    void convert_each(const YamlNode& node, const std::string& key, std::vector<T>& into, const Form& form) {
        for (std::size_t i = 0; i < node.items.size() && !reading_.problems.full(); ++i) {
            const Place place = place_.key(key).element(i);
            reading_.problems.locate(place.path, node.items[i].position);
            convert(node.items[i], place, into.emplace_back(), form);
        }
    }

    template <class Form>
    void check_name(const YamlEntry& entry, const Place& place, const Form& form) {
        if (reading_.discovering) return;
        if (auto name = form(entry.key); !name)
            reading_.problems.report_at(entry.position, place.path, std::move(name.error()));
    }

    Reading& reading_;
    Place place_;
    const YamlNode& node_;
    KeyNames names_;
    bool is_mapping_;
    std::vector<std::string> asked_;
    std::map<std::string, std::string> missing_;  // key -> message
};

}  // namespace postern::config
