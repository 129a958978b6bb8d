/// Passwords that are tried first by everybody, kept as hashes: no password leaves the machine to be compared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

inline constexpr std::size_t max_blocklist_entries = 10'000'000;
inline constexpr std::size_t max_blocklist_line_bytes = 256;

/// A set of 40-bit hashes, 5 bytes an entry: 10 million passwords are 50 MB, and one of 100 000 other passwords is
/// taken for listed. Immutable once made; any number of threads may ask it at once. Functions throw std::runtime_error
/// when libsodium cannot start.
class Blocklist {
public:
    /// Nothing is listed.
    Blocklist() = default;

    struct Counts {
        std::size_t listed = 0;   ///< different ones
        std::size_t skipped = 0;  ///< lines that cannot be passwords: too long or not UTF-8
    };

    /// One password a line; empty lines and lines that begin with "# " say nothing. Refuses more than
    /// max_blocklist_entries.
    [[nodiscard]] static std::expected<Blocklist, std::string> read_lines(std::istream& lines, Counts& counts);

    /// Reads either a file of lines or what `build_blocklist` wrote, and holds it in memory: a file that is replaced
    /// while postern runs changes nothing. The error says why not.
    [[nodiscard]] static std::expected<Blocklist, std::string> load(const std::string& path);

    /// Whether the password is listed: as it is, without case and accents, without up to 6 digits and signs at its
    /// ends, with digits for letters ("m0tdepasse"), or several times in a row. Bounded by the length of the password.
    [[nodiscard]] bool contains(std::string_view password) const;

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size() / entry_bytes; }

    /// The compact form: "pstblk1\n", the number of entries as 8 bytes, little-endian, and the entries, ascending, 5
    /// bytes each, big-endian.
    void write(std::ostream& out) const;

private:
    static constexpr std::size_t entry_bytes = 5;

    static std::expected<Blocklist, std::string> parse(std::string_view file);
    static std::expected<Blocklist, std::string> parse_lines(std::string text);
    [[nodiscard]] std::uint64_t entry(std::size_t index) const;
    [[nodiscard]] bool has(std::string_view folded_text) const;
    [[nodiscard]] bool has_any_spelling(std::string_view folded_text) const;

    std::vector<unsigned char> entries_;  ///< strictly ascending
};

/// Makes the compact form of a list of lines, offline: a list of millions loads in no time.
[[nodiscard]] std::expected<Blocklist::Counts, std::string> build_blocklist(std::istream& lines, std::ostream& out);

}  // namespace postern::auth
