/// The names an account can be asked for, in their one normal form.
#pragma once

#include <compare>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

inline constexpr std::size_t max_identifier_bytes = 254;  ///< longest address in a path: RFC 5321 4.5.3.1.3, less "<>"

enum class IdentifierFault {
    empty,
    too_long,
    not_ascii,            ///< has letters outside ASCII, which backends do not agree about
    forbidden_character,  ///< includes space, quotes and what backends give a meaning of their own
    misplaced_dot,        ///< at an end of the part before the @, or two in a row
    more_than_one_at,
    empty_local_part,
    bad_domain,
};

/// Why a name is refused, as the end of a sentence: "the name ...".
[[nodiscard]] std::string_view describe(IdentifierFault fault);

/// A login or alias in normal form: 1 to 254 bytes, lower case, either a bare name or "name@domain".
///
/// The name part holds letters, digits and `! # $ & + - . = ? ^ _ ~`, with dots only between other characters.
/// Everything else that RFC 5322 calls atext is left out because backends read it: `*` separates a master user, `%`
/// starts a variable,
/// `/` is a folder. The domain is made of LDH labels (RFC 5890 section 2.3.1).
///
/// Only `parse` and `completed` make one, so whoever holds an Identifier need not check it again. Immutable value.
class Identifier {
public:
    /// Reads a name as a person or a file gives it, prepared by SASLprep (auth/prepared_text.hpp). Letters may have
    /// either case; nothing else is repaired.
    [[nodiscard]] static std::expected<Identifier, IdentifierFault> parse(std::string_view text);

    /// A bare name with `@domain` behind it; an identifier that has a domain is given back as it is. `bad_domain` or
    /// `too_long` when the two do not make a valid identifier.
    [[nodiscard]] std::expected<Identifier, IdentifierFault> completed(std::string_view domain) const;

    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    [[nodiscard]] bool has_domain() const noexcept { return text_.contains('@'); }

    friend auto operator<=>(const Identifier&, const Identifier&) = default;

private:
    explicit Identifier(std::string normalised) : text_(std::move(normalised)) {}

    std::string text_;
};

/// Every identifier that a name typed at a login may mean, the most likely first: a bare name is completed with
/// `default_domain`, if there is one, before it is taken as it is. Empty when it cannot be a name at all.
[[nodiscard]] std::vector<Identifier> meanings(std::string_view name, std::string_view default_domain);

}  // namespace postern::auth
