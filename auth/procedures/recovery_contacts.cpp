#include "auth/procedures/recovery_contacts.hpp"

#include "auth/contact_address.hpp"
#include "auth/identity_proof.hpp"
#include "auth/procedures/redirection.hpp"
#include "auth/random_code.hpp"

#include <algorithm>

namespace postern::auth::procedures {

namespace {

constexpr std::chrono::minutes code_time{10};

std::string text_of(const FlowFields& fields, const std::string& name) {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
}

FlowFields fields_of(const ContactPlace& place, const std::string& address) {
    return {{"kind", std::string(name_of(place.kind))}, {"rank", place.rank == 1 ? "1" : "2"}, {"address", address}};
}

ContactPlace place_of(const FlowFields& fields) {
    return {.kind = contact_kind(text_of(fields, "kind")).value_or(ContactKind::mail),
            .rank = text_of(fields, "rank") == "1" ? 1 : 2};
}

}  // namespace

RecoveryContacts::RecoveryContacts(const Tools& tools)
    : tools_(tools),
      desk_(tools.keyring),
      guessing_(tools.keyring),
      correspondence_(tools.keyring, tools.settings),
      journal_(tools.keyring) {}

StepResult<std::vector<ContactView>> RecoveryContacts::list(AccountId account) const {
    const auto found = tools_.store.read([&](Transaction& transaction) {
        std::vector<ContactView> views;
        const auto rows = transaction.contacts().of_account(account);
        for (const Destination& each : correspondence_.destinations(transaction, account, true, tools_.clock.now())) {
            const auto row = std::ranges::find_if(
                rows, [&](const Contact& contact) { return contact.kind == each.kind && contact.rank == each.rank; });
            views.push_back(
                {.kind = each.kind, .rank = each.rank, .address = each.address, .usable_from = row->usable_from});
        }
        return views;
    });
    if (!found) return step_failure(found.error());
    return *found;
}

StepResult<base::Secret> RecoveryContacts::propose(AccountId account,
                                                   const ContactPlace& place,
                                                   std::string_view address,
                                                   const AttemptContext& context) const {
    if (place.rank != 1 && place.rank != 2) return step_failure(StepProblem::malformed, "rank");
    const bool is_mail = place.kind == ContactKind::mail;
    const std::string country = tools_.settings.sms ? tools_.settings.sms->country_code : "33";
    const auto typed = is_mail ? mail_address(address) : phone_number(address, country);
    if (!typed) return step_failure(StepProblem::malformed, "address");
    const Time now = tools_.clock.now();
    const Time expires_at =
        now + (is_mail ? std::chrono::ceil<std::chrono::seconds>(tools_.settings.link_time) : code_time);
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<base::Secret> {
        const auto found = transaction.accounts().find(account);
        if (!found) return step_failure(StepProblem::over);
        if (is_own_address(*found, *typed)) return step_failure(StepProblem::refused, "own_address");
        const Destination to = correspondence_.destination(place.kind, *typed);
        const bool may_send =
            correspondence_.may_send(transaction, to, now) && guessing_.pay_account(transaction, account, now);
        if (!may_send) return step_failure(StepProblem::throttled);
        auto begun = desk_.begin(transaction,
                                 {.kind = FlowKind::contact,
                                  .account = account,
                                  .step = "proof",
                                  .fields = fields_of(place, *typed),
                                  .expires_at = expires_at},
                                 now);
        const Dispatch dispatch{.subject = account, .correlation = context.correlation, .not_after = expires_at};
        if (is_mail) {
            const base::Secret link = desk_.put_link(transaction, begun.id, to.mac, expires_at, now);
            const auto minutes = std::chrono::floor<std::chrono::minutes>(tools_.settings.link_time);
            correspondence_.mail(transaction, Letter::contact_link, *found, *typed,
                                 {{"url", correspondence_.url_of(link)}, {"minutes", std::to_string(minutes.count())}},
                                 dispatch, now);
        } else {
            const base::Secret code = desk_.put_code(transaction, begun.id, to.mac, expires_at, now);
            correspondence_.sms(transaction, *found, *typed, code, dispatch, now);
        }
        journal_.append(transaction, by_owner(account, context),
                        {.action = "contact.propose", .subject = account, .reason = {}, .detail = name_of(place.kind)},
                        now);
        return std::move(begun.handle);
    }));
}

void RecoveryContacts::put(Transaction& transaction,
                           AccountId account,
                           const ContactPlace& place,
                           const std::string& address,
                           Time usable_from) const {
    const std::int64_t id = random_id();
    transaction.contacts().put({.id = id,
                                .account = account,
                                .kind = place.kind,
                                .rank = place.rank,
                                .address = tools_.keyring.seal(base::Secret(address), "contact:" + std::to_string(id)),
                                .mac = contact_mac(tools_.keyring, address),
                                .created_at = tools_.clock.now(),
                                .usable_from = usable_from});
}

/// Before anything is changed: to every mail address there is now.
void RecoveryContacts::tell(Transaction& transaction,
                            const Account& account,
                            const ContactPlace& place,
                            const AttemptContext& context) const {
    const Time now = tools_.clock.now();
    const auto all = correspondence_.destinations(transaction, account.id, true, now);
    std::string before;
    for (const Destination& each : all)
        if (each.kind == place.kind && each.rank == place.rank) before = each.address;
    for (const Destination& each : all) {
        if (each.kind != ContactKind::mail) continue;
        // A way back for each, so that using one says nothing about the others.
        const auto begun = desk_.begin(transaction,
                                       {.kind = FlowKind::undo,
                                        .account = account.id,
                                        .step = "undo",
                                        .fields = fields_of(place, before),
                                        .expires_at = now + undo_time},
                                       now);
        const base::Secret link = desk_.put_link(transaction, begun.id, each.mac, now + undo_time, now);
        correspondence_.mail(transaction, Letter::contact_changed, account, each.address,
                             {{"url", correspondence_.url_of(link)}},
                             {.subject = account.id, .correlation = context.correlation, .not_after = {}}, now);
    }
}

bool RecoveryContacts::take(Transaction& transaction, const OpenFlow& open, const AttemptContext& context) const {
    const Time now = tools_.clock.now();
    const auto account = open.flow.account ? transaction.accounts().find(*open.flow.account) : std::nullopt;
    if (!account || !transaction.flows().finish(open.flow.id, "proof", now)) return false;
    const ContactPlace place = place_of(open.fields);
    tell(transaction, *account, place, context);
    put(transaction, account->id, place, text_of(open.fields, "address"), now + contact_delay);
    journal_.append(transaction, by_owner(account->id, context),
                    {.action = "contact.change", .subject = account->id, .reason = {}, .detail = name_of(place.kind)},
                    now);
    return true;
}

StepResult<void> RecoveryContacts::confirm_link(const base::Secret& link, const AttemptContext& context) const {
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<void> {
        const auto followed = desk_.follow(transaction, FlowKind::contact, link, now);
        const bool is_taken = followed && transaction.flows().use_secret(followed->secret.id, now) &&
                              take(transaction, followed->open, context);
        if (!is_taken) {
            transaction.abandon();
            return step_failure(StepProblem::over);
        }
        return {};
    }));
}

StepResult<void> RecoveryContacts::confirm_code(const base::Secret& handle,
                                                const base::Secret& code,
                                                const AttemptContext& context) const {
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<void> {
        const auto open = desk_.find(transaction, FlowKind::contact, handle, now);
        if (!open) return step_failure(StepProblem::over);
        if (!desk_.try_code(transaction, open->flow.id, code, now)) return step_failure(StepProblem::invalid);
        if (take(transaction, *open, context)) return {};
        transaction.abandon();
        return step_failure(StepProblem::over);
    }));
}

StepResult<void> RecoveryContacts::remove(AccountId account,
                                          const ContactPlace& place,
                                          const AttemptContext& context) const {
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<void> {
        const auto found = transaction.accounts().find(account);
        if (!found) return step_failure(StepProblem::over);
        tell(transaction, *found, place, context);
        if (!transaction.contacts().remove(account, place.kind, place.rank)) {
            transaction.abandon();
            return step_failure(StepProblem::over);
        }
        journal_.append(transaction, by_owner(account, context),
                        {.action = "contact.remove", .subject = account, .reason = {}, .detail = name_of(place.kind)},
                        now);
        return {};
    }));
}

StepResult<void> RecoveryContacts::undo(const base::Secret& link, const AttemptContext& context) const {
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<void> {
        const auto followed = desk_.follow(transaction, FlowKind::undo, link, now);
        const bool is_his = followed && followed->open.flow.account &&
                            transaction.flows().use_secret(followed->secret.id, now) &&
                            transaction.flows().finish(followed->open.flow.id, "undo", now);
        if (!is_his) {
            transaction.abandon();
            return step_failure(StepProblem::over);
        }
        const AccountId account = *followed->open.flow.account;
        const ContactPlace place = place_of(followed->open.fields);
        const std::string before = text_of(followed->open.fields, "address");
        // Also the address that goes: whoever opened the link may be the one who lost the account, or the thief.
        if (const auto owner = transaction.accounts().find(account))
            correspondence_.notify(transaction, Letter::contact_restored, *owner, {},
                                   {.subject = account, .correlation = context.correlation, .not_after = {}}, now);
        if (before.empty()) {
            std::ignore = transaction.contacts().remove(account, place.kind, place.rank);
        } else {
            put(transaction, account, place, before, now);
        }
        transaction.flows().end_all(account, now);
        transaction.accounts().raise_epoch(account);
        journal_.append(transaction, by_owner(account, context),
                        {.action = "contact.undo", .subject = account, .reason = {}, .detail = name_of(place.kind)},
                        now);
        return {};
    }));
}

}  // namespace postern::auth::procedures
