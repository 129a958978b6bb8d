#include "auth/procedures/linking.hpp"

#include <utility>

namespace postern::auth::procedures {

namespace {

StepResult<void> step_of(const StoreResult<void>& done) {
    if (done) return {};
    if (done.error().fault == StoreFault::unavailable || done.error().fault == StoreFault::wrong_schema)
        return step_failure(done.error());
    return std::unexpected(
        StepFailure{.problem = StepProblem::refused, .what = "link", .faults = {}, .detail = done.error().detail});
}

}  // namespace

Linking::Linking(const Tools& tools)
    : tools_(tools),
      accounts_(tools.store, tools.keyring, tools.clock),
      correspondence_(tools.keyring, tools.settings) {}

StepResult<void> Linking::link(AccountId account, const Credentials& other, const AttemptContext& context) const {
    const Verdict proven = tools_.authenticator.authenticate(other, context);
    if (!proven) return step_failure(proven.error());
    const auto linked = step_of(accounts_.link(account, proven->account, by_owner(account, context)));
    if (!linked) return linked;
    // Only to tell of it: what is done is done.
    const auto told = tools_.store.change([&](Transaction& transaction) {
        const auto first = transaction.accounts().find(account);
        const auto second = transaction.accounts().find(proven->account);
        if (!first || !second) return;
        const Time now = tools_.clock.now();
        for (const auto& [own, with] : {std::pair(&*first, &*second), std::pair(&*second, &*first)}) {
            correspondence_.notify(transaction, Letter::linked, *own, {{"other", with->login.text()}},
                                   {.subject = own->id, .correlation = context.correlation, .not_after = {}}, now);
        }
    });
    if (!told) return step_failure(told.error());
    return {};
}

StepResult<void> Linking::unlink(AccountId account, const AttemptContext& context) const {
    return step_of(accounts_.unlink(account, by_owner(account, context)));
}

}  // namespace postern::auth::procedures
