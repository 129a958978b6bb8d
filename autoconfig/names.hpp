/// Host names and mail addresses, as strict as everything that is copied into a document has to be.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::autoconfig {

/// A host name of RFC 1123 section 2.1: labels of letters, digits and inner hyphens, 1 to 63 characters each, at most
/// 253 in all. No final dot, no IDN in its Unicode form.
[[nodiscard]] bool is_host_name(std::string_view text) noexcept;

/// An address somebody claims to have. Whether the mailbox exists is not known here, and is never asked.
struct MailAddress {
    std::string text;    ///< as it came
    std::string domain;  ///< behind the "@", lower case

    /// A dot-atom, "@" and a host name (RFC 5322 section 3.4.1 without quoted strings, comments and literals), at most
    /// 64 characters before the "@" and 254 in all (RFC 5321 section 4.5.3.1). nullopt for anything else, so also for
    /// addresses with characters outside ASCII.
    [[nodiscard]] static std::optional<MailAddress> parse(std::string_view text);
};

}  // namespace postern::autoconfig
