/// A mail as it goes over the wire: RFC 5322 with MIME (RFC 2045, 2047). Pure.
#pragma once

#include "auth/courier.hpp"

#include <string>
#include <string_view>

namespace postern::auth::delivery {

struct Sender {
    std::string address;
    std::string name;  ///< UTF-8; may be empty
};

/// The whole message, lines end in CRLF. Whatever the texts hold, they add no header field and no line of SMTP.
[[nodiscard]] std::string mail_text(const MailMessage& mail, const Sender& sender, const Posting& posting);

/// Unstructured text of a header field: as it is when it is plain ASCII, else in encoded words of UTF-8 (RFC 2047).
[[nodiscard]] std::string header_text(std::string_view text);

/// RFC 2045 section 6.7; lines of `text` end in LF, those of the result in CRLF.
[[nodiscard]] std::string quoted_printable(std::string_view text);

/// RFC 5322 section 3.3: "Wed, 25 Nov 2026 18:35:44 +0000".
[[nodiscard]] std::string date_text(Time time);

}  // namespace postern::auth::delivery
