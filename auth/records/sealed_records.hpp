/// Everything in the store that is sealed by Keyring, whatever it is about: for sealing it anew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

/// One sealed text, and where it stands.
struct SealedCell {
    std::size_t place = 0;  ///< index of its column in `SealedRecords::places`
    std::int64_t row = 0;   ///< number of its row
    std::string context;    ///< what it is sealed for
    std::string text;       ///< as stored; "$..." if an older version left it bare
};

/// Verbs of one transaction; what they promise together: auth/store.hpp.
class SealedRecords {
public:
    SealedRecords() = default;
    SealedRecords(const SealedRecords&) = delete;
    SealedRecords& operator=(const SealedRecords&) = delete;
    SealedRecords(SealedRecords&&) = delete;
    SealedRecords& operator=(SealedRecords&&) = delete;
    virtual ~SealedRecords() = default;

    /// Every column that holds sealed texts, as "table.column".
    [[nodiscard]] virtual std::span<const std::string_view> places() const = 0;
    /// The next cells of one column, behind row `after`, that do not begin with `prefix`; in the order of their rows.
    [[nodiscard]] virtual std::vector<SealedCell> without_prefix(std::size_t place,
                                                                 std::string_view prefix,
                                                                 std::int64_t after,
                                                                 std::size_t limit) = 0;
    /// How many there are, in all columns.
    [[nodiscard]] virtual std::size_t count_without_prefix(std::string_view prefix) = 0;
    /// The same text under another seal. False when the cell is not what it was any more.
    [[nodiscard]] virtual bool replace(const SealedCell& cell, std::string_view fresh) = 0;
};

}  // namespace postern::auth
