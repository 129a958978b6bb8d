/// Every text that postern itself says to an IMAP client, except the list of capabilities. Response codes: RFC 5530.
/// What a mail program shows to people is there in each language; what tells of a program's mistake is for those who
/// write programs.
#pragma once

#include "proxy/localised_text.hpp"

#include <string_view>

namespace postern::proxy::imap::replies {

// Untagged.
inline constexpr std::string_view ready = " postern ready.";           // behind our host name
inline constexpr std::string_view id = "* ID (\"name\" \"postern\")";  // no version: nobody has logged in yet
inline constexpr std::string_view nothing_enabled = "* ENABLED";
inline constexpr std::string_view go_on = "+ OK";
inline constexpr std::string_view logging_out = "* BYE Logging out.";
inline constexpr std::string_view too_many_bad_commands = "* BYE Too many bad commands.";
inline constexpr LocalisedText too_many_refusals{"* BYE Too many failed logins.",
                                                 "* BYE Trop d'essais sans bon mot de passe."};
inline constexpr std::string_view too_much_at_once = "* BYE Too many commands at once.";
inline constexpr std::string_view bytes_before_tls = "* BYE Nothing may come between STARTTLS and TLS.";
inline constexpr std::string_view too_long = "* BYE Line, literal or command too long.";
inline constexpr std::string_view out_of_step = "* BYE Literals must be announced by a line that ends in CRLF.";
inline constexpr LocalisedText login_timeout{"* BYE No login in time.", "* BYE La connexion a pris trop de temps."};
inline constexpr LocalisedText shutting_down{"* BYE [UNAVAILABLE] Shutting down, connect again.",
                                             "* BYE [UNAVAILABLE] Le serveur ferme : connectez-vous de nouveau."};

// Behind the client's tag.
inline constexpr std::string_view capability_done = "OK CAPABILITY completed.";
inline constexpr std::string_view noop_done = "OK NOOP completed.";
inline constexpr std::string_view id_done = "OK ID completed.";
inline constexpr std::string_view enable_done = "OK Nothing can be enabled before login.";
inline constexpr std::string_view logout_done = "OK LOGOUT completed.";
inline constexpr std::string_view begin_tls = "OK Begin TLS negotiation now.";
inline constexpr LocalisedText privacy_required{
    "NO [PRIVACYREQUIRED] Log in after STARTTLS; a password sent without TLS may be known to others.",
    "NO [PRIVACYREQUIRED] Choisissez STARTTLS ou TLS dans les options du compte : sans chiffrement, un mot de passe "
    "peut se lire en chemin."};
inline constexpr std::string_view logged_in = "Logged in";
inline constexpr LocalisedText wrong_credentials{"NO [AUTHENTICATIONFAILED] Wrong user name or password.",
                                                 "NO [AUTHENTICATIONFAILED] Identifiant ou mot de passe incorrect."};
inline constexpr LocalisedText not_authorised{"NO [AUTHORIZATIONFAILED] You may not act as this user.",
                                              "NO [AUTHORIZATIONFAILED] Vous ne pouvez pas agir au nom de ce compte."};
inline constexpr LocalisedText account_suspended{"NO [CONTACTADMIN] This account is suspended.",
                                                 "NO [CONTACTADMIN] Ce compte est suspendu."};
inline constexpr LocalisedText account_expired{"NO [CONTACTADMIN] This account has expired.",
                                               "NO [CONTACTADMIN] Ce compte n'est plus valable."};
inline constexpr LocalisedText not_activated{
    "NO [CONTACTADMIN] Activate your account on the account portal first.",
    "NO [CONTACTADMIN] Activez d'abord votre compte sur le portail des comptes."};
inline constexpr LocalisedText must_change{
    "NO [EXPIRED] Choose a new password on the account portal first.",
    "NO [EXPIRED] Choisissez d'abord un nouveau mot de passe sur le portail des comptes."};
inline constexpr LocalisedText app_password_required{
    "NO [AUTHENTICATIONFAILED] Use an app password here; create one on the account portal.",
    "NO [AUTHENTICATIONFAILED] Il faut ici un mot de passe d'application : voyez le portail des comptes."};
inline constexpr LocalisedText throttled{
    "NO [UNAVAILABLE] Too many failed logins, try again later.",
    "NO [UNAVAILABLE] Trop d'essais sans bon mot de passe : recommencez plus tard."};
inline constexpr LocalisedText busy{"NO [UNAVAILABLE] Too many logins at the moment, try again later.",
                                    "NO [UNAVAILABLE] Trop de connexions en ce moment : recommencez plus tard."};
inline constexpr LocalisedText unavailable{
    "NO [UNAVAILABLE] Accounts cannot be checked at the moment, try again later.",
    "NO [UNAVAILABLE] Le service des comptes est indisponible en ce moment : recommencez plus tard."};
inline constexpr LocalisedText too_many_sessions{
    "NO [LIMIT] Too many sessions of this account are open, close some of them and try again.",
    "NO [LIMIT] Trop de sessions de ce compte sont ouvertes : fermez-en, puis recommencez."};
inline constexpr LocalisedText backend_failed{
    "NO [UNAVAILABLE] The mailbox cannot be reached at the moment, try again later.",
    "NO [UNAVAILABLE] Le serveur des messages est indisponible en ce moment : recommencez plus tard."};
inline constexpr std::string_view unsupported_mechanism = "NO Unsupported authentication mechanism.";
inline constexpr std::string_view exchange_cancelled = "BAD Authentication cancelled.";
inline constexpr std::string_view exchange_malformed = "BAD Malformed authentication response.";
inline constexpr std::string_view unknown_command = "BAD Unknown command, or not one before login.";
inline constexpr std::string_view tls_already = "BAD TLS is in use already.";
inline constexpr std::string_view bad_arguments = "BAD Missing or malformed arguments.";
inline constexpr std::string_view bad_syntax = "BAD Not an IMAP command.";
inline constexpr std::string_view bad_line_end = "BAD Lines end in CRLF; neither CR nor LF may stand alone.";
inline constexpr std::string_view literal_too_long = "BAD Literal too long.";

// After login.
inline constexpr LocalisedText session_ends{"* BYE The session is ended by the server\r\n",
                                            "* BYE La session est close par le serveur\r\n"};

}  // namespace postern::proxy::imap::replies
