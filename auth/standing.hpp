/// Whether somebody who came in may stay.
#pragma once

#include "auth/store.hpp"
#include "auth/verdict.hpp"
#include "base/clock.hpp"
#include "config/settings.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace postern::auth {

/// Why an account in this state does not get in, although the password is right; nullopt: it does.
[[nodiscard]] std::optional<Refusal> refusal_of(AccountState state);

/// Why the same credential would not let him in any more; nullopt: it would. `channel`: imap or submission.
[[nodiscard]] std::optional<Refusal> objection_to_staying(Transaction& transaction,
                                                          AccountId account,
                                                          const Standing& standing,
                                                          const config::AuthSettings& settings,
                                                          Time now);

/// Finds the accounts about which something was decided, here or by another process: every decision stands in the
/// journal. Thread rule: one thread.
class DecisionWatch {
public:
    /// Everything that is decided from now on. `store` and `clock` must outlive it.
    DecisionWatch(Store& store, const base::Clock& clock) : store_(store), clock_(clock) {}

    /// Those of the last three minutes: somebody who was let in just before may have come to be known as being in just
    /// after. While the store cannot be asked it forgets nothing.
    [[nodiscard]] StoreResult<std::vector<AccountId>> accounts();

private:
    Store& store_;
    const base::Clock& clock_;
    std::optional<std::int64_t> last_;  // row of the journal that was seen
    std::map<AccountId, Time> decided_;
};

}  // namespace postern::auth
