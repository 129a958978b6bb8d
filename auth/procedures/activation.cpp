#include "auth/procedures/activation.hpp"

#include "auth/contact_address.hpp"
#include "auth/identity_proof.hpp"
#include "auth/procedures/new_password.hpp"
#include "auth/procedures/redirection.hpp"
#include "auth/random_code.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::auth::procedures {

namespace {

constexpr std::chrono::minutes short_of_time{15};

constexpr std::array<std::pair<ActivationStep, std::string_view>, 5> step_names{{
    {ActivationStep::recovery_mail, "recovery_mail"},
    {ActivationStep::mailed_link, "mailed_link"},
    {ActivationStep::charter, "charter"},
    {ActivationStep::redirect, "redirect"},
    {ActivationStep::password, "password"},
}};

std::optional<ActivationStep> step_named(std::string_view name) {
    const auto* const found = std::ranges::find(step_names, name, &decltype(step_names)::value_type::second);
    if (found == step_names.end()) return std::nullopt;
    return found->first;
}

std::string field(const FlowFields& fields, const std::string& name) {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
}

/// States in which what was handed out still begins the activation anew.
bool is_on_the_way(AccountState state) {
    return state == AccountState::provisional || state == AccountState::pending_mail || state == AccountState::charter;
}

}  // namespace

std::string_view name_of(ActivationStep step) {
    return std::ranges::find(step_names, step, &decltype(step_names)::value_type::first)->second;
}

Activation::Activation(const Tools& tools)
    : tools_(tools),
      desk_(tools.keyring),
      guessing_(tools.keyring),
      correspondence_(tools.keyring, tools.settings),
      journal_(tools.keyring) {}

void Activation::journal(Transaction& transaction,
                         AccountId account,
                         std::string_view action,
                         std::string_view detail,
                         const AttemptContext& context) const {
    journal_.append(transaction, by_owner(account, context),
                    {.action = action, .subject = account, .reason = {}, .detail = detail}, tools_.clock.now());
}

StepResult<base::Secret> Activation::begin_proven(AccountId account,
                                                  ActivationStep step,
                                                  const FlowFields& fields,
                                                  const AttemptContext& context) const {
    const Time now = tools_.clock.now();
    const Time deadline = tools_.zone.end_of_day(now) + std::chrono::seconds(1);
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<base::Secret> {
        const auto found = transaction.accounts().find(account);
        if (!found || !is_on_the_way(found->state)) return step_failure(StepProblem::over);
        // From the beginning, whatever had been reached.
        const AccountState state =
            step == ActivationStep::recovery_mail ? AccountState::provisional : AccountState::charter;
        if (found->state != state && !transaction.accounts().set_state(account, found->state, state, now)) {
            transaction.abandon();
            return step_failure(StepProblem::over);
        }
        auto begun = desk_.begin(transaction,
                                 {.kind = FlowKind::activation,
                                  .account = account,
                                  .step = std::string(name_of(step)),
                                  .fields = fields,
                                  .expires_at = deadline},
                                 now);
        journal(transaction, account, "activation.begin", name_of(step), context);
        return std::move(begun.handle);
    }));
}

StepResult<AccountId> Activation::proven_by(const Credentials& credentials, const AttemptContext& context) const {
    const Verdict verdict = tools_.authenticator.authenticate(credentials, context);
    // What was handed out lets nobody in, but is recognised.
    if (verdict) return step_failure(StepProblem::invalid);
    if (verdict.error() != Refusal::not_activated) return step_failure(verdict.error());
    const auto account = tools_.store.read([&](Transaction& transaction) {
        std::optional<AccountId> first;
        for (const Identifier& name : meanings(credentials.name, context.default_domain)) {
            const auto found = transaction.accounts().stamp(name);
            if (found && !first) first = found->id;
        }
        return first;
    });
    if (!account) return step_failure(account.error());
    if (!*account) return step_failure(StepProblem::invalid);
    return **account;
}

StepResult<base::Secret> Activation::begin(const Credentials& credentials, const AttemptContext& context) const {
    const auto account = proven_by(credentials, context);
    if (!account) return std::unexpected(account.error());
    return begin_proven(*account, ActivationStep::recovery_mail, {}, context);
}

std::optional<AccountId> Activation::proven_by(Transaction& transaction,
                                               std::string_view numen,
                                               std::chrono::year_month_day birth) const {
    const auto account =
        transaction.accounts().find(secret_identifier(tools_.keyring, SecretIdentifierKind::numen, numen));
    // The MAC is computed and compared whoever is meant.
    const std::string stored = account ? transaction.accounts().birth_of(*account).date : "";
    const std::string typed = birth_mac(tools_.keyring, account.value_or(0), birth);
    if (!account || stored != typed) return std::nullopt;
    return account;
}

StepResult<base::Secret> Activation::begin(const NumenProof& proof, const AttemptContext& context) const {
    const auto numen = secret_number(SecretIdentifierKind::numen, proof.numen);
    if (!numen) return step_failure(StepProblem::malformed, "numen");
    const auto birth = birth_date(proof.birth_date);
    if (!birth) return step_failure(StepProblem::malformed, "birth_date");
    const Time now = tools_.clock.now();
    auto account = outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<AccountId> {
        const auto paid = guessing_.pay(transaction, "numen", *numen, context, now);
        if (!paid) {
            transaction.abandon();
            return step_failure(StepProblem::throttled);
        }
        const auto proven = proven_by(transaction, *numen, *birth);
        const auto found = proven ? transaction.accounts().find(*proven) : std::nullopt;
        const bool may_begin =
            found && (found->state == AccountState::imported || found->state == AccountState::charter);
        const bool has_begun =
            may_begin && (found->state == AccountState::charter ||
                          transaction.accounts().set_state(found->id, found->state, AccountState::charter, now));
        if (!has_begun) {
            journal_.append(transaction, by_stranger(context),
                            {.action = "activation.numen",
                             .outcome = JournalOutcome::fail,
                             .subject = proven,
                             .reason = proven ? "state" : "wrong_proof",
                             .detail = {}},
                            now);
            return step_failure(StepProblem::invalid);
        }
        Guessing::give_back(transaction, *paid);
        return found->id;
    }));
    if (!account) return std::unexpected(account.error());
    const auto first_step = tools_.store.read([&](Transaction& transaction) {
        const auto found = transaction.accounts().find(*account);
        const bool has_charter = found && transaction.contacts().charter(found->language, now);
        return has_charter ? ActivationStep::charter : ActivationStep::password;
    });
    if (!first_step) return step_failure(first_step.error());
    return begin_proven(*account, *first_step, {{"by", "numen"}}, context);
}

std::optional<OpenFlow> Activation::at(Transaction& transaction,
                                       const base::Secret& handle,
                                       ActivationStep step) const {
    auto open = desk_.find(transaction, FlowKind::activation, handle, tools_.clock.now());
    if (!open || open->flow.step != name_of(step) || !open->flow.account) return std::nullopt;
    return open;
}

StepResult<ActivationView> Activation::look(const base::Secret& handle) const {
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.read([&](Transaction& transaction) -> StepResult<ActivationView> {
        const auto open = desk_.find(transaction, FlowKind::activation, handle, now);
        const auto step = open ? step_named(open->flow.step) : std::nullopt;
        const auto account =
            open && open->flow.account ? transaction.accounts().find(*open->flow.account) : std::nullopt;
        if (!step || !account) return step_failure(StepProblem::over);
        ActivationView view{.step = *step,
                            .login = account->login.text(),
                            .deadline = open->flow.expires_at - std::chrono::seconds(1),
                            .is_short = open->flow.expires_at - now < short_of_time,
                            .charter = {}};
        if (*step == ActivationStep::charter) view.charter = transaction.contacts().charter(account->language, now);
        return view;
    }));
}

StepResult<void> Activation::give_mail(const base::Secret& handle,
                                       std::string_view address,
                                       const AttemptContext& context) const {
    const auto typed = mail_address(address);
    if (!typed) return step_failure(StepProblem::malformed, "address");
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<void> {
        auto open = at(transaction, handle, ActivationStep::recovery_mail);
        if (!open) open = at(transaction, handle, ActivationStep::mailed_link);
        const auto account = open ? transaction.accounts().find(*open->flow.account) : std::nullopt;
        if (!account) return step_failure(StepProblem::over);
        if (is_own_address(*account, *typed)) return step_failure(StepProblem::refused, "own_address");
        const Destination to = correspondence_.destination(ContactKind::mail, *typed);
        const bool may_send =
            correspondence_.may_send(transaction, to, now) && guessing_.pay_account(transaction, account->id, now);
        if (!may_send) return step_failure(StepProblem::throttled);
        const bool is_first = account->state == AccountState::provisional;
        if (is_first &&
            !transaction.accounts().set_state(account->id, account->state, AccountState::pending_mail, now)) {
            transaction.abandon();
            return step_failure(StepProblem::over);
        }
        if (!desk_.move(transaction, *open, name_of(ActivationStep::mailed_link), {{"mail", *typed}}, now)) {
            transaction.abandon();
            return step_failure(StepProblem::over);
        }
        const base::Secret link = desk_.put_link(transaction, open->flow.id, to.mac, open->flow.expires_at, now);
        const Time last_second = open->flow.expires_at - std::chrono::seconds(1);
        correspondence_.mail(
            transaction, Letter::activation_link, *account, *typed,
            {{"url", correspondence_.url_of(link)}, {"deadline", tools_.zone.clock_text(last_second)}},
            {.subject = account->id, .correlation = context.correlation, .not_after = open->flow.expires_at}, now);
        journal(transaction, account->id, "activation.mail", "", context);
        return {};
    }));
}

ActivationStep Activation::after_proof(Transaction& transaction, const Account& account) const {
    const bool has_charter = transaction.contacts().charter(account.language, tools_.clock.now()).has_value();
    return has_charter ? ActivationStep::charter : ActivationStep::redirect;
}

/// The recovery address is proven: it may be used at once, because whoever holds it holds what was handed out as well.
bool Activation::take_mail(Transaction& transaction, const OpenFlow& open, AccountId account) const {
    const Time now = tools_.clock.now();
    const std::string address = field(open.fields, "mail");
    const std::int64_t id = random_id();
    transaction.contacts().put({.id = id,
                                .account = account,
                                .kind = ContactKind::mail,
                                .rank = 1,
                                .address = tools_.keyring.seal(base::Secret(address), "contact:" + std::to_string(id)),
                                .mac = contact_mac(tools_.keyring, address),
                                .created_at = now,
                                .usable_from = now});
    return transaction.accounts().set_state(account, AccountState::pending_mail, AccountState::charter, now);
}

StepResult<void> Activation::open_link(const base::Secret& link,
                                       const base::Secret& handle,
                                       const AttemptContext& context) const {
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<void> {
        const auto followed = desk_.follow(transaction, FlowKind::activation, link, now);
        const auto own = at(transaction, handle, ActivationStep::mailed_link);
        if (!followed || !own || own->flow.id != followed->open.flow.id) return step_failure(StepProblem::over);
        const AccountId id = *own->flow.account;
        const auto account = transaction.accounts().find(id);
        const bool is_open =
            account && transaction.flows().use_secret(followed->secret.id, now) && take_mail(transaction, *own, id) &&
            desk_.move(transaction, *own, name_of(after_proof(transaction, *account)), own->fields, now);
        if (!is_open) {
            transaction.abandon();
            return step_failure(StepProblem::over);
        }
        journal(transaction, id, "activation.link", "", context);
        return {};
    }));
}

StepResult<base::Secret> Activation::open_link(const base::Secret& link,
                                               const Credentials& credentials,
                                               const AttemptContext& context) const {
    const auto proven = proven_by(credentials, context);
    if (!proven) return std::unexpected(proven.error());
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<base::Secret> {
        const auto followed = desk_.follow(transaction, FlowKind::activation, link, now);
        if (!followed || followed->open.flow.account != *proven) return step_failure(StepProblem::over);
        const auto account = transaction.accounts().find(*proven);
        const bool is_open = account && transaction.flows().use_secret(followed->secret.id, now) &&
                             take_mail(transaction, followed->open, *proven);
        if (!is_open) {
            transaction.abandon();
            return step_failure(StepProblem::over);
        }
        auto begun = desk_.begin(transaction,
                                 {.kind = FlowKind::activation,
                                  .account = *proven,
                                  .step = std::string(name_of(after_proof(transaction, *account))),
                                  .fields = followed->open.fields,
                                  .expires_at = followed->open.flow.expires_at},
                                 now);
        journal(transaction, *proven, "activation.link", "elsewhere", context);
        return std::move(begun.handle);
    }));
}

StepResult<void> Activation::accept_charter(const base::Secret& handle,
                                            int version,
                                            const AttemptContext& context) const {
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<void> {
        const auto open = at(transaction, handle, ActivationStep::charter);
        const auto account = open ? transaction.accounts().find(*open->flow.account) : std::nullopt;
        if (!account) return step_failure(StepProblem::over);
        const auto charter = transaction.contacts().charter(account->language, now);
        if (!charter || charter->version != version) return step_failure(StepProblem::refused, "version");
        const bool is_by_numen = open->fields.contains("by");
        const ActivationStep next = is_by_numen ? ActivationStep::password : ActivationStep::redirect;
        const bool is_accepted = transaction.contacts().accept_charter(account->id, version, account->language, now) &&
                                 desk_.move(transaction, *open, name_of(next), open->fields, now);
        if (!is_accepted) {
            transaction.abandon();
            return step_failure(StepProblem::over);
        }
        journal(transaction, account->id, "activation.charter",
                "version " + std::to_string(version) + " sha256 " + charter->sha256, context);
        return {};
    }));
}

StepResult<void> Activation::choose_redirect(const base::Secret& handle,
                                             const std::optional<std::string>& address,
                                             bool keep_copy) const {
    const auto typed = address ? mail_address(*address) : std::nullopt;
    if (address && !typed) return step_failure(StepProblem::malformed, "address");
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<void> {
        const auto open = at(transaction, handle, ActivationStep::redirect);
        const auto account = open ? transaction.accounts().find(*open->flow.account) : std::nullopt;
        if (!account) return step_failure(StepProblem::over);
        if (typed && is_own_address(*account, *typed)) return step_failure(StepProblem::refused, "own_address");
        FlowFields fields = open->fields;
        if (typed) fields["redirect"] = *typed;
        fields["keep_copy"] = keep_copy ? "1" : "0";
        if (!desk_.move(transaction, *open, name_of(ActivationStep::password), fields, now))
            return step_failure(StepProblem::over);
        return {};
    }));
}

void Activation::set_redirect(Transaction& transaction,
                              const Account& account,
                              const OpenFlow& open,
                              const Dispatch& dispatch) const {
    const std::string target = field(open.fields, "redirect");
    if (target.empty()) return;
    const bool is_proven = target == field(open.fields, "mail");
    put_redirect(tools_, desk_, correspondence_, transaction,
                 {.account = account,
                  .target = target,
                  .keep_copy = field(open.fields, "keep_copy") == "1",
                  .is_proven = is_proven,
                  .dispatch = dispatch});
}

StepResult<ActivationSummary> Activation::choose_password(const base::Secret& handle,
                                                          const base::Secret& password,
                                                          const base::Secret& again,
                                                          const AttemptContext& context) const {
    const auto open =
        tools_.store.read([&](Transaction& transaction) { return at(transaction, handle, ActivationStep::password); });
    if (!open) return step_failure(open.error());
    if (!*open) return step_failure(StepProblem::over);
    const auto record = record_for_flow(tools_, *(*open)->flow.account);
    if (!record) return std::unexpected(record.error());
    const auto verifier = new_verifier(tools_, *record, password, again);
    if (!verifier) return std::unexpected(verifier.error());
    const Account& account = record->account;
    const Dispatch dispatch{.subject = account.id, .correlation = context.correlation, .not_after = {}};
    const Time now = tools_.clock.now();
    return outcome_of(tools_.store.change([&](Transaction& transaction) -> StepResult<ActivationSummary> {
        const bool is_his = account.state == AccountState::charter &&
                            transaction.flows().finish((*open)->flow.id, name_of(ActivationStep::password), now) &&
                            set_new_password(transaction, tools_.keyring, *record, *verifier, now);
        if (!is_his) {
            transaction.abandon();
            return step_failure(StepProblem::over);
        }
        set_redirect(transaction, account, **open, dispatch);
        correspondence_.notify(transaction, Letter::activated, account, {}, dispatch, now);
        correspondence_.event(transaction,
                              {.event = "account.activated",
                               .fields = {{"login", account.login.text()}, {"mailbox", mailbox_of(account)}}},
                              dispatch, now);
        journal(transaction, account.id, "activation.done", "", context);
        const std::string redirect = field((*open)->fields, "redirect");
        return ActivationSummary{.login = account.login.text(),
                                 .mailbox = mailbox_of(account),
                                 .redirect = redirect,
                                 .redirect_waits = !redirect.empty() && redirect != field((*open)->fields, "mail")};
    }));
}

}  // namespace postern::auth::procedures
