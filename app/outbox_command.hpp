/// `postern outbox ...`: what waits to leave, and what never will.
#pragma once

#include "app/helpdesk_command.hpp"

#include <cstddef>
#include <string>

namespace postern::app {

struct OutboxOptions {
    std::string login;  ///< any of the account's names; empty: everybody's
    std::string state;  ///< waiting, sent or failed; empty: all
    std::size_t limit = 100;
    bool json = false;
};

// Each returns the exit status: 0 done, 1 refused or failed, 2 wrong usage.
[[nodiscard]] int outbox_list(const OutboxOptions& options, const HelpdeskTools& tools);
/// A mail to `login`, which is an address here: to see whether any arrives.
[[nodiscard]] int outbox_test(const OutboxOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int outbox_retry(const OutboxOptions& options, const HelpdeskTools& tools);

}  // namespace postern::app
