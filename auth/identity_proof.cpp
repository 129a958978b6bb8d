#include "auth/identity_proof.hpp"

#include "auth/fold.hpp"
#include "base/ascii.hpp"

#include <algorithm>
#include <charconv>

namespace postern::auth {

namespace {

constexpr std::string_view numen_form = "99A9999999AAA";
constexpr std::size_t min_number_characters = 4;
constexpr std::size_t max_number_characters = 20;
constexpr int first_year = 1900;

bool fits(std::string_view text, std::string_view form) {
    return std::ranges::equal(text, form,
                              [](char c, char f) { return f == '9' ? base::is_digit(c) : base::is_alpha(c); });
}

std::optional<int> number_in(std::string_view text) {
    int number = 0;
    if (text.empty() || !std::ranges::all_of(text, base::is_digit)) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string date_text(std::chrono::year_month_day date) {
    return std::to_string(static_cast<int>(date.year())) + '-' + std::to_string(static_cast<unsigned>(date.month())) +
           '-' + std::to_string(static_cast<unsigned>(date.day()));
}

/// Letters and digits alone, so that "Jean-Pierre" and "jean pierre" are one.
base::WipingBuffer name_letters(std::string_view name) {
    base::WipingBuffer letters = folded(name);
    std::erase_if(letters, [](char c) { return c == ' ' || c == '-' || c == '\'' || c == '.'; });
    return letters;
}

}  // namespace

std::optional<std::string> secret_number(SecretIdentifierKind kind, std::string_view text) {
    std::string number;
    for (const char c : text) {
        if (c == ' ') continue;
        if (!base::is_alpha(c) && !base::is_digit(c)) return std::nullopt;
        if (number.size() == max_number_characters) return std::nullopt;
        number += base::to_upper(c);
    }
    if (kind == SecretIdentifierKind::numen && !fits(number, numen_form)) return std::nullopt;
    if (number.size() < min_number_characters) return std::nullopt;
    return number;
}

std::optional<std::chrono::year_month_day> birth_date(std::string_view text) {
    const std::string_view typed = base::trim(text);
    if (typed.size() != 10) return std::nullopt;
    const bool is_french = typed[2] == '/' && typed[5] == '/';
    const bool is_iso = typed[4] == '-' && typed[7] == '-';
    if (!is_french && !is_iso) return std::nullopt;
    const auto year = number_in(is_french ? typed.substr(6) : typed.substr(0, 4));
    const auto month = number_in(is_french ? typed.substr(3, 2) : typed.substr(5, 2));
    const auto day = number_in(is_french ? typed.substr(0, 2) : typed.substr(8));
    if (!year || !month || !day || *year < first_year) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return date;
}

SecretIdentifier secret_identifier(const Keyring& keyring, SecretIdentifierKind kind, std::string_view number) {
    return {.kind = kind, .mac = keyring.mac(MacUse::name, {name_of(kind), number})};
}

std::string birth_mac(const Keyring& keyring, AccountId account, std::chrono::year_month_day date) {
    return keyring.mac(MacUse::birth, {"account", std::to_string(account), date_text(date)});
}

std::string name_birth_mac(const Keyring& keyring,
                           std::string_view family_name,
                           std::string_view given_name,
                           std::chrono::year_month_day date) {
    const auto family = name_letters(family_name);
    const auto given = name_letters(given_name);
    return keyring.mac(MacUse::birth, {"name", base::view(family), base::view(given), date_text(date)});
}

std::string contact_mac(const Keyring& keyring, std::string_view address) {
    return keyring.mac(MacUse::contact, {address});
}

}  // namespace postern::auth
