#include "auth/procedures/guessing.hpp"

#include "auth/coarse_network.hpp"

#include <chrono>
#include <string>

namespace postern::auth::procedures {

using namespace std::chrono_literals;

namespace {

// Five at once and fifteen more in a day.
constexpr RateRule subject_rule{.interval = 5760s, .burst = 5};
constexpr RateRule account_rule{.interval = 7200s, .burst = 10};
constexpr RateRule place_rule{.interval = 120s, .burst = 50};

}  // namespace

Bucket Guessing::place_of(const AttemptContext& context) const {
    return {BucketKind::identity, keyring_.mac(MacUse::network, {"question", network_of(context.client, 32, 64)})};
}

bool Guessing::pay_place(Transaction& transaction, const AttemptContext& context, Time now) const {
    return transaction.budgets().charge(place_of(context), place_rule, 1, now);
}

bool Guessing::pay_account(Transaction& transaction, AccountId account, Time now) const {
    const Bucket bucket{BucketKind::identity, keyring_.mac(MacUse::subject, {"sends", std::to_string(account)})};
    return transaction.budgets().charge(bucket, account_rule, 1, now);
}

std::optional<PaidQuestion> Guessing::pay(Transaction& transaction,
                                          std::string_view what,
                                          std::string_view mac_or_text,
                                          const AttemptContext& context,
                                          Time now) const {
    PaidQuestion paid{.subject = {BucketKind::identity, keyring_.mac(MacUse::subject, {"question", what, mac_or_text})},
                      .place = place_of(context)};
    BudgetRecords& budgets = transaction.budgets();
    if (!budgets.charge(paid.place, place_rule, 1, now)) return std::nullopt;
    if (!budgets.charge(paid.subject, subject_rule, 1, now)) return std::nullopt;
    return paid;
}

void Guessing::give_back(Transaction& transaction, const PaidQuestion& paid) {
    transaction.budgets().refund(paid.place, place_rule, 1);
    transaction.budgets().refund(paid.subject, subject_rule, 1);
}

}  // namespace postern::auth::procedures
