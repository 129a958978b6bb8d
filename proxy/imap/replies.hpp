/// Every text that postern itself says to an IMAP client before login. Response codes: RFC 5530.
#pragma once

#include <string_view>

namespace postern::proxy::imap::replies {

inline constexpr std::string_view capabilities_before_login =
    "IMAP4rev1 SASL-IR ID ENABLE LITERAL+ AUTH=PLAIN AUTH=LOGIN";
// Nothing that would shorten the way of a password.
inline constexpr std::string_view capabilities_before_tls = "IMAP4rev1 ID ENABLE STARTTLS LOGINDISABLED";

// Untagged.
inline constexpr std::string_view ready = " postern ready.";           // behind our host name
inline constexpr std::string_view id = "* ID (\"name\" \"postern\")";  // no version: nobody has logged in yet
inline constexpr std::string_view nothing_enabled = "* ENABLED";
inline constexpr std::string_view go_on = "+ OK";
inline constexpr std::string_view logging_out = "* BYE Logging out.";
inline constexpr std::string_view too_many_bad_commands = "* BYE Too many bad commands.";
inline constexpr std::string_view too_many_refusals = "* BYE Too many failed logins.";
inline constexpr std::string_view too_much_at_once = "* BYE Too many commands at once.";
inline constexpr std::string_view bytes_before_tls = "* BYE Nothing may come between STARTTLS and TLS.";
inline constexpr std::string_view too_long = "* BYE Line, literal or command too long.";
inline constexpr std::string_view out_of_step = "* BYE Literals must be announced by a line that ends in CRLF.";
inline constexpr std::string_view login_timeout = "* BYE No login in time.";
inline constexpr std::string_view shutting_down = "* BYE [UNAVAILABLE] Shutting down, connect again.";

// Behind the client's tag.
inline constexpr std::string_view capability_done = "OK CAPABILITY completed.";
inline constexpr std::string_view noop_done = "OK NOOP completed.";
inline constexpr std::string_view id_done = "OK ID completed.";
inline constexpr std::string_view enable_done = "OK Nothing can be enabled before login.";
inline constexpr std::string_view logout_done = "OK LOGOUT completed.";
inline constexpr std::string_view begin_tls = "OK Begin TLS negotiation now.";
inline constexpr std::string_view privacy_required =
    "NO [PRIVACYREQUIRED] Log in after STARTTLS; a password sent without TLS may be known to others.";
inline constexpr std::string_view logged_in = "Logged in";
inline constexpr std::string_view wrong_credentials = "NO [AUTHENTICATIONFAILED] Wrong user name or password.";
inline constexpr std::string_view not_authorised = "NO [AUTHORIZATIONFAILED] You may not act as this user.";
inline constexpr std::string_view account_suspended = "NO [CONTACTADMIN] This account is suspended.";
inline constexpr std::string_view account_expired = "NO [CONTACTADMIN] This account has expired.";
inline constexpr std::string_view not_activated =
    "NO [CONTACTADMIN] Activate your account on the account portal first.";
inline constexpr std::string_view must_change = "NO [EXPIRED] Choose a new password on the account portal first.";
inline constexpr std::string_view app_password_required =
    "NO [AUTHENTICATIONFAILED] Use an app password here; create one on the account portal.";
inline constexpr std::string_view throttled = "NO [UNAVAILABLE] Too many failed logins, try again later.";
inline constexpr std::string_view busy = "NO [UNAVAILABLE] Too many logins at the moment, try again later.";
inline constexpr std::string_view unavailable =
    "NO [UNAVAILABLE] Accounts cannot be checked at the moment, try again later.";
inline constexpr std::string_view too_many_sessions =
    "NO [LIMIT] Too many sessions of this account are open, close some of them and try again.";
inline constexpr std::string_view backend_failed =
    "NO [UNAVAILABLE] The mailbox cannot be reached at the moment, try again later.";
inline constexpr std::string_view unsupported_mechanism = "NO Unsupported authentication mechanism.";
inline constexpr std::string_view exchange_cancelled = "BAD Authentication cancelled.";
inline constexpr std::string_view exchange_malformed = "BAD Malformed authentication response.";
inline constexpr std::string_view unknown_command = "BAD Unknown command, or not one before login.";
inline constexpr std::string_view tls_already = "BAD TLS is in use already.";
inline constexpr std::string_view bad_arguments = "BAD Missing or malformed arguments.";
inline constexpr std::string_view bad_syntax = "BAD Not an IMAP command.";
inline constexpr std::string_view bad_line_end = "BAD Lines end in CRLF; neither CR nor LF may stand alone.";
inline constexpr std::string_view literal_too_long = "BAD Literal too long.";

}  // namespace postern::proxy::imap::replies
