/// Mails by submission (RFC 6409) to a relay of the house.
#pragma once

#include "auth/courier.hpp"
#include "config/settings.hpp"

#include <expected>
#include <stop_token>
#include <string>

namespace postern::auth::delivery {

/// `hostname`: what is said in EHLO.
[[nodiscard]] std::expected<void, DeliveryFailure> send_mail(const MailMessage& mail,
                                                             const Posting& posting,
                                                             const config::MailSettings& relay,
                                                             const std::string& hostname,
                                                             const std::stop_token& stop);

}  // namespace postern::auth::delivery
