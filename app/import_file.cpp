#include "app/import_file.hpp"

#include <filesystem>
#include <fstream>

namespace postern::app {

namespace {

constexpr std::size_t chunk_bytes = 64UL * 1024;

std::unexpected<std::string> too_large() {
    return std::unexpected(std::string("is larger than 64 MiB: import it in parts"));
}

/// All of `input`, or an error when it is too much.
std::expected<base::WipingBuffer, std::string> read_all(std::istream& input) {
    base::WipingBuffer bytes;
    for (;;) {
        const std::size_t before = bytes.size();
        bytes.resize(before + chunk_bytes);
        input.read(bytes.data() + before, static_cast<std::streamsize>(chunk_bytes));
        bytes.resize(before + static_cast<std::size_t>(input.gcount()));
        if (bytes.size() > max_import_bytes) return too_large();
        if (input.bad()) return std::unexpected("cannot be read");
        if (!input) return bytes;
    }
}

}  // namespace

std::expected<base::WipingBuffer, std::string> read_import_file(const std::string& path, std::istream& standard_input) {
    if (path == "-") return read_all(standard_input);
    std::error_code unknown;
    const auto size = std::filesystem::file_size(path, unknown);
    if (!unknown && size > max_import_bytes) return too_large();
    std::ifstream file;
    file.rdbuf()->pubsetbuf(nullptr, 0);  // a buffer of its own would not be wiped
    file.open(path, std::ios::binary);
    if (!file) return std::unexpected("cannot be opened");
    return read_all(file);
}

}  // namespace postern::app
