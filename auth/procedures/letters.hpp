/// What postern writes to people, in French and in English.
#pragma once

#include "auth/outbox.hpp"

#include <map>
#include <string>
#include <string_view>

namespace postern::auth::procedures {

/// Which, and the values it needs.
enum class Letter {
    activation_link,     ///< url, deadline
    activated,           ///< login, portal
    recovery_link,       ///< url, minutes
    temporary_password,  ///< password, minutes, portal
    identifier,          ///< login, portal
    password_changed,    ///< login, portal
    contact_link,        ///< url, minutes
    contact_changed,     ///< url, login
    contact_restored,    ///< login
    redirect_link,       ///< url, login, minutes
    linked,              ///< login, other, portal
};

using LetterValues = std::map<std::string, std::string>;

/// `language`: "fr" or "en"; everything else is French. The values stand in the text as they are.
[[nodiscard]] MailMessage write_letter(Letter letter,
                                       std::string_view language,
                                       const std::string& to,
                                       const LetterValues& values);

/// A code in a text message, good for ten minutes.
[[nodiscard]] SmsMessage write_code(std::string_view language, const std::string& number, const base::Secret& code);

}  // namespace postern::auth::procedures
