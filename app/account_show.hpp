/// `postern account show`: everything the store knows of one account that is no secret.
#pragma once

#include "app/helpdesk_command.hpp"

namespace postern::app {

/// The account, the logins it is linked to, what it can log in with (kind, dates, last use), its OTP key, whether and
/// from when its recovery addresses can be used (never the addresses), its redirection, the charter it accepted and
/// what it administers. With `json` one object: that of `account list` and "linked_to", "credentials", "otp_key",
/// "recovery", "redirection", "charter", "delegations". Returns the exit status.
[[nodiscard]] int account_show(const AccountNameOptions& options, const HelpdeskTools& tools);

}  // namespace postern::app
