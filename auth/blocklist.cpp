#include "auth/blocklist.hpp"

#include "auth/fold.hpp"
#include "auth/libsodium.hpp"
#include "base/ascii.hpp"
#include "base/utf8.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <istream>
#include <limits>
#include <optional>
#include <ostream>
#include <sstream>

namespace postern::auth {

namespace {

constexpr std::string_view magic = "pstblk1\n";
constexpr std::size_t header_bytes = magic.size() + 8;
constexpr std::size_t max_file_bytes = header_bytes + 5 * max_blocklist_entries;
constexpr std::size_t max_decoration_bytes = 6;
constexpr std::size_t min_core_bytes = 4;

std::uint64_t hash_of(std::string_view text) {
    // Part of the file format. It hides nothing: whoever has the list may know what is in it.
    constexpr unsigned char key[crypto_shorthash_KEYBYTES] = {'p', 'o', 's', 't', 'e', 'r', 'n', ' ',
                                                              'b', 'l', 'o', 'c', 'k', 'l', 's', 't'};
    std::array<unsigned char, crypto_shorthash_BYTES> hash{};
    crypto_shorthash(hash.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(), key);
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 5; ++i) number = number << 8U | hash[i];
    return number;
}

enum class LineKind { password, nothing, unusable };

LineKind kind_of(std::string_view line) {
    if (line.empty() || line.starts_with("# ")) return LineKind::nothing;
    return line.size() <= max_blocklist_line_bytes && base::is_utf8(line) ? LineKind::password : LineKind::unusable;
}

/// The next line without its end, cut where it is longer than any password; nullopt behind the last one.
std::optional<std::string> next_line(std::istream& lines) {
    std::array<char, max_blocklist_line_bytes + 3> buffer{};  // CR, one byte too many, NUL
    lines.getline(buffer.data(), buffer.size());
    auto count = static_cast<std::size_t>(lines.gcount());
    if (lines.bad() || (count == 0 && lines.eof())) return std::nullopt;
    if (lines.fail()) {
        lines.clear();
        lines.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    } else if (!lines.eof()) {
        --count;  // the line feed, which is counted but not stored
    }
    std::string line(buffer.data(), count);
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

bool is_decoration(char c) {
    return !base::is_alpha(c) && static_cast<unsigned char>(c) < 0x80;
}

/// Without the digits and signs at its ends (or its end alone), if they are few and enough is left.
std::string_view core_of(std::string_view text, bool at_both_ends) {
    std::string_view core = text;
    while (!core.empty() && is_decoration(core.back())) core.remove_suffix(1);
    while (at_both_ends && !core.empty() && is_decoration(core.front())) core.remove_prefix(1);
    return core.size() >= min_core_bytes && text.size() - core.size() <= max_decoration_bytes ? core : text;
}

/// The shortest text that, repeated, makes up `text`; `text` itself if there is none.
std::string_view period_of(std::string_view text) {
    for (std::size_t length = min_core_bytes; length <= text.size() / 2; ++length) {
        if (text.size() % length == 0 && text.substr(length) == text.substr(0, text.size() - length))
            return text.substr(0, length);
    }
    return text;
}

}  // namespace

std::uint64_t Blocklist::entry(std::size_t index) const {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < entry_bytes; ++i) number = number << 8U | entries_[index * entry_bytes + i];
    return number;
}

bool Blocklist::has(std::string_view folded_text) const {
    const std::uint64_t wanted = hash_of(folded_text);
    std::size_t low = 0;
    std::size_t high = size();
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const std::uint64_t found = entry(middle);
        if (found == wanted) return true;
        (found < wanted ? low : high) = found < wanted ? middle + 1 : middle;
    }
    return false;
}

bool Blocklist::has_any_spelling(std::string_view folded_text) const {
    for (const std::string_view core : {folded_text, core_of(folded_text, false), core_of(folded_text, true)})
        if (has(core) || has(period_of(core))) return true;
    return false;
}

bool Blocklist::contains(std::string_view password) const {
    start_libsodium();
    const auto text = folded(password);
    if (has_any_spelling(base::view(text))) return true;
    // Decoration goes first, because "motdepasse1" must not become "motdepassei".
    for (const std::string_view core :
         {base::view(text), core_of(base::view(text), false), core_of(base::view(text), true)}) {
        for (const char one : {'i', 'l'})
            if (has_any_spelling(base::view(unleeted(core, one)))) return true;
    }
    return false;
}

std::expected<Blocklist, std::string> Blocklist::read_lines(std::istream& lines, Counts& counts) {
    start_libsodium();
    std::vector<std::uint64_t> hashes;
    counts = {};
    while (const auto line = next_line(lines)) {
        const LineKind kind = kind_of(*line);
        if (kind == LineKind::unusable) ++counts.skipped;
        if (kind != LineKind::password) continue;
        if (hashes.size() == max_blocklist_entries) {
            return std::unexpected("has more than " + std::to_string(max_blocklist_entries) + " passwords");
        }
        hashes.push_back(hash_of(base::view(folded(*line))));
    }
    if (lines.bad()) return std::unexpected("cannot be read");
    std::ranges::sort(hashes);
    hashes.erase(std::ranges::unique(hashes).begin(), hashes.end());
    counts.listed = hashes.size();

    Blocklist list;
    list.entries_.reserve(hashes.size() * entry_bytes);
    for (const std::uint64_t hash : hashes)
        for (std::size_t i = entry_bytes; i > 0; --i)
            list.entries_.push_back(static_cast<unsigned char>(hash >> (8 * (i - 1))));
    return list;
}

std::expected<Blocklist, std::string> Blocklist::parse(std::string_view file) {
    if (file.size() < header_bytes) return std::unexpected("is cut off");
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < 8; ++i)
        count |= std::uint64_t{static_cast<unsigned char>(file[magic.size() + i])} << (8 * i);
    file.remove_prefix(header_bytes);
    if (count > max_blocklist_entries || file.size() != count * entry_bytes)
        return std::unexpected("is damaged: its size is not that of the entries it announces");
    Blocklist list;
    list.entries_.assign(file.begin(), file.end());
    for (std::size_t i = 1; i < list.size(); ++i)
        if (list.entry(i - 1) >= list.entry(i)) return std::unexpected("is damaged: its entries are not in order");
    return list;
}

std::expected<Blocklist, std::string> Blocklist::parse_lines(std::string text) {
    std::istringstream lines(std::move(text));
    Counts counts;
    return read_lines(lines, counts);
}

std::expected<Blocklist, std::string> Blocklist::load(const std::string& path) {
    const auto refused = [&](const std::string& why) { return std::unexpected("the blocklist " + path + " " + why); };
    std::error_code error;
    // Asked first, because a pipe of that name would be waited for.
    if (!std::filesystem::is_regular_file(path, error)) return refused("is not a file that can be read");
    const auto size = std::filesystem::file_size(path, error);
    if (error || size > max_file_bytes) return refused("is larger than " + std::to_string(max_file_bytes) + " bytes");
    std::string text(size, '\0');
    std::ifstream file(path, std::ios::binary);
    if (!file.read(text.data(), static_cast<std::streamsize>(text.size()))) return refused("cannot be read");

    auto list = text.starts_with(magic) ? parse(text) : parse_lines(std::move(text));
    if (!list) return refused(list.error());
    return list;
}

void Blocklist::write(std::ostream& out) const {
    out << magic;
    for (std::size_t i = 0; i < 8; ++i) out.put(static_cast<char>(size() >> (8 * i) & 0xFFU));
    for (const unsigned char byte : entries_) out.put(static_cast<char>(byte));
}

std::expected<Blocklist::Counts, std::string> build_blocklist(std::istream& lines, std::ostream& out) {
    Blocklist::Counts counts;
    const auto list = Blocklist::read_lines(lines, counts);
    if (!list) return std::unexpected("the list " + list.error());
    list->write(out);
    if (!out.flush()) return std::unexpected("the blocklist cannot be written");
    return counts;
}

}  // namespace postern::auth
