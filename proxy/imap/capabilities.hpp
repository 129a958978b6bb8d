/// Capability lists as a backend sends them: space-separated atoms (RFC 9051 section 7.2.2).
#pragma once

#include "config/settings.hpp"
#include "proxy/imap/response_reader.hpp"
#include "proxy/login_dialogue.hpp"
#include "proxy/server_capabilities.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace postern::proxy::imap {

/// The longest list that is told to a client, in bytes; what a backend lists beyond it is left out.
inline constexpr std::size_t max_capability_list = 4096;

/// Whether `list` names `capability`, in any case.
[[nodiscard]] bool lists_capability(std::string_view list, std::string_view capability);

/// The list that a response holds: untagged CAPABILITY, or the code of an OK. A view into the response.
[[nodiscard]] std::optional<std::string_view> capabilities_told_by(const Response& response);

/// What a server with this list can do. What is not an atom, or beyond `max_capability_list`, is not told to people.
[[nodiscard]] ServerCapabilities read_capabilities(std::string_view list);

/// What postern itself does before login. ID, ENABLE and literals that are not asked for are understood without being
/// told of; but whoever heard of them goes on to use them after login. `backends`: what every server has that the
/// client may come to. `mechanisms`: those of SASL that are offered, on TLS.
[[nodiscard]] std::string capabilities_before_login(Transport transport,
                                                    Capabilities backends,
                                                    std::span<const std::string_view> mechanisms);

/// What a user who is logged in may be told: `list` without the ways to log in again or elsewhere (AUTH=, STARTTLS,
/// LOGINDISABLED, LOGIN-REFERRALS, UNAUTHENTICATE), without COMPRESS=, which would blind CommandGuard, unless it may
/// pass, without anything that is not an atom, and not longer than `max_capability_list`. "IMAP4rev1" when nothing is
/// left, because the list may not be empty. UNAUTHENTICATE (RFC 8437) would let a user become another one behind our
/// back.
[[nodiscard]] std::string capabilities_after_login(std::string_view list, config::Compression compress);

}  // namespace postern::proxy::imap
