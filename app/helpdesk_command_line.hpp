/// How the helpdesk's commands are called.
#pragma once

#include "app/invocation.hpp"

namespace postern::app {

/// Behind `postern account`: reset, close, dates, compromise, affiliation, link, unlink.
void add_account_care(CLI::App& account, Invocation& invocation);

/// `postern app-password`, `postern otp`, `postern lockout` and `postern audit`.
void add_helpdesk(CLI::App& app, Invocation& invocation);

}  // namespace postern::app
