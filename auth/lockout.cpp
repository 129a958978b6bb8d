#include "auth/lockout.hpp"

#include "auth/coarse_network.hpp"

#include <algorithm>
#include <chrono>

namespace postern::auth {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::days context_life{30};
constexpr std::chrono::days fingerprint_life{30};
constexpr std::chrono::days source_memory{1};

// An insider shares the network, so its budget is never reset; a browser is its owner's alone.
constexpr RateRule network_rule{.interval = 1800s, .burst = 10, .closed_at = 100};
constexpr RateRule device_rule{.interval = 300s, .burst = 10};

// What guessing unknown names costs beyond guessing passwords.
constexpr int unknown_weight = 2;
// Two failures for each account that was entered from there within a day, up to this.
constexpr int most_counted_accounts = 500;
constexpr int wider_factor = 4;

constexpr std::size_t max_name_bytes = 254;

}  // namespace

std::string_view name_of(Trust trust) {
    switch (trust) {
        case Trust::stranger:
            return "stranger";
        case Trust::network:
            return "known_network";
        case Trust::device:
            return "known_device";
    }
    return "";
}

std::string Lockout::subject_of(AccountId account) const {
    return keyring_.mac(MacUse::subject, {"account", std::to_string(account)});
}

GuessTarget Lockout::target(std::optional<AccountId> account,
                            std::string_view name,
                            const AttemptContext& context) const {
    const std::string network = network_of(context.client, 32, 64);
    return {.subject = account ? subject_of(*account)
                               : keyring_.mac(MacUse::subject, {"name", name.substr(0, max_name_bytes)}),
            .account = account,
            .network = keyring_.mac(MacUse::network, {network}),
            .wider_network = keyring_.mac(MacUse::network, {coarse_network(context.client)}),
            .device = context.device.empty() ? "" : keyring_.mac(MacUse::device, {context.device}),
            .network_text = network};
}

Trust Lockout::trust_in(Transaction& transaction, const GuessTarget& target, Time now) const {
    if (!target.account) return Trust::stranger;
    BudgetRecords& budgets = transaction.budgets();
    const Time since = now - context_life;
    if (!target.device.empty() && budgets.knows_context(*target.account, ContextKind::device, target.device, since))
        return Trust::device;
    if (budgets.knows_context(*target.account, ContextKind::network, target.network, since)) return Trust::network;
    return Trust::stranger;
}

WaitRule Lockout::stranger_rule() const {
    return {.free_failures = settings_.free_failures,
            .first_wait = std::chrono::ceil<std::chrono::seconds>(settings_.first_wait),
            .longest_wait = std::chrono::ceil<std::chrono::seconds>(settings_.longest_wait),
            .closed_at = settings_.closed_at};
}

Bucket Lockout::stranger_bucket(AccountId account) const {
    return {BucketKind::untrusted, subject_of(account)};
}

GuessCharge::Rate Lockout::own_rate(const GuessTarget& target, Trust trust) const {
    const bool is_device = trust == Trust::device;
    const std::string key = keyring_.mac(MacUse::subject, {target.subject, is_device ? target.device : target.network});
    return {.bucket = {is_device ? BucketKind::device : BucketKind::network, key},
            .rule = is_device ? device_rule : network_rule};
}

std::vector<GuessCharge::Rate> Lockout::source_rates(Transaction& transaction,
                                                     const GuessTarget& target,
                                                     int weight,
                                                     Time now) const {
    const int bonus =
        2 * transaction.budgets().accounts_entered_from(target.network, now - source_memory, most_counted_accounts);
    const auto rule = [&](int factor) {
        return RateRule{
            .interval = std::chrono::milliseconds(3600'000) / ((settings_.source_per_hour + bonus) * factor),
            .burst = (settings_.source_burst + bonus) * factor};
    };
    return {{.bucket = {BucketKind::source, target.network}, .rule = rule(1), .weight = weight},
            {.bucket = {BucketKind::source, target.wider_network}, .rule = rule(wider_factor), .weight = weight}};
}

std::optional<GuessCharge> Lockout::charge(Transaction& transaction,
                                           const GuessTarget& target,
                                           Trust trust,
                                           Time now) const {
    GuessCharge charge{.trust = trust};
    BudgetRecords& budgets = transaction.budgets();
    if (trust == Trust::stranger) {
        charge.wait = budgets.charge({BucketKind::untrusted, target.subject}, stranger_rule(), now);
        if (!charge.wait) return std::nullopt;
        charge.rates = source_rates(transaction, target, target.account ? 1 : unknown_weight, now);
    } else {
        charge.rates = {own_rate(target, trust)};
    }
    for (const GuessCharge::Rate& rate : charge.rates) {
        if (!budgets.charge(rate.bucket, rate.rule, rate.weight, now)) return std::nullopt;
    }
    return charge;
}

bool Lockout::is_open(Transaction& transaction, const GuessTarget& target, Trust trust, Time now) const {
    BudgetRecords& budgets = transaction.budgets();
    if (trust == Trust::stranger) return budgets.is_open({BucketKind::untrusted, target.subject}, stranger_rule(), now);
    const GuessCharge::Rate rate = own_rate(target, trust);
    return budgets.is_open(rate.bucket, rate.rule, now);
}

bool Lockout::are_open(Transaction& transaction, const std::vector<GuessCharge::Rate>& rates, Time now) {
    return std::ranges::all_of(rates, [&](const GuessCharge::Rate& rate) {
        return transaction.budgets().is_open(rate.bucket, rate.rule, now);
    });
}

bool Lockout::may_charge(Transaction& transaction, const GuessTarget& target, Trust trust, Time now) const {
    if (!is_open(transaction, target, trust, now)) return false;
    // What is charged for an unknown name counts twice, but is granted like any other.
    return trust != Trust::stranger || may_charge_source(transaction, target, now);
}

bool Lockout::may_charge_source(Transaction& transaction, const GuessTarget& target, Time now) const {
    return are_open(transaction, source_rates(transaction, target, 1, now), now);
}

void Lockout::refund(Transaction& transaction, const GuessCharge& charge) const {
    if (charge.wait) transaction.budgets().refund(*charge.wait);
    for (const GuessCharge::Rate& rate : charge.rates)
        transaction.budgets().refund(rate.bucket, rate.rule, rate.weight);
}

bool Lockout::charge_source(Transaction& transaction, const GuessTarget& target, Time now) const {
    const auto rates = source_rates(transaction, target, 1, now);
    return std::ranges::all_of(rates, [&](const GuessCharge::Rate& rate) {
        return transaction.budgets().charge(rate.bucket, rate.rule, rate.weight, now);
    });
}

bool Lockout::remember(Transaction& transaction, const GuessTarget& target, Time now) const {
    if (!target.account) return false;
    BudgetRecords& budgets = transaction.budgets();
    if (!target.device.empty()) {
        budgets.remember_context(*target.account, ContextKind::device, target.device, now);
        budgets.reset(own_rate(target, Trust::device).bucket);
    }
    return budgets.remember_context(*target.account, ContextKind::network, target.network, now);
}

std::uint16_t Lockout::fingerprint(const GuessTarget& target, std::int64_t epoch, const base::Secret& password) const {
    return keyring_.fingerprint16({target.subject, std::to_string(epoch), password.reveal()});
}

bool Lockout::knows_wrong(Transaction& transaction,
                          const GuessTarget& target,
                          std::uint16_t fingerprint,
                          Time now) const {
    return transaction.budgets().knows_wrong(target.subject, fingerprint, now - fingerprint_life);
}

bool Lockout::clear(Transaction& transaction, AccountId account) const {
    transaction.budgets().forget_wrong(subject_of(account));
    return transaction.budgets().reset(stranger_bucket(account));
}

}  // namespace postern::auth
