/// What guessing costs: budgets, places an account is known from, and fingerprints of wrong passwords.
#pragma once

#include "auth/account.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::auth {

/// What a bucket counts. Its key is a MAC of whatever the kind is about; a name that no account has is counted like
/// one.
enum class BucketKind {
    untrusted,  ///< wrong guesses against one account from places it was never entered from
    network,    ///< the same from a network it was entered from
    device,     ///< the same from a browser that proved to be known
    source,     ///< wrong guesses from one network against whomever
    otp,        ///< wrong codes of one OTP key
    identity,   ///< questions about one NUMEN, student number, or name with date of birth
};

[[nodiscard]] std::string_view name_of(BucketKind kind);

struct Bucket {
    BucketKind kind = BucketKind::untrusted;
    std::string key;  ///< 43 characters of base64url
};

/// Some failures are free, each further one makes the next wait twice as long, and at `closed_at` it is closed until a
/// day without failures takes one away. Nothing else takes any away.
struct WaitRule {
    int free_failures = 4;
    std::chrono::seconds first_wait{30};
    std::chrono::seconds longest_wait{3600};
    int closed_at = 100;
};

/// The generic cell rate algorithm (ITU-T I.371): `burst` at once, then one every `interval`.
struct RateRule {
    std::chrono::milliseconds interval{1000};
    int burst = 1;
    int closed_at = 0;  ///< charges in all before it closes for good; 0: never
};

/// What a charge changed, so that it can be taken back.
struct WaitReceipt {
    Bucket bucket;
    int n = 0;              ///< failures counted, this one included
    Time previous_next_at;  ///< when the next guess would have been looked at without it
};

struct BucketState {
    int n = 0;
    int total = 0;
    Time next_at;  ///< of a WaitRule: no guess is looked at before
    Time at;       ///< of the last charge
};

enum class ContextKind { network, device };

/// Verbs of one transaction; what they promise together: auth/store.hpp.
class BudgetRecords {
public:
    BudgetRecords() = default;
    BudgetRecords(const BudgetRecords&) = delete;
    BudgetRecords& operator=(const BudgetRecords&) = delete;
    BudgetRecords(BudgetRecords&&) = delete;
    BudgetRecords& operator=(BudgetRecords&&) = delete;
    virtual ~BudgetRecords() = default;

    /// Pays for one guess before it is looked at; exact however many try at once. nullopt: not now. A clock that was
    /// set back grants nothing.
    [[nodiscard]] virtual std::optional<WaitReceipt> charge(const Bucket& bucket, const WaitRule& rule, Time now) = 0;
    /// The guess was right, or was never looked at: as if it had not been paid for.
    virtual void refund(const WaitReceipt& receipt) = 0;
    /// The same for a rate; `weight` is how many it counts for.
    [[nodiscard]] virtual bool charge(const Bucket& bucket, const RateRule& rule, int weight, Time now) = 0;
    virtual void refund(const Bucket& bucket, const RateRule& rule, int weight) = 0;
    /// Whether a charge would be granted now.
    [[nodiscard]] virtual bool is_open(const Bucket& bucket, const WaitRule& rule, Time now) = 0;
    [[nodiscard]] virtual bool is_open(const Bucket& bucket, const RateRule& rule, Time now) = 0;
    [[nodiscard]] virtual std::optional<BucketState> find(const Bucket& bucket) = 0;
    /// As if nothing had ever been charged. False when nothing was.
    virtual bool reset(const Bucket& bucket) = 0;

    /// Whether this wrong password was seen for this subject since then. Sixteen bits of it are known.
    [[nodiscard]] virtual bool knows_wrong(std::string_view subject, std::uint16_t fingerprint, Time since) = 0;
    /// Remembers it, and the fifteen before it.
    virtual void remember_wrong(std::string_view subject, std::uint16_t fingerprint, Time now) = 0;
    virtual void forget_wrong(std::string_view subject) = 0;

    [[nodiscard]] virtual bool knows_context(AccountId account, ContextKind kind, std::string_view mac, Time since) = 0;
    /// The account was entered from there. Writes at most once an hour. True when it was never before.
    virtual bool remember_context(AccountId account, ContextKind kind, std::string_view mac, Time now) = 0;
    virtual void forget_contexts(AccountId account) = 0;
    /// How many accounts were entered from there since then; at most `most`.
    [[nodiscard]] virtual int accounts_entered_from(std::string_view mac, Time since, int most) = 0;

    /// Takes away what says nothing any more. How many rows.
    virtual std::size_t purge(Time now) = 0;
};

}  // namespace postern::auth
