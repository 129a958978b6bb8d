/// Whom a client certificate is of.
#pragma once

#include <span>
#include <string>

namespace postern::proxy {

/// `addresses`: every mail address in a certificate that was verified. The normal form of the one there is, as accounts
/// have it; empty, which is nobody, when there is none, when there are several, or when no account can have it
/// (CVE-2019-3814: never anybody).
[[nodiscard]] std::string certificate_name(std::span<const std::string> addresses);

}  // namespace postern::proxy
