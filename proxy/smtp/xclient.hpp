/// Postfix's XCLIENT: how a trusted proxy tells a submission server who its client is (Postfix, XCLIENT_README).
#pragma once

#include "proxy/backend_login.hpp"
#include "proxy/smtp/extensions.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace postern::proxy::smtp {

/// A command line has at most 512 bytes with its CRLF (RFC 5321 section 4.5.3.1.4, XCLIENT_README note 1).
inline constexpr std::size_t longest_command_line = 512;

/// Whether the server takes an address and a login this way; without both there is no login.
[[nodiscard]] bool offers_xclient_login(const Extensions& extensions);

/// The command, with its CRLF. It is one, because a second without LOGIN would log the user out again. It names only
/// attributes that are offered; HELO, NAME, PORT and PROTO are left out, in this order, while it is too long. The error
/// says why there is no such command for this user.
[[nodiscard]] std::expected<std::string, std::string_view> xclient_command(const Extensions& extensions,
                                                                           const BackendUser& user);

}  // namespace postern::proxy::smtp
