/// A directory with the files that configurations name, and a good configuration to spoil.
#pragma once

#include "config/load.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::config::test {

inline std::string read_text(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file.good()) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string source_text(std::string_view path) {
    return read_text(std::filesystem::path(POSTERN_SOURCE_DIR) / path);
}

inline std::string replace_all(std::string text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

/// Holds certificate.pem, key.pem and master.secret; removed with everything in it.
class Sandbox {
public:
    Sandbox() {
        std::string name = (std::filesystem::temp_directory_path() / "postern-config-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
        directory_ = name;
        write("certificate.pem", "a certificate\n");
        write("key.pem", "a key\n");
        write("master.secret", "open sesame\n");
    }
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;
    ~Sandbox() { std::filesystem::remove_all(directory_); }

    void write(const std::string& name, std::string_view contents) const {
        std::ofstream(directory_ / name, std::ios::binary) << contents;
    }
    [[nodiscard]] std::string path(const std::string& name) const { return (directory_ / name).string(); }

    /// The environment has POSTERN_SECRET and POSTERN_EMPTY.
    [[nodiscard]] Loaded load_text(std::string_view text) const {
        const Environment environment = [](const std::string& name) -> std::optional<std::string> {
            if (name == "POSTERN_SECRET") return "from the environment";
            if (name == "POSTERN_EMPTY") return "";
            return std::nullopt;
        };
        return config::load_text(text, path("postern.yaml"), environment);
    }

    /// One line for each error: "line:column: path: message", with DIR for this directory.
    [[nodiscard]] std::string mistakes(std::string_view text) const {
        const Loaded loaded = load_text(text);
        std::string lines;
        if (!loaded)
            for (const SettingsError& error : loaded.error()) lines += error.text() + '\n';
        return replace_all(replace_all(lines, path("postern.yaml") + ':', ""), directory_.string(), "DIR");
    }

private:
    std::filesystem::path directory_;
};

/// "text" -> what stands there instead; the text must be there once.
using Edits = std::vector<std::pair<std::string, std::string>>;

/// tests/data/config/good.yaml with the edits.
inline std::string edited(const Edits& edits) {
    std::string text = source_text("tests/data/config/good.yaml");
    for (const auto& [from, to] : edits) {
        const auto at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        EXPECT_EQ(text.find(from, at + 1), std::string::npos) << from << " stands there twice";
        if (at != std::string::npos) text.replace(at, from.size(), to);
    }
    return text;
}

/// One mistake or more, and all that is said about it.
struct MistakeCase {
    std::string name;
    Edits edits;
    std::string want;
};

}  // namespace postern::config::test
