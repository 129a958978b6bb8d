/// Passwords that a mail program keeps: too long to guess, so they need no lockout and no slow hash, and each opens
/// mail only.
#pragma once

#include "auth/keyring.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace postern::auth {

inline constexpr std::int64_t max_app_password_row = (std::int64_t{1} << 53) - 1;
inline constexpr std::size_t max_app_password_label_bytes = 64;

/// One app password: the row of the store it belongs to, and 130 random bits as 26 characters of Crockford's base32 in
/// lower case. The row being part of the password, the check is one indexed read and one MAC, however many app
/// passwords there are.
struct AppPassword {
    std::int64_t row_id = 0;  ///< 1 to max_app_password_row
    base::Secret secret;
};

/// A new one, with a random secret.
[[nodiscard]] AppPassword generate_app_password(std::int64_t row_id);

/// "pst1-<row id>-<secret>-<checksum>", as it is shown, once.
[[nodiscard]] base::Secret text_of(const AppPassword& password);

/// Whether it begins as an app password does. Says nothing about the rest, and any other password may begin so too.
[[nodiscard]] bool looks_like_app_password(std::string_view text);

enum class AppPasswordFault {
    malformed,  ///< no app password
    mistyped,   ///< the checksum does not fit
};

/// Why a text is refused, as the end of a sentence: "the app password ...".
[[nodiscard]] std::string_view describe(AppPasswordFault fault);

/// Reads one as people type it: case, spaces and dashes do not count, o is 0, i and l are 1. One wrong character and
/// two swapped neighbours are always found out, anything else in 1020 of 1021 cases, without a look into the store.
[[nodiscard]] std::expected<AppPassword, AppPasswordFault> parse_app_password(std::string_view text);

/// What the store keeps instead of the password.
[[nodiscard]] std::string app_password_verifier(const Keyring& keys, const AppPassword& password);

/// Compares with what the store keeps, in constant time.
[[nodiscard]] bool is_app_password(const Keyring& keys, std::string_view verifier, const AppPassword& password);

enum class AppScope { imap, smtp };

/// What an app password may be used for: a set of scopes, never empty once read or made of one.
class AppScopes {
public:
    explicit constexpr AppScopes(AppScope scope) noexcept : bits_(bit(scope)) {}

    [[nodiscard]] static constexpr AppScopes all() noexcept { return AppScopes(AppScope::imap) | AppScope::smtp; }

    /// "imap", "smtp" or "imap,smtp", as commands and the database write it; nullopt for any other text.
    [[nodiscard]] static std::optional<AppScopes> parse(std::string_view text);
    [[nodiscard]] std::string_view text() const noexcept;

    [[nodiscard]] constexpr bool contains(AppScope scope) const noexcept { return (bits_ & bit(scope)) != 0; }

    friend constexpr AppScopes operator|(AppScopes scopes, AppScope scope) noexcept {
        scopes.bits_ |= bit(scope);
        return scopes;
    }
    friend bool operator==(const AppScopes&, const AppScopes&) = default;

private:
    static constexpr unsigned bit(AppScope scope) noexcept { return 1U << static_cast<unsigned>(scope); }

    unsigned bits_;
};

enum class AppLabelFault { empty, too_long, not_utf8, control_character };

/// Why a label is refused, as the end of a sentence: "the label ...".
[[nodiscard]] std::string_view describe(AppLabelFault fault);

/// What its owner calls it ("phone"): UTF-8 of 1 to 64 bytes, without what a display name may not hold either, and not
/// of spaces alone.
[[nodiscard]] std::expected<void, AppLabelFault> check_app_label(std::string_view label);

}  // namespace postern::auth
