#include "auth/procedures/redirection.hpp"

#include "auth/contact_address.hpp"
#include "auth/identity_proof.hpp"
#include "base/ascii.hpp"

#include <algorithm>
#include <chrono>

namespace postern::auth::procedures {

namespace {

std::string context_of(AccountId account) {
    return "redirect:" + std::to_string(account);
}

std::string minutes_text(std::chrono::milliseconds time) {
    return std::to_string(std::chrono::floor<std::chrono::minutes>(time).count());
}

}  // namespace

void put_redirect(const Tools& tools,
                  const FlowDesk& desk,
                  const Correspondence& correspondence,
                  Transaction& transaction,
                  const RedirectWish& wish) {
    const Time now = tools.clock.now();
    const Account& account = wish.account;
    const Destination to = correspondence.destination(ContactKind::mail, wish.target);
    transaction.contacts().put_redirect(
        {.account = account.id,
         .target = tools.keyring.seal(base::Secret(wish.target), context_of(account.id)),
         .mac = to.mac,
         .keep_copy = wish.keep_copy,
         .state = wish.is_proven ? RedirectState::active : RedirectState::pending},
        now);
    if (wish.is_proven) {
        correspondence.event(
            transaction,
            {.event = "redirect.changed", .fields = {{"login", account.login.text()}, {"state", "active"}}},
            wish.dispatch, now);
        return;
    }
    const Time expires_at = now + std::chrono::ceil<std::chrono::seconds>(tools.settings.link_time);
    const auto begun = desk.begin(
        transaction,
        {.kind = FlowKind::redirect, .account = account.id, .step = "proof", .fields = {}, .expires_at = expires_at},
        now);
    const base::Secret link = desk.put_link(transaction, begun.id, to.mac, expires_at, now);
    if (!correspondence.may_send(transaction, to, now)) return;
    Dispatch dispatch = wish.dispatch;
    dispatch.not_after = expires_at;
    correspondence.mail(transaction, Letter::redirect_link, account, wish.target,
                        {{"url", correspondence.url_of(link)}, {"minutes", minutes_text(tools.settings.link_time)}},
                        dispatch, now);
}

bool is_own_address(const Account& account, std::string_view address) {
    const auto name = Identifier::parse(address);
    return name && is_own_name(account, *name);
}

Redirection::Redirection(const Tools& tools)
    : tools_(tools),
      desk_(tools.keyring),
      guessing_(tools.keyring),
      correspondence_(tools.keyring, tools.settings),
      journal_(tools.keyring) {}

StepResult<std::optional<RedirectView>> Redirection::look(AccountId account) const {
    const auto found =
        tools_.store.read([&](Transaction& transaction) { return transaction.contacts().redirect_of(account); });
    if (!found) return step_failure(found.error());
    if (!*found) return std::nullopt;
    const auto target = tools_.keyring.unseal((*found)->target, context_of(account));
    if (!target) return step_failure(StepProblem::unavailable);
    return RedirectView{
        .target = std::string(target->reveal()), .keep_copy = (*found)->keep_copy, .state = (*found)->state};
}

StepResult<RedirectState> Redirection::set(AccountId account,
                                           std::string_view address,
                                           bool keep_copy,
                                           const AttemptContext& context) const {
    const auto typed = mail_address(address);
    if (!typed) return step_failure(StepProblem::malformed, "address");
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<RedirectState> {
        const auto found = transaction.accounts().find(account);
        if (!found) return step_failure(StepProblem::over);
        if (is_own_address(*found, *typed)) return step_failure(StepProblem::refused, "own_address");
        if (!guessing_.pay_account(transaction, account, now)) return step_failure(StepProblem::throttled);
        const auto known = correspondence_.destinations(transaction, account, false, now);
        const bool is_proven = std::ranges::any_of(
            known, [&](const Destination& each) { return each.kind == ContactKind::mail && each.address == *typed; });
        put_redirect(tools_, desk_, correspondence_, transaction,
                     {.account = *found,
                      .target = *typed,
                      .keep_copy = keep_copy,
                      .is_proven = is_proven,
                      .dispatch = {.subject = account, .correlation = context.correlation, .not_after = {}}});
        const RedirectState state = is_proven ? RedirectState::active : RedirectState::pending;
        journal_.append(transaction, by_owner(account, context),
                        {.action = "redirect.set", .subject = account, .reason = {}, .detail = name_of(state)}, now);
        return state;
    }));
}

void Redirection::tell(Transaction& transaction,
                       const Account& account,
                       std::string_view state,
                       const AttemptContext& context) const {
    const Time now = tools_.clock.now();
    correspondence_.event(
        transaction,
        {.event = "redirect.changed", .fields = {{"login", account.login.text()}, {"state", std::string(state)}}},
        {.subject = account.id, .correlation = context.correlation, .not_after = {}}, now);
    journal_.append(transaction, by_owner(account.id, context),
                    {.action = "redirect.changed", .subject = account.id, .reason = {}, .detail = state}, now);
}

StepResult<void> Redirection::confirm(const base::Secret& link, const AttemptContext& context) const {
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<void> {
        const auto followed = desk_.follow(transaction, FlowKind::redirect, link, now);
        const auto account = followed && followed->open.flow.account
                                 ? transaction.accounts().find(*followed->open.flow.account)
                                 : std::nullopt;
        // The link belongs to one address: a redirect that was set to another one since is not confirmed by it.
        const auto redirect = account ? transaction.contacts().redirect_of(account->id) : std::nullopt;
        const bool is_confirmed =
            redirect && redirect->mac == followed->secret.destination &&
            transaction.flows().use_secret(followed->secret.id, now) &&
            transaction.flows().finish(followed->open.flow.id, "proof", now) &&
            transaction.contacts().set_redirect_state(account->id, RedirectState::pending, RedirectState::active, now);
        if (!is_confirmed) {
            transaction.abandon();
            return step_failure(StepProblem::over);
        }
        tell(transaction, *account, "active", context);
        return {};
    }));
}

StepResult<bool> Redirection::pause(AccountId account, bool is_paused, const AttemptContext& context) const {
    const RedirectState from = is_paused ? RedirectState::active : RedirectState::paused;
    const RedirectState to = is_paused ? RedirectState::paused : RedirectState::active;
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<bool> {
        const auto found = transaction.accounts().find(account);
        if (!found) return step_failure(StepProblem::over);
        if (!transaction.contacts().set_redirect_state(account, from, to, tools_.clock.now())) return false;
        tell(transaction, *found, name_of(to), context);
        return true;
    }));
}

StepResult<bool> Redirection::remove(AccountId account, const AttemptContext& context) const {
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<bool> {
        const auto found = transaction.accounts().find(account);
        if (!found) return step_failure(StepProblem::over);
        if (!transaction.contacts().remove_redirect(account)) return false;
        tell(transaction, *found, "removed", context);
        return true;
    }));
}

}  // namespace postern::auth::procedures
