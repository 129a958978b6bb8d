/// Whether somebody who came in may stay.
#pragma once

#include "auth/store.hpp"
#include "auth/verdict.hpp"
#include "base/clock.hpp"
#include "config/settings.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

namespace postern::auth {

/// Why an account in this state does not get in, although the password is right; nullopt: it does.
[[nodiscard]] std::optional<Refusal> refusal_of(AccountState state);

/// What a second look at somebody who is in has found.
struct SecondLook {
    std::optional<Refusal> objection;  ///< why the same credential would not let him in any more; nullopt: it would
    std::optional<Time> changes_at;    ///< when that may be another by dates alone
};
[[nodiscard]] SecondLook look_again(Transaction& transaction,
                                    AccountId account,
                                    const Standing& standing,
                                    const config::AuthSettings& settings,
                                    Time now);

/// Finds the accounts about which something was decided, here or by another process: every decision stands in the
/// journal. Looks are counted; each is `look`, what the caller does with it, and `finish`. Thread rule: one thread.
class DecisionWatch {
public:
    /// `store` and `clock` must outlive it.
    DecisionWatch(Store& store, const base::Clock& clock) : store_(store), clock_(clock) {}

    /// What is decided from now on will be seen. Call once, before anybody logs in.
    [[nodiscard]] StoreResult<void> begin();

    /// The accounts in doubt, each with the number of the look that saw the latest decision about it.
    [[nodiscard]] StoreResult<std::map<AccountId, std::uint64_t>> look();

    /// Everything that came of the last look is done. Only now it may be forgotten, and not before `memory` is over:
    /// somebody who was let in just before a decision may come to be known as being in just after it.
    void finish(std::chrono::seconds memory);

    /// Of the last `look`; from 1.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

private:
    struct Decision {
        Time seen;
        std::uint64_t look = 0;
    };

    Store& store_;
    const base::Clock& clock_;
    std::int64_t last_ = 0;  // row of the journal that was seen
    std::uint64_t number_ = 0;
    std::map<AccountId, Decision> decided_;
};

}  // namespace postern::auth
