/// The rows of an import file as accounts to be, with every mistake found on the way.
#pragma once

#include "auth/password.hpp"
#include "auth/store.hpp"
#include "base/secret.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace postern::app {

inline constexpr std::size_t max_import_bytes = 64UL * 1024 * 1024;
inline constexpr std::size_t max_import_rows = 1'000'000;
inline constexpr std::size_t max_field_bytes = 1024;

struct LineError {
    std::size_t line = 0;
    std::string what;
};

/// Mistakes in the order of their lines. Only the first hundred found are kept; the others are counted.
class LineErrors {
public:
    static constexpr std::size_t most_kept = 100;

    void add(std::size_t line, std::string what);
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    /// Sorted by line.
    [[nodiscard]] std::vector<LineError> kept() const;

private:
    std::vector<LineError> kept_;
    std::size_t count_ = 0;
};

/// One row. Until its password is hashed, `account.verifier` is empty.
struct ImportRow {
    std::size_t line = 0;
    auth::NewAccount account;
    base::Secret password;  ///< empty when the file gave a verifier or none at all
};

/// Takes rows as a CSV reader finds them; the first is the header.
class ImportRows {
public:
    /// What is handed in must outlive this object.
    ImportRows(std::span<const std::string> known_groups, const auth::PasswordHasher& hasher)
        : known_groups_(known_groups), hasher_(hasher) {}

    void add(std::size_t line, std::span<base::WipingBuffer> fields);

    /// When all rows are in: complains about a file without a header.
    void finish();

    [[nodiscard]] std::vector<ImportRow>& rows() noexcept { return rows_; }
    [[nodiscard]] LineErrors& errors() noexcept { return errors_; }
    /// Every login and alias of the file, and the line it is on.
    [[nodiscard]] const std::unordered_map<std::string, std::size_t>& names() const noexcept { return names_; }

private:
    enum class Column { login, password, password_hash, groups, display_name, aliases, state };
    static constexpr std::size_t columns_known = 7;

    void read_header(std::size_t line, std::span<const base::WipingBuffer> fields);
    void read_row(std::size_t line, std::span<base::WipingBuffer> fields);
    [[nodiscard]] bool has_good_shape(std::size_t line, std::span<const base::WipingBuffer> fields);
    [[nodiscard]] std::string_view text(Column column, std::span<const base::WipingBuffer> fields) const;
    [[nodiscard]] bool has(Column column) const { return position_[static_cast<std::size_t>(column)].has_value(); }
    [[nodiscard]] std::string told(std::string message) const;
    void read_credential(ImportRow& row, std::span<const base::WipingBuffer> fields);
    void claim(std::size_t line, const auth::Identifier& name);

    std::span<const std::string> known_groups_;
    const auth::PasswordHasher& hasher_;
    bool has_header_ = false;
    bool is_header_good_ = false;
    std::size_t columns_ = 0;
    std::array<std::optional<std::size_t>, columns_known> position_{};
    std::vector<ImportRow> rows_;
    LineErrors errors_;
    std::unordered_map<std::string, std::size_t> names_;
};

}  // namespace postern::app
