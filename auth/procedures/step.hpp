/// What the procedures have in common: what they work with, and how a step ends.
#pragma once

#include "auth/authenticator.hpp"
#include "auth/keyring.hpp"
#include "auth/origin.hpp"
#include "auth/password.hpp"
#include "auth/password_policy.hpp"
#include "auth/store.hpp"
#include "base/clock.hpp"
#include "base/time_zone.hpp"
#include "config/settings.hpp"

#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace postern::auth::procedures {

/// Nothing of it is owned.
struct Tools {
    Store& store;
    Authenticator& authenticator;
    const PasswordHasher& hasher;
    const PasswordJudge& judge;
    const Keyring& keyring;
    const base::Clock& clock;
    const base::TimeZone& zone;  ///< where days end
    const config::AccountSettings& settings;
};

enum class StepProblem {
    malformed,    ///< what was typed cannot be one, `what` says what. Said before anything is looked up
    invalid,      ///< what was given proves nothing; never more
    throttled,    ///< too many tries: later
    over,         ///< there is no such procedure, it is at another step, or its time is over: begin again
    refused,      ///< a rule of the house forbids it; `what` says which
    differ,       ///< a password was typed twice, not the same
    same,         ///< the new password is what was handed out, or the old one
    policy,       ///< see `faults`
    busy,         ///< no memory for the hash: later
    unavailable,  ///< the store could not be asked; see `detail`
};

struct StepFailure {
    StepProblem problem = StepProblem::invalid;
    std::string what;  ///< a word of the code, as a page has its own texts for: "numen", "birth_date", "address" ...
    std::vector<PolicyFault> faults;
    std::string detail;  ///< for the log; holds no secret

    friend bool operator==(const StepFailure& failure, StepProblem expected) noexcept {
        return failure.problem == expected;
    }
};

template <class T>
using StepResult = std::expected<T, StepFailure>;

[[nodiscard]] inline std::unexpected<StepFailure> step_failure(StepProblem problem, std::string what = {}) {
    return std::unexpected(StepFailure{.problem = problem, .what = std::move(what), .faults = {}, .detail = {}});
}

[[nodiscard]] inline std::unexpected<StepFailure> step_failure(const StoreError& error) {
    return std::unexpected(
        StepFailure{.problem = StepProblem::unavailable, .what = {}, .faults = {}, .detail = error.detail});
}

/// A step that was taken in one transaction.
template <class T>
[[nodiscard]] StepResult<T> outcome_of(StoreResult<StepResult<T>> result) {
    if (!result) return step_failure(result.error());
    return std::move(*result);
}

/// Why whoever wants to log in is not let in, as the end of a step.
[[nodiscard]] inline std::unexpected<StepFailure> step_failure(const Refused& refused) {
    switch (refused.why) {
        case Refusal::throttled:
            return step_failure(StepProblem::throttled);
        case Refusal::busy:
            return step_failure(StepProblem::busy);
        case Refusal::unavailable:
            return std::unexpected(
                StepFailure{.problem = StepProblem::unavailable, .what = {}, .faults = {}, .detail = refused.detail});
        default:
            return step_failure(StepProblem::invalid);
    }
}

/// Who takes a step, when it is the owner of an account who has proven it.
[[nodiscard]] inline Origin by_owner(AccountId account, const AttemptContext& context) {
    return {.actor = Actor::owner,
            .actor_id = account,
            .channel = context.channel,
            .client = context.client,
            .correlation = context.correlation};
}

/// The same when nothing is proven yet.
[[nodiscard]] inline Origin by_stranger(const AttemptContext& context) {
    return {.actor = Actor::stranger,
            .actor_id = {},
            .channel = context.channel,
            .client = context.client,
            .correlation = context.correlation};
}

}  // namespace postern::auth::procedures
