/// What people may do to accounts of their unit: local administrators, helpdesks, sponsors of visitors.
#pragma once

#include "auth/accounts.hpp"
#include "auth/journal.hpp"
#include "auth/otp/otp_keys.hpp"
#include "auth/procedures/step.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth::procedures {

/// A visitor to be: he has a sponsor, a unit and an end.
struct VisitorWish {
    std::string login;
    std::string display_name;
    std::string unit;
    std::string language = "fr";
    Time until;
};

/// What is handed to a person on paper, once.
struct Slip {
    std::string login;
    base::Secret password;
    Time expires_at;
};

/// Which right a Delegation must give.
enum class Right { reset, manage, hand_over_keys };

/// Every call checks the delegations of `administrator` anew. What is outside of his units is `invalid`, as if it were
/// not there; so are he himself and others who administer. He never sees or chooses a password: slips are made here.
/// Thread rule: any number of threads at once; `reset` and `add_visitor` hash, so they belong on a pool. What it is
/// made of must outlive it.
class Administration {
public:
    explicit Administration(const Tools& tools);

    /// Accounts of one of his units. `invalid`: none of his.
    [[nodiscard]] StepResult<std::vector<Account>> list(AccountId administrator, const AccountFilter& filter) const;
    /// A temporary password, good for 72 hours and one use: the pupil who forgot his own (F7), whoever has no recovery
    /// address and showed a paper (F13). `check`: what was seen, for the journal.
    [[nodiscard]] StepResult<Slip> reset(AccountId administrator,
                                         std::string_view login,
                                         std::string_view check,
                                         const AttemptContext& context) const;
    /// Wrong guesses are forgotten.
    [[nodiscard]] StepResult<void> unlock(AccountId administrator,
                                          std::string_view login,
                                          const AttemptContext& context) const;
    [[nodiscard]] StepResult<void> suspend(AccountId administrator,
                                           std::string_view login,
                                           std::string_view reason,
                                           const AttemptContext& context) const;
    [[nodiscard]] StepResult<void> resume(AccountId administrator,
                                          std::string_view login,
                                          const AttemptContext& context) const;
    [[nodiscard]] StepResult<void> hand_over_key(AccountId administrator,
                                                 std::string_view login,
                                                 std::string_view serial,
                                                 std::string_view document,
                                                 const AttemptContext& context) const;

    /// With a password to begin with, good for 30 days. `malformed` ("login", "unit", "display_name"), `refused`
    /// ("until": further away than the house allows, or past; "login": taken).
    [[nodiscard]] StepResult<Slip> add_visitor(AccountId sponsor,
                                               const VisitorWish& wish,
                                               const AttemptContext& context) const;
    /// By his sponsor, or by whoever manages his unit when that one is gone.
    [[nodiscard]] StepResult<void> extend_visitor(AccountId administrator,
                                                  std::string_view login,
                                                  Time until,
                                                  const AttemptContext& context) const;

private:
    [[nodiscard]] StepResult<Account> account_of(AccountId administrator, std::string_view login, Right right) const;
    [[nodiscard]] bool is_allowed_end(Time until) const;
    template <class Change>
    [[nodiscard]] StepResult<void> change(AccountId administrator,
                                          std::string_view login,
                                          Right right,
                                          const AttemptContext& context,
                                          Change change) const;

    Tools tools_;
    Accounts accounts_;
    otp::OtpKeys keys_;
    Journal journal_;
};

}  // namespace postern::auth::procedures
