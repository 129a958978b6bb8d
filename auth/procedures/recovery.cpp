#include "auth/procedures/recovery.hpp"

#include "auth/identity_proof.hpp"
#include "auth/procedures/new_password.hpp"
#include "auth/random_code.hpp"

#include <algorithm>
#include <utility>

namespace postern::auth::procedures {

namespace {

constexpr std::chrono::hours link_life{24};
constexpr std::chrono::minutes code_time{10};
constexpr std::chrono::minutes temporary_time{60};
constexpr std::chrono::minutes screen_time{15};
constexpr std::size_t most_namesakes = 5;
constexpr std::string_view mailed_label = "mailed";

bool may_recover(const Account& account, Time now) {
    const AccountState state = state_at(account, now);
    if (state != AccountState::active && state != AccountState::must_change) return false;
    bool is_pupil = false;
    bool is_other = false;
    for (const Affiliation& affiliation : account.affiliations) {
        if (!affiliation.is_live(now)) continue;
        is_pupil = is_pupil || affiliation.profile == Profile::pupil;
        is_other = is_other || affiliation.profile != Profile::pupil;
    }
    return !is_pupil || is_other;
}

std::string minutes_text(std::chrono::milliseconds time) {
    return std::to_string(std::chrono::floor<std::chrono::minutes>(time).count());
}

}  // namespace

Recovery::Recovery(const Tools& tools)
    : tools_(tools),
      desk_(tools.keyring),
      guessing_(tools.keyring),
      correspondence_(tools.keyring, tools.settings),
      journal_(tools.keyring) {}

void Recovery::journal(Transaction& transaction,
                       std::string_view action,
                       JournalOutcome outcome,
                       std::optional<AccountId> subject,
                       const AttemptContext& context) const {
    journal_.append(transaction, by_stranger(context),
                    {.action = action, .outcome = outcome, .subject = subject, .reason = {}, .detail = {}},
                    tools_.clock.now());
}

Time Recovery::end_of_link() const {
    return tools_.clock.now() + std::chrono::ceil<std::chrono::seconds>(tools_.settings.link_time);
}

/// The account a name and, where it was given, a date of birth belong to, if it recovers at all.
std::optional<Account> Recovery::meant(Transaction& transaction,
                                       const std::vector<Identifier>& names,
                                       std::optional<std::chrono::year_month_day> birth) const {
    std::optional<Account> account;
    for (const Identifier& name : names) {
        auto found = transaction.accounts().find(name);
        if (found && !account) account = std::move(found);
    }
    if (!account || !may_recover(*account, tools_.clock.now())) return std::nullopt;
    if (birth && transaction.accounts().birth_of(account->id).date != birth_mac(tools_.keyring, account->id, *birth))
        return std::nullopt;
    return account;
}

void Recovery::send_link(Transaction& transaction, const Account& account, const AttemptContext& context) const {
    const Time now = tools_.clock.now();
    const auto to = correspondence_.first(transaction, account.id, ContactKind::mail, now);
    if (!to) return;
    const Time expires_at = end_of_link();
    transaction.accounts().lock(account.id);
    const bool may_send = correspondence_.may_send(transaction, *to, now);
    const auto flow = transaction.flows().latest(FlowKind::recovery, account.id);
    const auto sent = flow ? transaction.flows().latest_secret(flow->id, SecretPurpose::link) : std::nullopt;
    const bool is_there = sent && sent->destination == to->mac;
    // A new one only when it can be mailed: the link in the newest mail is always one that lives from now on.
    const bool is_kept = is_there && (!may_send || now - flow->created_at < link_life);
    if (!is_kept && !may_send) return;
    base::Secret link;
    if (is_kept) {
        transaction.flows().prolong(flow->id, expires_at);
        link = desk_.link_of(*sent);
    } else {
        const auto begun = desk_.begin(transaction,
                                       {.kind = FlowKind::recovery,
                                        .account = account.id,
                                        .step = "password",
                                        .fields = {},
                                        .expires_at = expires_at},
                                       now);
        link = desk_.put_link(transaction, begun.id, to->mac, expires_at, now);
    }
    if (!may_send) return;
    correspondence_.mail(transaction, Letter::recovery_link, account, to->address,
                         {{"url", correspondence_.url_of(link)}, {"minutes", minutes_text(tools_.settings.link_time)}},
                         {.subject = account.id, .correlation = context.correlation, .not_after = expires_at}, now);
}

/// One that an administrator handed out stays: else a stranger could void it by asking.
void Recovery::send_temporary(Transaction& transaction,
                              const Account& account,
                              const base::Secret& slip,
                              const base::Secret& verifier,
                              const AttemptContext& context) const {
    const Time now = tools_.clock.now();
    const auto to = correspondence_.first(transaction, account.id, ContactKind::mail, now);
    if (!to) return;
    transaction.accounts().lock(account.id);
    for (const Credential& each : transaction.credentials().of_account(account.id, CredentialKind::temporary))
        if (each.label != mailed_label && each.expires_at > now) return;
    if (!correspondence_.may_send(transaction, *to, now)) return;
    transaction.credentials().revoke_all(account.id, CredentialKind::temporary);
    const CredentialId id = random_id();
    const bool is_added =
        transaction.credentials().add({.id = id,
                                       .account = account.id,
                                       .kind = CredentialKind::temporary,
                                       .verifier = close_verifier(tools_.keyring, verifier, id, account.id),
                                       .scope = {},
                                       .label = std::string(mailed_label),
                                       .created_at = now,
                                       .expires_at = now + temporary_time,
                                       .last_used_from = {}});
    if (!is_added) return;
    correspondence_.mail(transaction, Letter::temporary_password, account, to->address,
                         {{"password", std::string(slip.reveal())}, {"minutes", minutes_text(temporary_time)}},
                         {.subject = account.id, .correlation = context.correlation, .not_after = now + temporary_time},
                         now);
}

/// Each who asks has a code of his own, so that nobody uses up another one's tries.
base::Secret Recovery::begin_code(Transaction& transaction,
                                  const std::optional<Account>& account,
                                  const AttemptContext& context) const {
    const Time now = tools_.clock.now();
    const auto to = account ? correspondence_.first(transaction, account->id, ContactKind::sms, now) : std::nullopt;
    const bool is_sent = to && correspondence_.may_send(transaction, *to, now);
    auto begun = desk_.begin(transaction,
                             {.kind = FlowKind::code,
                              .account = is_sent ? std::optional(account->id) : std::nullopt,
                              .step = "code",
                              .fields = {},
                              .expires_at = now + code_time},
                             now);
    if (is_sent) {
        const base::Secret code = desk_.put_code(transaction, begun.id, to->mac, now + code_time, now);
        correspondence_.sms(transaction, *account, to->address, code,
                            {.subject = account->id, .correlation = context.correlation, .not_after = now + code_time},
                            now);
    }
    return std::move(begun.handle);
}

StepResult<base::Secret> Recovery::ask(const RecoveryQuestion& question, const AttemptContext& context) const {
    const auto names = meanings(question.name, context.default_domain);
    if (names.empty()) return step_failure(StepProblem::malformed, "name");
    const auto birth = birth_date(question.birth_date);
    if (!birth && !question.birth_date.empty()) return step_failure(StepProblem::malformed, "birth_date");
    const bool is_temporary = question.means == RecoveryMeans::link && tools_.settings.temporary_password_by_mail;
    const base::Secret slip = random_password_slip();
    base::Secret verifier;
    if (is_temporary) {  // whoever is meant: it takes time
        auto hashed = tools_.hasher.hash(slip);
        if (!hashed) return step_failure(StepProblem::busy);
        verifier = std::move(*hashed);
    }
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<base::Secret> {
        if (!guessing_.pay_place(transaction, context, now)) {
            transaction.abandon();
            return step_failure(StepProblem::throttled);
        }
        const auto account = meant(transaction, names, birth);
        base::Secret handle;
        if (question.means == RecoveryMeans::code) {
            handle = begin_code(transaction, account, context);
        } else {
            handle = random_token();
            if (account && is_temporary) send_temporary(transaction, *account, slip, verifier, context);
            if (account && !is_temporary) send_link(transaction, *account, context);
        }
        journal(transaction, "recovery.ask", account ? JournalOutcome::ok : JournalOutcome::refused,
                account ? std::optional(account->id) : std::nullopt, context);
        return handle;
    }));
}

StepResult<NumenRecovery> Recovery::ask(const std::string& numen,
                                        const std::string& birth,
                                        const AttemptContext& context) const {
    const auto number = secret_number(SecretIdentifierKind::numen, numen);
    if (!number) return step_failure(StepProblem::malformed, "numen");
    const auto date = birth_date(birth);
    if (!date) return step_failure(StepProblem::malformed, "birth_date");
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<NumenRecovery> {
        const auto paid = guessing_.pay(transaction, "numen", *number, context, now);
        if (!paid) {
            transaction.abandon();
            return step_failure(StepProblem::throttled);
        }
        const auto id =
            transaction.accounts().find(secret_identifier(tools_.keyring, SecretIdentifierKind::numen, *number));
        const std::string stored = id ? transaction.accounts().birth_of(*id).date : "";
        const bool is_right = stored == birth_mac(tools_.keyring, id.value_or(0), *date) && id;
        const auto account = is_right ? transaction.accounts().find(*id) : std::nullopt;
        if (!account || !may_recover(*account, now)) {
            journal(transaction, "recovery.numen", JournalOutcome::fail, id, context);
            return step_failure(StepProblem::invalid);
        }
        Guessing::give_back(transaction, *paid);
        journal(transaction, "recovery.numen", JournalOutcome::ok, id, context);
        if (correspondence_.first(transaction, *id, ContactKind::mail, now)) {
            send_link(transaction, *account, context);
            return NumenRecovery{.is_mailed = true, .handle = {}};
        }
        if (!tools_.settings.numen_reset_on_screen) return step_failure(StepProblem::refused, "no_address");
        auto begun = desk_.begin(transaction,
                                 {.kind = FlowKind::screen,
                                  .account = id,
                                  .step = "password",
                                  .fields = {},
                                  .expires_at = now + screen_time},
                                 now);
        return NumenRecovery{.is_mailed = false, .handle = std::move(begun.handle)};
    }));
}

std::vector<AccountId> Recovery::asked_about(Transaction& transaction,
                                             const IdentifierQuestion& question,
                                             const std::optional<std::string>& number,
                                             std::optional<std::chrono::year_month_day> birth) const {
    if (number) {
        const auto found = transaction.accounts().find(
            secret_identifier(tools_.keyring, SecretIdentifierKind::student_number, *number));
        return found ? std::vector{*found} : std::vector<AccountId>{};
    }
    return transaction.accounts().find_by_birth(
        name_birth_mac(tools_.keyring, question.family_name, question.given_name, birth.value()), most_namesakes);
}

StepResult<void> Recovery::remind(const IdentifierQuestion& question, const AttemptContext& context) const {
    const bool is_by_number = !question.student_number.empty();
    const auto number = secret_number(SecretIdentifierKind::student_number, question.student_number);
    if (is_by_number && !number) return step_failure(StepProblem::malformed, "student_number");
    const auto birth = birth_date(question.birth_date);
    if (!is_by_number && !birth) return step_failure(StepProblem::malformed, "birth_date");
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<void> {
        if (!guessing_.pay_place(transaction, context, now)) {
            transaction.abandon();
            return step_failure(StepProblem::throttled);
        }
        for (const AccountId id : asked_about(transaction, question, number, birth)) {
            const auto account = transaction.accounts().find(id);
            const auto to = correspondence_.first(transaction, id, ContactKind::mail, now);
            if (!account || !to || account->state == AccountState::closed) continue;
            if (!correspondence_.may_send(transaction, *to, now)) continue;
            correspondence_.mail(transaction, Letter::identifier, *account, to->address, {},
                                 {.subject = id, .correlation = context.correlation, .not_after = {}}, now);
            journal(transaction, "recovery.identifier", JournalOutcome::ok, id, context);
        }
        return {};
    }));
}

StepResult<void> Recovery::look(const base::Secret& link) const {
    const auto followed = tools_.store.read([&](Transaction& transaction) {
        return desk_.follow(transaction, FlowKind::recovery, link, tools_.clock.now()).has_value();
    });
    if (!followed) return step_failure(followed.error());
    if (!*followed) return step_failure(StepProblem::over);
    return {};
}

StepResult<void> Recovery::enter_code(const base::Secret& handle,
                                      const base::Secret& code,
                                      const AttemptContext& context) const {
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<void> {
        const auto open = desk_.find(transaction, FlowKind::code, handle, now);
        if (!open || open->flow.step != "code") return step_failure(StepProblem::over);
        const bool is_right = desk_.try_code(transaction, open->flow.id, code, now) &&
                              desk_.move(transaction, *open, "password", {}, now);
        journal(transaction, "recovery.code", is_right ? JournalOutcome::ok : JournalOutcome::fail, open->flow.account,
                context);
        if (!is_right) return step_failure(StepProblem::invalid);
        transaction.flows().prolong(open->flow.id, now + code_time);
        return {};
    }));
}

/// `uses`: it is used up, by one of all who try at once.
std::optional<OpenFlow> Recovery::proven(Transaction& transaction, const Proof& proof, bool uses) const {
    const Time now = tools_.clock.now();
    std::optional<OpenFlow> open;
    if (proof.kind == FlowKind::recovery) {
        auto followed = desk_.follow(transaction, proof.kind, proof.secret, now);
        if (!followed || (uses && !transaction.flows().use_secret(followed->secret.id, now))) return std::nullopt;
        open = std::move(followed->open);
    } else {
        open = desk_.find(transaction, proof.kind, proof.secret, now);
    }
    if (!open || open->flow.step != "password" || !open->flow.account) return std::nullopt;
    if (uses && !transaction.flows().finish(open->flow.id, "password", now)) return std::nullopt;
    return open;
}

StepResult<void> Recovery::choose_password(const Proof& proof,
                                           const base::Secret& password,
                                           const base::Secret& again,
                                           const AttemptContext& context) const {
    const auto open = tools_.store.read([&](Transaction& transaction) { return proven(transaction, proof, false); });
    if (!open) return step_failure(open.error());
    if (!*open) return step_failure(StepProblem::over);
    const auto record = record_for_flow(tools_, *(*open)->flow.account);
    if (!record) return std::unexpected(record.error());
    const auto verifier = new_verifier(tools_, *record, password, again);
    if (!verifier) return std::unexpected(verifier.error());
    const Account& account = record->account;
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<void> {
        const bool is_his = may_recover(account, now) && proven(transaction, proof, true) &&
                            set_new_password(transaction, tools_.keyring, *record, *verifier, now);
        if (!is_his) {
            transaction.abandon();
            return step_failure(StepProblem::over);
        }
        transaction.flows().end_all(account.id, now);
        const Dispatch dispatch{.subject = account.id, .correlation = context.correlation, .not_after = {}};
        correspondence_.notify(transaction, Letter::password_changed, account, {}, dispatch, now);
        // Who knew no more than a number and a date is told of to the mailbox itself.
        const std::string mailbox = mailbox_of(account);
        if (proof.kind == FlowKind::screen && !mailbox.empty())
            correspondence_.mail(transaction, Letter::password_changed, account, mailbox, {}, dispatch, now);
        journal_.append(transaction, by_owner(account.id, context),
                        {.action = "recovery.done", .subject = account.id, .reason = {}, .detail = name_of(proof.kind)},
                        now);
        return {};
    }));
}

}  // namespace postern::auth::procedures
