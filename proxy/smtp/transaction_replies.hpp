/// Every text that a submission client can be told by postern after he is logged in. Codes: RFC 5321 section 4.2;
/// enhanced codes: RFC 3463, RFC 5248. No reply repeats anything the client sent.
#pragma once

#include <string_view>

namespace postern::proxy::smtp::replies {

inline constexpr std::string_view session_ends = "421 4.3.2 The session is ended by the server\r\n";
inline constexpr std::string_view too_many_refused = "421 4.7.0 Too many invalid commands\r\n";
inline constexpr std::string_view command_bare_ending = "500 5.5.2 Lines must end in CR LF\r\n";
inline constexpr std::string_view command_too_long = "500 5.5.2 Line too long\r\n";
inline constexpr std::string_view command_unknown = "500 5.5.1 Unknown command\r\n";
inline constexpr std::string_view bad_path = "501 5.5.4 Syntax: an address in angle brackets\r\n";
inline constexpr std::string_view bad_chunk = "501 5.5.4 Syntax: BDAT size [LAST]\r\n";
inline constexpr std::string_view command_not_here = "502 5.5.1 Command not available\r\n";
inline constexpr std::string_view chunks_not_here = "502 5.5.1 BDAT is not available\r\n";
inline constexpr std::string_view already_authenticated = "503 5.5.1 Already authenticated\r\n";
inline constexpr std::string_view sender_not_own = "553 5.7.1 The sender address does not belong to this account\r\n";
inline constexpr std::string_view messages_over = "450 4.7.1 Too many messages in an hour, try again later\r\n";
inline constexpr std::string_view recipients_over = "450 4.7.1 Too many recipients in an hour, try again later\r\n";

}  // namespace postern::proxy::smtp::replies
