/// The rows of an import file as accounts to be, with every mistake found on the way.
#pragma once

#include "auth/keyring.hpp"
#include "auth/password_verifiers.hpp"
#include "auth/store.hpp"
#include "base/secret.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace postern::app {

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

/// One row. Until its password is hashed, `verifier` is empty.
struct ImportRow {
    std::size_t line = 0;
    auth::NewAccount account;  ///< without `birth.date`, which goes by the account's number: see `birth_date`
    std::optional<std::chrono::year_month_day> birth_date;
    base::Secret verifier;
    base::Secret password;  ///< to be hashed; empty when the file gave a verifier or none at all
    std::string wrapping;   ///< what stands before its hash; see PasswordVerifiers
    std::optional<std::string> recovery_mail;
    bool is_provisional = false;  ///< the password is one that an activation begins with
    bool says_language = false;
    bool is_known = false;       ///< the account is in the store; `account.id` is its number there
    std::string lacks_password;  ///< why an account that is not there yet cannot be added; empty: it can
};

/// Takes rows as a CSV reader finds them; the first is the header.
class ImportRows {
public:
    /// What is handed in must outlive this object.
    ImportRows(std::span<const std::string> known_groups,
               const auth::PasswordVerifiers& hasher,
               const auth::Keyring& keyring,
               auth::Time now)
        : known_groups_(known_groups), hasher_(hasher), keyring_(keyring), now_(now) {}

    void add(std::size_t line, std::span<base::WipingBuffer> fields);

    /// When all rows are in: complains about a file without a header.
    void finish();

    /// A profile that some row names: the file speaks for people of that kind.
    [[nodiscard]] const std::set<auth::Profile>& profiles() const noexcept { return profiles_; }
    [[nodiscard]] bool has_groups() const { return has(Column::groups); }
    [[nodiscard]] bool has_aliases() const { return has(Column::aliases); }

    [[nodiscard]] std::vector<ImportRow>& rows() noexcept { return rows_; }
    [[nodiscard]] LineErrors& errors() noexcept { return errors_; }

private:
    enum class Column {
        login,
        password,
        password_hash,
        groups,
        display_name,
        aliases,
        state,
        language,
        affiliations,
        numen,
        student_number,
        staff_number,
        birth_date,
        family_name,
        given_name,
        recovery_mail
    };
    static constexpr std::size_t columns_known = 16;

    void read_header(std::size_t line, std::span<const base::WipingBuffer> fields);
    void read_row(std::size_t line, std::span<base::WipingBuffer> fields);
    [[nodiscard]] bool has_good_shape(std::size_t line, std::span<const base::WipingBuffer> fields);
    [[nodiscard]] std::string_view text(Column column, std::span<const base::WipingBuffer> fields) const;
    [[nodiscard]] bool has(Column column) const { return position_[static_cast<std::size_t>(column)].has_value(); }
    [[nodiscard]] std::string told(std::string message) const;
    void read_state(ImportRow& row, std::span<const base::WipingBuffer> fields);
    void read_person(ImportRow& row, std::span<const base::WipingBuffer> fields);
    void read_affiliations(ImportRow& row, std::string_view list);
    void read_number(ImportRow& row, auth::SecretIdentifierKind kind, std::string_view text);
    void read_birth(ImportRow& row, std::span<const base::WipingBuffer> fields);
    void read_credential(ImportRow& row, std::span<const base::WipingBuffer> fields);
    void claim(std::size_t line, const auth::Identifier& name);

    std::span<const std::string> known_groups_;
    const auth::PasswordVerifiers& hasher_;
    const auth::Keyring& keyring_;
    const auth::Time now_;
    bool has_header_ = false;
    bool is_header_good_ = false;
    std::size_t columns_ = 0;
    std::array<std::optional<std::size_t>, columns_known> position_{};
    std::vector<ImportRow> rows_;
    std::set<auth::Profile> profiles_;
    LineErrors errors_;
    std::unordered_map<std::string, std::size_t> names_;
    std::unordered_map<std::string, std::size_t> numbers_;  // MACs of secret identifiers -> line
};

}  // namespace postern::app
