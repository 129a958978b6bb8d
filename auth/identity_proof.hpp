/// What proves who somebody is without a password: numbers that the administration gave him, and his date of birth.
/// The store knows only keyed MACs of them.
#pragma once

#include "auth/keyring.hpp"
#include "auth/store.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace postern::auth {

/// The number in the form that is hashed. A NUMEN has thirteen characters: two digits (académie), a letter, two digits
/// (year), five digits, three letters. Others: 4 to 20 letters and digits. Spaces are forgiven, letters become capital.
/// nullopt: it cannot be one, which is said before anything is looked up.
[[nodiscard]] std::optional<std::string> secret_number(SecretIdentifierKind kind, std::string_view text);

/// "14/07/1980" or "1980-07-14", from 1900 on. nullopt: no such day.
[[nodiscard]] std::optional<std::chrono::year_month_day> birth_date(std::string_view text);

/// `number` as `secret_number` gives it.
[[nodiscard]] SecretIdentifier secret_identifier(const Keyring& keyring,
                                                 SecretIdentifierKind kind,
                                                 std::string_view number);

/// The MAC of an account's date of birth.
[[nodiscard]] std::string birth_mac(const Keyring& keyring, AccountId account, std::chrono::year_month_day date);

/// The MAC by which somebody is found by his names and date of birth; case and accents do not matter.
[[nodiscard]] std::string name_birth_mac(const Keyring& keyring,
                                         std::string_view family_name,
                                         std::string_view given_name,
                                         std::chrono::year_month_day date);

/// The MAC of an address of a contact, by which destinations are told apart.
[[nodiscard]] std::string contact_mac(const Keyring& keyring, std::string_view address);

}  // namespace postern::auth
