/// What questions about people cost who do not come with a password: budgets for each number or name asked about, and
/// for each place they come from.
#pragma once

#include "auth/keyring.hpp"
#include "auth/store.hpp"
#include "auth/verdict.hpp"

#include <optional>
#include <string_view>

namespace postern::auth::procedures {

/// Paid for one question before it is looked at. A right answer gives back what the place paid, so that a school behind
/// one address can be activated in an hour; what the number paid is given back, too.
struct PaidQuestion {
    Bucket subject, place;
};

/// Twenty questions a day about one number or name, and fifty wrong ones at once from one place. Everything happens in
/// the transaction given. Thread rule: any number of threads at once. `keyring` must outlive it.
class Guessing {
public:
    explicit Guessing(const Keyring& keyring) : keyring_(keyring) {}

    /// `what`: "numen", "name" ...; `mac_or_text`: what is asked about. nullopt: not now, and the transaction must be
    /// abandoned.
    [[nodiscard]] std::optional<PaidQuestion> pay(Transaction& transaction,
                                                  std::string_view what,
                                                  std::string_view mac_or_text,
                                                  const AttemptContext& context,
                                                  Time now) const;
    /// For a question whose answer tells nothing: only the place pays, and nobody can use up another one's questions.
    [[nodiscard]] bool pay_place(Transaction& transaction, const AttemptContext& context, Time now) const;
    /// For what an owner lets postern send to addresses of his choice: ten at once, twelve more in a day.
    [[nodiscard]] bool pay_account(Transaction& transaction, AccountId account, Time now) const;
    static void give_back(Transaction& transaction, const PaidQuestion& paid);

private:
    [[nodiscard]] Bucket place_of(const AttemptContext& context) const;

    const Keyring& keyring_;
};

}  // namespace postern::auth::procedures
