/// What OK, NO, BAD, BYE and PREAUTH responses are made of: RFC 9051 section 7.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::proxy::imap {

/// Views into the text that was parsed.
struct StatusText {
    enum class Condition : std::uint8_t { ok, no, bad, bye, preauth };
    Condition condition = Condition::ok;
    std::string_view code;            ///< "CAPABILITY" of "[CAPABILITY IMAP4rev1]"; empty when there is none
    std::string_view code_arguments;  ///< "IMAP4rev1" of the same
};

/// Reads a response behind its "* " or tag. nullopt when it is no status response. A code whose bracket is not closed
/// is taken for plain text.
[[nodiscard]] std::optional<StatusText> parse_status_text(std::string_view text);

/// Whether its code (RFC 5530) says that the server would have served at another time.
[[nodiscard]] bool is_temporary(const StatusText& status);

/// The list of an untagged CAPABILITY response; nullopt for any other response.
[[nodiscard]] std::optional<std::string_view> parse_capability_response(std::string_view text);

}  // namespace postern::proxy::imap
