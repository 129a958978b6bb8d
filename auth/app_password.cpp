#include "auth/app_password.hpp"

#include "auth/display_name.hpp"
#include "auth/random_code.hpp"
#include "base/ascii.hpp"

#include <array>
#include <cassert>
#include <utility>

namespace postern::auth {

namespace {

constexpr std::string_view prefix = "pst1";
constexpr std::string_view base32 = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's: no i, l, o, u
constexpr std::size_t secret_characters = 26;
constexpr std::size_t checksum_characters = 2;
constexpr std::size_t max_row_characters = 11;  // 53 bits
constexpr std::size_t max_text_bytes = 128;     // generous with dashes and spaces

// The greatest prime below 32 * 32. Because it is prime and greater than every digit, a sum weighted with powers of 32
// changes with every single digit and every swap of two different neighbours.
constexpr unsigned checksum_modulus = 1021;

constexpr bool is_ignored(char c) {
    return c == '-' || c == ' ';
}

constexpr char read_lookalike(char c) {
    c = base::to_lower(c);
    if (c == 'o') return '0';
    return c == 'i' || c == 'l' ? '1' : c;
}

unsigned value_of(char digit) {
    const auto at = base32.find(digit);
    assert(at != std::string_view::npos);
    return static_cast<unsigned>(at);
}

/// In lower case without what is ignored. Empty when it is too long or has a character that cannot be.
base::WipingBuffer normalised(std::string_view text) {
    base::WipingBuffer digits;
    if (text.size() > max_text_bytes) return digits;
    digits.reserve(text.size());
    for (const char typed : text) {
        if (is_ignored(typed)) continue;
        const char c = read_lookalike(typed);
        if (!base32.contains(c)) return {};
        digits.push_back(c);
    }
    return digits;
}

std::string base32_of(std::int64_t number) {
    std::string digits;
    for (; number > 0; number /= 32) digits.insert(digits.begin(), base32[static_cast<std::size_t>(number % 32)]);
    return digits;
}

/// nullopt for leading zeros, so that a row has one writing, and beyond max_app_password_row.
std::optional<std::int64_t> number_of(std::string_view digits) {
    if (digits.empty() || digits.size() > max_row_characters || digits.front() == '0') return std::nullopt;
    std::int64_t number = 0;
    for (const char digit : digits) number = number * 32 + value_of(digit);
    if (number > max_app_password_row) return std::nullopt;
    return number;
}

unsigned add_to_checksum(unsigned sum, std::string_view digits) {
    for (const char digit : digits) sum = (sum * 32 + value_of(digit)) % checksum_modulus;
    return sum;
}

std::array<char, checksum_characters> checksum(std::string_view row, std::string_view secret) {
    const unsigned sum = add_to_checksum(add_to_checksum(0, row), secret);
    return {base32[sum / 32], base32[sum % 32]};
}

constexpr std::pair<AppScopes, std::string_view> scope_names[] = {
    {AppScopes(AppScope::imap), "imap"},
    {AppScopes(AppScope::smtp), "smtp"},
    {AppScopes::all(), "imap,smtp"},
};

}  // namespace

AppPassword generate_app_password(std::int64_t row_id) {
    assert(row_id >= 1 && row_id <= max_app_password_row);
    return {row_id, random_characters(base32, secret_characters)};
}

base::Secret text_of(const AppPassword& password) {
    const std::string row = base32_of(password.row_id);
    const std::string_view secret = password.secret.reveal();
    const auto sum = checksum(row, secret);
    base::WipingBuffer text;
    for (const std::string_view part : {prefix, std::string_view(row), secret}) {
        base::append(text, part);
        text.push_back('-');
    }
    base::append(text, {sum.data(), sum.size()});
    return base::Secret(std::move(text));
}

bool looks_like_app_password(std::string_view text) {
    std::size_t found = 0;
    for (const char c : text.substr(0, max_text_bytes)) {
        if (is_ignored(c)) continue;
        if (read_lookalike(c) != prefix[found]) return false;
        if (++found == prefix.size()) return true;
    }
    return false;
}

std::string_view describe(AppPasswordFault fault) {
    switch (fault) {
        case AppPasswordFault::malformed:
            return "has not the form of an app password";
        case AppPasswordFault::mistyped:
            return "is mistyped: its checksum does not fit";
    }
    return "cannot be used";
}

std::expected<AppPassword, AppPasswordFault> parse_app_password(std::string_view text) {
    const base::WipingBuffer buffer = normalised(text);
    std::string_view digits = base::view(buffer);
    if (!digits.starts_with(prefix)) return std::unexpected(AppPasswordFault::malformed);
    digits.remove_prefix(prefix.size());
    if (digits.size() <= secret_characters + checksum_characters) return std::unexpected(AppPasswordFault::malformed);

    const std::string_view typed_sum = digits.substr(digits.size() - checksum_characters);
    digits.remove_suffix(checksum_characters);
    const std::string_view row = digits.substr(0, digits.size() - secret_characters);
    const std::string_view secret = digits.substr(row.size());
    if (row.size() > max_row_characters) return std::unexpected(AppPasswordFault::malformed);
    const auto sum = checksum(row, secret);
    if (typed_sum != std::string_view(sum.data(), sum.size())) return std::unexpected(AppPasswordFault::mistyped);
    const auto row_id = number_of(row);
    if (!row_id) return std::unexpected(AppPasswordFault::malformed);
    return AppPassword{*row_id, base::Secret(secret)};
}

std::string app_password_verifier(const Keyring& keys, const AppPassword& password) {
    return keys.mac(MacUse::app_password, {std::to_string(password.row_id), password.secret.reveal()});
}

bool is_app_password(const Keyring& keys, std::string_view verifier, const AppPassword& password) {
    return keys.is_mac(verifier, MacUse::app_password, {std::to_string(password.row_id), password.secret.reveal()});
}

std::optional<AppScopes> AppScopes::parse(std::string_view text) {
    for (const auto& [scopes, name] : scope_names)
        if (name == text) return scopes;
    return std::nullopt;
}

std::string_view AppScopes::text() const noexcept {
    for (const auto& [scopes, name] : scope_names)
        if (scopes == *this) return name;
    return {};
}

std::string_view describe(AppLabelFault fault) {
    switch (fault) {
        case AppLabelFault::empty:
            return "is empty";
        case AppLabelFault::too_long:
            return "is longer than 64 bytes";
        case AppLabelFault::not_utf8:
            return "is not UTF-8";
        case AppLabelFault::control_character:
            return "contains a control character";
    }
    return "cannot be used";
}

std::expected<void, AppLabelFault> check_app_label(std::string_view label) {
    if (label.size() > max_app_password_label_bytes) return std::unexpected(AppLabelFault::too_long);
    const auto checked = check_display_name(label);
    if (!checked && checked.error() == DisplayNameFault::not_utf8) return std::unexpected(AppLabelFault::not_utf8);
    if (!checked) return std::unexpected(AppLabelFault::control_character);
    if (base::trim(label).empty()) return std::unexpected(AppLabelFault::empty);
    return {};
}

}  // namespace postern::auth
