#include "auth/identifier.hpp"

#include "auth/prepared_text.hpp"
#include "base/ascii.hpp"

#include <algorithm>
#include <optional>

namespace postern::auth {

namespace {

constexpr std::size_t max_domain_bytes = 253;
constexpr std::size_t max_label_bytes = 63;

bool is_alphanumeric(char c) {
    return base::is_alpha(c) || base::is_digit(c);
}

bool is_local_character(char c) {
    return is_alphanumeric(c) || std::string_view("!#$&+-.=?^_~").contains(c);
}

bool is_label(std::string_view label) {
    if (label.empty() || label.size() > max_label_bytes) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    return std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_domain(std::string_view domain) {
    if (domain.size() > max_domain_bytes) return false;
    for (;;) {
        const auto dot = domain.find('.');
        if (!is_label(domain.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        domain.remove_prefix(dot + 1);
    }
}

std::optional<IdentifierFault> fault_of_local_part(std::string_view local) {
    if (local.empty()) return IdentifierFault::empty_local_part;
    if (!std::ranges::all_of(local, is_local_character)) return IdentifierFault::forbidden_character;
    if (local.front() == '.' || local.back() == '.' || local.contains("..")) return IdentifierFault::misplaced_dot;
    return std::nullopt;
}

std::optional<IdentifierFault> fault_of(std::string_view text) {
    if (text.empty()) return IdentifierFault::empty;
    if (text.size() > max_identifier_bytes) return IdentifierFault::too_long;
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    if (!std::ranges::all_of(text, is_ascii)) return IdentifierFault::not_ascii;
    const auto at = text.find('@');
    if (at != text.rfind('@')) return IdentifierFault::more_than_one_at;
    if (const auto fault = fault_of_local_part(text.substr(0, at))) return fault;
    if (at != std::string_view::npos && !is_domain(text.substr(at + 1))) return IdentifierFault::bad_domain;
    return std::nullopt;
}

}  // namespace

std::string_view describe(IdentifierFault fault) {
    switch (fault) {
        case IdentifierFault::empty:
            return "is empty";
        case IdentifierFault::too_long:
            return "is longer than 254 bytes";
        case IdentifierFault::not_ascii:
            return "contains characters outside ASCII, which names may not yet have";
        case IdentifierFault::forbidden_character:
            return "contains a character other than letters, digits and ! # $ & + - . = ? ^ _ ~";
        case IdentifierFault::misplaced_dot:
            return "has a dot at an end of the part before the @, or two in a row";
        case IdentifierFault::more_than_one_at:
            return "contains more than one @";
        case IdentifierFault::empty_local_part:
            return "has nothing before the @";
        case IdentifierFault::bad_domain:
            return "has no valid domain after the @";
    }
    return "is not valid";
}

std::expected<Identifier, IdentifierFault> Identifier::parse(std::string_view text) {
    if (text.empty()) return std::unexpected(IdentifierFault::empty);
    const auto prepared = prepared_name(text);
    if (!prepared) return std::unexpected(IdentifierFault::not_ascii);
    if (const auto fault = fault_of(*prepared)) return std::unexpected(*fault);
    return Identifier(base::to_lower(*prepared));
}

std::expected<Identifier, IdentifierFault> Identifier::completed(std::string_view domain) const {
    if (has_domain()) return *this;
    return parse(text_ + '@' + std::string(domain));
}

std::vector<Identifier> meanings(std::string_view name, std::string_view default_domain) {
    std::vector<Identifier> found;
    const auto plain = Identifier::parse(name);
    if (!plain) return found;
    if (!plain->has_domain() && !default_domain.empty()) {
        if (auto completed = plain->completed(default_domain)) found.push_back(std::move(*completed));
    }
    found.push_back(*plain);
    return found;
}

}  // namespace postern::auth
