/// Who may still guess: budgets for each context, so that guessing is stopped and the owner never is. Pure rules over
/// BudgetRecords; docs/lockout.md tells them for people, docs/decisions/0008-lockout.md why.
#pragma once

#include "auth/keyring.hpp"
#include "auth/store.hpp"
#include "auth/verdict.hpp"
#include "config/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

/// How much is known of the place a guess comes from. Each has a budget of its own, which the others cannot use up.
enum class Trust {
    stranger,  ///< never successful for this account
    network,   ///< the account was entered from this network within 30 days
    device,    ///< from this very browser
};

[[nodiscard]] std::string_view name_of(Trust trust);

/// What a guess counts for. Everything is a MAC; unknown names are counted like accounts.
struct GuessTarget {
    std::string subject;               ///< the account, or the name that none has
    std::optional<AccountId> account;  ///< nullopt: none has it
    std::string network;               ///< /32 or /64 of the client
    std::string wider_network;         ///< /24 or /48
    std::string device;                ///< empty: none
    std::string network_text;          ///< of `network`, for sharing out waiting places
};

/// What was paid for one guess.
struct GuessCharge {
    Trust trust = Trust::stranger;
    std::optional<WaitReceipt> wait;
    struct Rate {
        Bucket bucket;
        RateRule rule;
        int weight = 1;
    };
    std::vector<Rate> rates;
};

/// Thread rule: any number of threads at once. What it is made of must outlive it.
class Lockout {
public:
    Lockout(const config::LockoutSettings& settings, const Keyring& keyring) : settings_(settings), keyring_(keyring) {}

    /// `name`: as it was normalised, or as it came if it is none.
    [[nodiscard]] GuessTarget target(std::optional<AccountId> account,
                                     std::string_view name,
                                     const AttemptContext& context) const;
    [[nodiscard]] Trust trust_in(Transaction& transaction, const GuessTarget& target, Time now) const;

    /// Pays for one guess before it is looked at. nullopt: not now, and the transaction must be abandoned.
    [[nodiscard]] std::optional<GuessCharge> charge(Transaction& transaction,
                                                    const GuessTarget& target,
                                                    Trust trust,
                                                    Time now) const;
    /// Whether `charge` would be granted now. Writes nothing, so that a guess which is refused anyway takes no lock;
    /// it promises nothing: only `charge` is exact.
    [[nodiscard]] bool may_charge(Transaction& transaction, const GuessTarget& target, Trust trust, Time now) const;
    /// For a password that is known to be wrong from before, which costs nothing: whether one would be looked at.
    [[nodiscard]] bool is_open(Transaction& transaction, const GuessTarget& target, Trust trust, Time now) const;
    void refund(Transaction& transaction, const GuessCharge& charge) const;
    /// A wrong app password: counted for its source alone. False: too many from there.
    bool charge_source(Transaction& transaction, const GuessTarget& target, Time now) const;
    /// Whether that would be counted now: with a closed budget there is nothing to write.
    [[nodiscard]] bool may_charge_source(Transaction& transaction, const GuessTarget& target, Time now) const;

    /// The account was entered from there. True when it never was before.
    bool remember(Transaction& transaction, const GuessTarget& target, Time now) const;

    // The password of one epoch of an account; sixteen bits of it.
    [[nodiscard]] std::uint16_t fingerprint(const GuessTarget& target,
                                            std::int64_t epoch,
                                            const base::Secret& password) const;
    [[nodiscard]] bool knows_wrong(Transaction& transaction,
                                   const GuessTarget& target,
                                   std::uint16_t fingerprint,
                                   Time now) const;

    /// The buckets of an account, for `postern lockout`.
    [[nodiscard]] Bucket stranger_bucket(AccountId account) const;
    [[nodiscard]] WaitRule stranger_rule() const;
    /// Gives the account's budget back to strangers, and forgets the wrong passwords. False: nothing was charged.
    bool clear(Transaction& transaction, AccountId account) const;

private:
    [[nodiscard]] std::string subject_of(AccountId account) const;
    [[nodiscard]] std::vector<GuessCharge::Rate> source_rates(Transaction& transaction,
                                                              const GuessTarget& target,
                                                              int weight,
                                                              Time now) const;
    [[nodiscard]] static bool are_open(Transaction& transaction, const std::vector<GuessCharge::Rate>& rates, Time now);
    [[nodiscard]] GuessCharge::Rate own_rate(const GuessTarget& target, Trust trust) const;

    const config::LockoutSettings& settings_;
    const Keyring& keyring_;
};

}  // namespace postern::auth
