/// Whom a message is from and for: the argument of MAIL and RCPT, RFC 5321 section 4.1.2.
#pragma once

#include <optional>
#include <string_view>

namespace postern::proxy::smtp {

/// The mailbox of `argument`, which is what stands behind the verb: "FROM:<user@example.org> SIZE=5" with `keyword`
/// "FROM". Empty: the null path "<>". A source route in front (RFC 5321 appendix C) is left out. nullopt: not such an
/// argument; without angle brackets, with control characters, or anything that two servers could read in two ways.
[[nodiscard]] std::optional<std::string_view> mailbox_of(std::string_view argument, std::string_view keyword);

}  // namespace postern::proxy::smtp
