#include "auth/procedures/administration.hpp"

#include "auth/display_name.hpp"
#include "auth/lockout.hpp"
#include "auth/login_record.hpp"
#include "auth/random_code.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <type_traits>
#include <utility>

namespace postern::auth::procedures {

namespace {

constexpr std::chrono::hours temporary_time{72};
constexpr std::chrono::days provisional_time{30};

bool gives(const Delegation& delegation, Right right) {
    switch (right) {
        case Right::reset:
            return delegation.may_reset;
        case Right::manage:
            return delegation.may_manage;
        case Right::hand_over_keys:
            return delegation.may_hand_over_keys;
    }
    return false;
}

bool covers(std::span<const Delegation> delegations, Right right, std::string_view unit) {
    return std::ranges::any_of(delegations, [&](const Delegation& each) {
        return gives(each, right) && (each.unit == every_unit || each.unit == unit);
    });
}

bool covers(std::span<const Delegation> delegations, Right right, const Account& account, Time now) {
    return std::ranges::any_of(account.affiliations, [&](const Affiliation& affiliation) {
        return affiliation.is_live(now) && covers(delegations, right, affiliation.unit);
    });
}

Origin by_administrator(AccountId administrator, const AttemptContext& context) {
    return {.actor = Actor::administrator,
            .actor_id = administrator,
            .channel = context.channel,
            .client = context.client,
            .correlation = context.correlation};
}

/// What the accounts say, as the end of a step.
template <class T>
StepResult<T> step_of(StoreResult<T> done) {
    if (done) {
        if constexpr (std::is_void_v<T>)
            return {};
        else
            return std::move(*done);
    }
    switch (done.error().fault) {
        case StoreFault::unavailable:
        case StoreFault::wrong_schema:
            return step_failure(done.error());
        case StoreFault::not_found:
            return step_failure(StepProblem::invalid);
        default:
            return std::unexpected(
                StepFailure{.problem = StepProblem::refused, .what = {}, .faults = {}, .detail = done.error().detail});
    }
}

}  // namespace

Administration::Administration(const Tools& tools)
    : tools_(tools),
      accounts_(tools.store, tools.keyring, tools.clock),
      keys_(tools.store, tools.hasher, tools.keyring, tools.clock),
      journal_(tools.keyring) {}

StepResult<Account> Administration::account_of(AccountId administrator, std::string_view login, Right right) const {
    const auto name = Identifier::parse(login);
    if (!name) return step_failure(StepProblem::malformed, "login");
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.read([&](Transaction& transaction) -> StepResult<Account> {
        const auto own = transaction.accounts().find(administrator);
        const auto delegations = transaction.accounts().delegations_of(administrator, now);
        auto account = transaction.accounts().find(*name);
        const bool is_active = own && state_at(*own, now) == AccountState::active;
        // Nobody who administers anything is his to change: neither himself nor his colleagues.
        const bool is_his = is_active && account && covers(delegations, right, *account, now) &&
                            transaction.accounts().delegations_of(account->id, now).empty();
        if (!is_his) return step_failure(StepProblem::invalid);
        return std::move(*account);
    }));
}

template <class Change>
StepResult<void> Administration::change(
    AccountId administrator, std::string_view login, Right right, const AttemptContext& context, Change change) const {
    const auto account = account_of(administrator, login, right);
    if (!account) return std::unexpected(account.error());
    return step_of(change(*account, by_administrator(administrator, context)));
}

StepResult<std::vector<Account>> Administration::list(AccountId administrator, const AccountFilter& filter) const {
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.read([&](Transaction& transaction) -> StepResult<std::vector<Account>> {
        const auto own = transaction.accounts().find(administrator);
        const auto delegations = transaction.accounts().delegations_of(administrator, now);
        const bool is_his = own && state_at(*own, now) == AccountState::active &&
                            std::ranges::any_of(delegations, [&](const Delegation& each) {
                                return each.unit == every_unit || (!filter.unit.empty() && each.unit == filter.unit);
                            });
        if (!is_his) return step_failure(StepProblem::invalid);
        return transaction.accounts().list(filter);
    }));
}

StepResult<Slip> Administration::reset(AccountId administrator,
                                       std::string_view login,
                                       std::string_view check,
                                       const AttemptContext& context) const {
    const auto account = account_of(administrator, login, Right::reset);
    if (!account) return std::unexpected(account.error());
    Slip slip{.login = account->login.text(),
              .password = random_password_slip(),
              .expires_at = tools_.clock.now() + temporary_time};
    const auto verifier = tools_.hasher.hash(slip.password);
    if (!verifier) return step_failure(StepProblem::busy);
    const Origin origin = by_administrator(administrator, context);
    const auto given = step_of(accounts_.give_temporary(account->id, *verifier, slip.expires_at, origin, check));
    if (!given) return std::unexpected(given.error());
    return slip;
}

StepResult<void> Administration::unlock(AccountId administrator,
                                        std::string_view login,
                                        const AttemptContext& context) const {
    return change(administrator, login, Right::reset, context, [&](const Account& account, const Origin& origin) {
        const config::LockoutSettings settings;
        const Lockout lockout(settings, tools_.keyring);
        return tools_.store.change([&](Transaction& transaction) {
            lockout.clear(transaction, account.id);
            journal_.append(transaction, origin,
                            {.action = "lockout.clear", .subject = account.id, .reason = {}, .detail = {}},
                            tools_.clock.now());
        });
    });
}

StepResult<void> Administration::suspend(AccountId administrator,
                                         std::string_view login,
                                         std::string_view reason,
                                         const AttemptContext& context) const {
    return change(administrator, login, Right::manage, context, [&](const Account& account, const Origin& origin) {
        return accounts_.suspend(account.id, origin, reason);
    });
}

StepResult<void> Administration::resume(AccountId administrator,
                                        std::string_view login,
                                        const AttemptContext& context) const {
    return change(administrator, login, Right::manage, context,
                  [&](const Account& account, const Origin& origin) { return accounts_.resume(account.id, origin); });
}

StepResult<void> Administration::hand_over_key(AccountId administrator,
                                               std::string_view login,
                                               std::string_view serial,
                                               std::string_view document,
                                               const AttemptContext& context) const {
    return change(administrator, login, Right::hand_over_keys, context,
                  [&](const Account& account, const Origin& origin) {
                      return keys_.hand_over(serial, account.id, document, origin);
                  });
}

bool Administration::is_allowed_end(Time until) const {
    const Time now = tools_.clock.now();
    return until > now && until <= now + std::chrono::days(tools_.settings.visitor_days);
}

StepResult<Slip> Administration::add_visitor(AccountId sponsor,
                                             const VisitorWish& wish,
                                             const AttemptContext& context) const {
    const auto login = Identifier::parse(wish.login);
    if (!login) return step_failure(StepProblem::malformed, "login");
    if (!is_unit(wish.unit)) return step_failure(StepProblem::malformed, "unit");
    if (!check_display_name(wish.display_name)) return step_failure(StepProblem::malformed, "display_name");
    if (!is_allowed_end(wish.until)) return step_failure(StepProblem::refused, "until");
    const Time now = tools_.clock.now();
    const auto may = tools_.store.read([&](Transaction& transaction) {
        const auto own = transaction.accounts().find(sponsor);
        return own && state_at(*own, now) == AccountState::active &&
               covers(transaction.accounts().delegations_of(sponsor, now), Right::manage, wish.unit);
    });
    if (!may) return step_failure(may.error());
    if (!*may) return step_failure(StepProblem::invalid);
    Slip slip{.login = login->text(),
              .password = random_password_slip(),
              .expires_at = std::min(now + provisional_time, wish.until)};
    auto verifier = tools_.hasher.hash(slip.password);
    if (!verifier) return step_failure(StepProblem::busy);
    NewAccount visitor{.id = random_id(),
                       .login = *login,
                       .aliases = {},
                       .mail = {},
                       .display_name = wish.display_name,
                       .language = wish.language == "en" ? "en" : "fr",
                       .groups = {},
                       .affiliations = {{.profile = Profile::visitor,
                                         .unit = wish.unit,
                                         .valid_from = now,
                                         .valid_until = wish.until}},
                       .secret_identifiers = {},
                       .birth = {},
                       .state = AccountState::provisional,
                       .valid_from = {},
                       .valid_until = wish.until,
                       .is_visitor = true,
                       .sponsor = sponsor};
    const Origin origin = by_administrator(sponsor, context);
    const AccountWithPassword made{
        .account = std::move(visitor), .verifier = std::move(*verifier), .provisional_until = slip.expires_at};
    const auto added = accounts_.add(std::span(&made, 1), origin);
    if (!added && added.error().fault == StoreFault::already_exists) return step_failure(StepProblem::refused, "login");
    if (!added) return std::unexpected(step_of(added).error());
    return slip;
}

StepResult<void> Administration::extend_visitor(AccountId administrator,
                                                std::string_view login,
                                                Time until,
                                                const AttemptContext& context) const {
    const auto account = account_of(administrator, login, Right::manage);
    if (!account) return std::unexpected(account.error());
    if (!account->is_visitor) return step_failure(StepProblem::invalid);
    if (!is_allowed_end(until)) return step_failure(StepProblem::refused, "until");
    return step_of(accounts_.extend(*account, until, by_administrator(administrator, context)));
}

}  // namespace postern::auth::procedures
