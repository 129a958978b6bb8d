#include "config/file_contents.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <utility>

namespace postern::config {
namespace {

constexpr std::size_t largest_secret = 4096;

/// A secret is one line, because every protocol that carries it ends its lines itself. The result never quotes it.
Formed<base::Secret> as_secret(base::WipingBuffer bytes) {
    if (!bytes.empty() && bytes.back() == '\n') bytes.pop_back();
    if (!bytes.empty() && bytes.back() == '\r') bytes.pop_back();
    if (bytes.empty()) return std::unexpected("the secret is empty");
    const auto ends_line = [](char c) { return c == '\n' || c == '\r' || c == '\0'; };
    if (std::ranges::any_of(bytes, ends_line)) return std::unexpected("the secret must be a single line of text");
    return base::Secret(std::move(bytes));
}

struct SecretFile {
    std::filesystem::path directory;

    Formed<base::Secret> operator()(std::string_view text) const {
        const auto path = FilePath{directory}(text);
        if (!path) return std::unexpected(path.error());
        auto contents = read_file(*path, largest_secret);
        if (!contents) return std::unexpected(in_quotes(*path) + " cannot be read: " + contents.error());
        return as_secret(std::move(*contents));
    }
};

struct SecretVariable {
    const Environment& environment;

    Formed<base::Secret> operator()(std::string_view text) const {
        const auto name = variable_name(text);
        if (!name) return std::unexpected(name.error());
        std::optional<std::string> value = environment(*name);
        if (!value) return std::unexpected("the environment variable " + *name + " is not set");
        base::WipingBuffer bytes(value->begin(), value->end());
        base::wipe(*value);
        if (bytes.size() > largest_secret) return std::unexpected("the secret is longer than 4096 bytes");
        return as_secret(std::move(bytes));
    }
};

void read_source(MappingReader& section, base::Secret& secret) {
    section.optional("file", secret, SecretFile{section.reading().directory});
    section.optional("env", secret, SecretVariable{section.reading().environment});
    const std::string forms = "expected `{ file: PATH }` or `{ env: NAME }`, found ";
    if (section.has("file") && section.has("env")) section.fail(forms + "both");
    if (section.is_empty_mapping()) section.fail(forms + "neither");
}

}  // namespace

void read_secret(MappingReader& section, const std::string& key, base::Secret& secret) {
    const YamlNode* node = section.ask(key, Presence::optional);
    if (node != nullptr && node->kind == YamlNode::Kind::scalar) {
        section.fail(key, "a secret must not stand in this file; write `{ file: PATH }` or `{ env: NAME }`");
        return;
    }
    const auto read = [&](MappingReader& source) { read_source(source, secret); };
    section.section(key, Presence::optional, read, KeyNames::hidden);
}

}  // namespace postern::config
