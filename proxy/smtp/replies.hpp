/// Every text that a submission client can be told by postern, except the lists of EHLO. Codes: RFC 5321
/// section 4.2, RFC 4954 section 6; enhanced codes: RFC 3463, RFC 5248. No reply repeats anything the client sent. What
/// a mail program shows to people is there in each language; what tells of a program's mistake is for those who write
/// programs.
#pragma once

#include "proxy/localised_text.hpp"

#include <string_view>

namespace postern::proxy::smtp::replies {

inline constexpr std::string_view help = "214 2.0.0 Commands: EHLO HELO AUTH NOOP RSET HELP QUIT\r\n";
inline constexpr std::string_view help_before_tls = "214 2.0.0 Commands: EHLO STARTTLS NOOP HELP QUIT\r\n";
inline constexpr std::string_view start_tls = "220 2.0.0 Ready to start TLS\r\n";
inline constexpr std::string_view bye = "221 2.0.0 Bye\r\n";
inline constexpr std::string_view authenticated = "235 2.7.0 Authentication successful\r\n";
inline constexpr std::string_view ok = "250 2.0.0 Ok\r\n";

inline constexpr LocalisedText shutting_down{"421 4.3.2 Server is shutting down\r\n",
                                             "421 4.3.2 Le serveur ferme : connectez-vous de nouveau\r\n"};
inline constexpr LocalisedText login_timeout{"421 4.4.2 Login took too long\r\n",
                                             "421 4.4.2 La connexion a pris trop de temps\r\n"};
inline constexpr std::string_view too_many_bad_commands = "421 4.7.0 Too many invalid commands\r\n";
inline constexpr std::string_view too_many_commands = "421 4.7.0 Too many commands without a login\r\n";
inline constexpr LocalisedText too_many_attempts{"421 4.7.0 Too many failed logins\r\n",
                                                 "421 4.7.0 Trop d'essais sans bon mot de passe\r\n"};
inline constexpr std::string_view bytes_before_tls = "421 4.7.0 Nothing may come between STARTTLS and TLS\r\n";
inline constexpr std::string_view closing = "421 4.7.0 Closing the connection\r\n";
inline constexpr LocalisedText too_many_sessions{"421 4.7.0 Too many sessions of this account are open\r\n",
                                                 "421 4.7.0 Trop de sessions de ce compte sont ouvertes\r\n"};
inline constexpr LocalisedText temporary_failure{
    "454 4.7.0 Temporary authentication failure, try again later\r\n",
    "454 4.7.0 Connexion impossible en ce moment : recommencez plus tard\r\n"};

inline constexpr std::string_view bare_line_ending = "500 5.5.2 Lines must end in CR LF\r\n";
inline constexpr std::string_view line_too_long = "500 5.5.2 Line too long\r\n";
inline constexpr std::string_view sasl_line_too_long = "500 5.5.6 Authentication exchange line is too long\r\n";
inline constexpr std::string_view unknown_command = "500 5.5.1 Unknown command\r\n";
inline constexpr std::string_view bad_argument = "501 5.5.4 Invalid argument\r\n";
inline constexpr std::string_view bad_response = "501 5.5.2 Cannot decode the authentication response\r\n";
inline constexpr std::string_view cancelled = "501 5.7.0 Authentication cancelled\r\n";
inline constexpr std::string_view tls_already = "503 5.5.1 TLS is in use already\r\n";
inline constexpr std::string_view greet_first = "503 5.5.1 Send EHLO first\r\n";
inline constexpr std::string_view unknown_mechanism = "504 5.5.4 Unknown authentication mechanism\r\n";
inline constexpr LocalisedText account_suspended{"525 5.7.13 Account is suspended\r\n",
                                                 "525 5.7.13 Ce compte est suspendu\r\n"};
inline constexpr LocalisedText account_expired{"525 5.7.13 Account has expired\r\n",
                                               "525 5.7.13 Ce compte n'est plus valable\r\n"};
inline constexpr LocalisedText tls_first{"530 5.7.0 Must issue a STARTTLS command first\r\n",
                                         "530 5.7.0 Choisissez STARTTLS ou TLS dans les options du compte\r\n"};
inline constexpr LocalisedText login_first{
    "530 5.7.0 Authentication required\r\n",
    "530 5.7.0 Il faut un identifiant et un mot de passe pour envoyer : voyez les options du compte\r\n"};
// RFC 4954 section 6: another mechanism is wanted; here, another kind of password.
inline constexpr LocalisedText app_password_required{
    "534 5.7.9 Use an app password here; create one on the account portal\r\n",
    "534 5.7.9 Il faut ici un mot de passe d'application : voyez le portail des comptes\r\n"};
inline constexpr LocalisedText not_activated{"535 5.7.8 Activate your account on the account portal first\r\n",
                                             "535 5.7.8 Activez d'abord votre compte sur le portail des comptes\r\n"};
inline constexpr LocalisedText must_change{
    "535 5.7.8 Choose a new password on the account portal first\r\n",
    "535 5.7.8 Choisissez d'abord un nouveau mot de passe sur le portail des comptes\r\n"};
inline constexpr LocalisedText wrong_credentials{"535 5.7.8 Authentication failed\r\n",
                                                 "535 5.7.8 Identifiant ou mot de passe incorrect\r\n"};

// After login; others of these texts serve there as well.
inline constexpr LocalisedText session_ends{"421 4.3.2 The session is ended by the server\r\n",
                                            "421 4.3.2 La session est close par le serveur\r\n"};
inline constexpr std::string_view bad_path = "501 5.5.4 Syntax: an address in angle brackets\r\n";
inline constexpr std::string_view bad_chunk = "501 5.5.4 Syntax: BDAT size [LAST]\r\n";
inline constexpr std::string_view command_not_here = "502 5.5.1 Command not available\r\n";
inline constexpr std::string_view chunks_not_here = "502 5.5.1 BDAT is not available\r\n";
inline constexpr std::string_view already_authenticated = "503 5.5.1 Already authenticated\r\n";
inline constexpr LocalisedText sender_not_own{"553 5.7.1 The sender address does not belong to this account\r\n",
                                              "553 5.7.1 Ce compte ne peut pas envoyer avec cette adresse\r\n"};
inline constexpr LocalisedText messages_over{"450 4.7.1 Too many messages in an hour, try again later\r\n",
                                             "450 4.7.1 Trop de messages en une heure : recommencez plus tard\r\n"};
inline constexpr LocalisedText recipients_over{
    "450 4.7.1 Too many recipients in an hour, try again later\r\n",
    "450 4.7.1 Trop de destinataires en une heure : recommencez plus tard\r\n"};

}  // namespace postern::proxy::smtp::replies
