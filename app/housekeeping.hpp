/// What takes away by itself what is of no use any more.
#pragma once

#include "auth/journal.hpp"
#include "auth/keyring.hpp"
#include "auth/store.hpp"
#include "base/clock.hpp"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <thread>

namespace postern::app {

/// Once: budgets that say nothing any more, credentials that have expired, procedures that are over for a week, what
/// was sent a month ago, and rows of the journal older than `journal_months`.
[[nodiscard]] auth::StoreResult<void> tidy_up(auth::Store& store,
                                              const auth::Keyring& keyring,
                                              std::uint16_t journal_months,
                                              auth::Time now);

/// The same every hour while it lives, and soon after it begins to. What it is made of must outlive it.
class Housekeeping {
public:
    Housekeeping(auth::Store& store,
                 const auth::Keyring& keyring,
                 const base::Clock& clock,
                 std::uint16_t journal_months);

private:
    void run(const std::stop_token& stop);

    auth::Store& store_;
    const auth::Keyring& keyring_;
    const base::Clock& clock_;
    const std::uint16_t journal_months_;
    std::mutex mutex_;
    std::condition_variable_any stopped_;
    std::jthread thread_;  // last: it uses everything else
};

}  // namespace postern::app
