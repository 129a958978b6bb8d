#include "auth/procedures/password_change.hpp"

#include "auth/login_record.hpp"
#include "auth/random_code.hpp"

#include <algorithm>
#include <utility>

namespace postern::auth::procedures {

namespace {

std::unexpected<PasswordChangeFailure> failure(PasswordChangeProblem problem, std::string detail = {}) {
    return std::unexpected(
        PasswordChangeFailure{.problem = problem, .refusal = {}, .faults = {}, .detail = std::move(detail)});
}

std::unexpected<PasswordChangeFailure> failure(const Refused& refused) {
    return std::unexpected(PasswordChangeFailure{
        .problem = PasswordChangeProblem::refused, .refusal = refused.why, .faults = {}, .detail = refused.detail});
}

std::string_view name_of(ReplacedPassword replaced) {
    switch (replaced) {
        case ReplacedPassword::own:
            return "own";
        case ReplacedPassword::temporary:
            return "temporary";
        case ReplacedPassword::provisional:
            return "provisional";
    }
    return "";
}

CredentialKind kind_of(ReplacedPassword replaced) {
    switch (replaced) {
        case ReplacedPassword::temporary:
            return CredentialKind::temporary;
        case ReplacedPassword::provisional:
            return CredentialKind::provisional;
        case ReplacedPassword::own:
            break;
    }
    return CredentialKind::password;
}

}  // namespace

/// Somebody who is let as far as this, by what, and what he had at that time.
struct PasswordChange::Standing {
    LoginRecord record;
    ReplacedPassword replaces = ReplacedPassword::own;
    CredentialId credential = 0;  ///< what he came with
};

PasswordOwner owner_of(const LoginRecord& record, Time now) {
    PasswordOwner owner{.has_active_otp = record.has_active_otp};
    bool is_other = false;
    for (const Affiliation& affiliation : record.account.affiliations) {
        if (!affiliation.is_live(now)) continue;
        owner.words.push_back(affiliation.unit);
        owner.is_pupil = owner.is_pupil || affiliation.profile == Profile::pupil;
        is_other = is_other || affiliation.profile != Profile::pupil;
    }
    owner.is_pupil = owner.is_pupil && !is_other;
    owner.words.push_back(record.account.login.text());
    owner.words.push_back(record.account.display_name);
    for (const Identifier& alias : record.account.aliases) owner.words.push_back(alias.text());
    return owner;
}

std::expected<PasswordChange::Standing, PasswordChangeFailure> PasswordChange::standing_of(
    const Credentials& credentials, const AttemptContext& context) {
    const Verdict verdict = authenticator_.authenticate(credentials, context);
    ReplacedPassword replaces = ReplacedPassword::own;
    if (!verdict && verdict.error() == Refusal::must_change) {
        replaces = ReplacedPassword::temporary;
    } else if (!verdict && verdict.error() == Refusal::not_activated) {
        replaces = ReplacedPassword::provisional;
    } else if (!verdict) {
        return failure(verdict.error());
    }
    auto record = store_.read([&](Transaction& transaction) {
        std::optional<LoginRecord> first;
        for (const Identifier& name : meanings(credentials.name, context.default_domain)) {
            auto found = login_record(transaction, name);
            if (found && !first) first = std::move(found);
        }
        return first;
    });
    if (!record) return failure(PasswordChangeProblem::unavailable, record.error().detail);
    if (!*record) return failure(PasswordChangeProblem::meanwhile);
    const Credential* const used = (*record)->live(kind_of(replaces), clock_.now());
    const bool is_more_to_do =
        replaces == ReplacedPassword::provisional && (*record)->account.state != AccountState::provisional;
    if (used == nullptr || is_more_to_do) return failure(verdict.error());
    return Standing{.record = std::move(**record), .replaces = replaces, .credential = used->id};
}

std::expected<ReplacedPassword, PasswordChangeFailure> PasswordChange::change(const Credentials& credentials,
                                                                              AttemptContext context,
                                                                              const base::Secret& password,
                                                                              const base::Secret& again) {
    if (password.reveal() != again.reveal()) return failure(PasswordChangeProblem::differ);
    context.channel = Channel::portal;
    const auto standing = standing_of(credentials, context);
    if (!standing) return std::unexpected(standing.error());
    if (password.reveal() == credentials.password.reveal()) return failure(PasswordChangeProblem::same);
    auto faults = judge_.judge(password, owner_of(standing->record, clock_.now()));
    if (!faults.empty()) {
        return std::unexpected(PasswordChangeFailure{
            .problem = PasswordChangeProblem::policy, .refusal = {}, .faults = std::move(faults), .detail = {}});
    }
    const auto verifier = hasher_.hash(password);
    if (!verifier) return failure(PasswordChangeProblem::busy);
    return replace(*standing, *verifier, context);
}

std::expected<ReplacedPassword, PasswordChangeFailure> PasswordChange::replace(const Standing& standing,
                                                                               const base::Secret& verifier,
                                                                               const AttemptContext& context) {
    const Account& account = standing.record.account;
    const Time now = clock_.now();
    const CredentialId id = random_id();
    const Credential fresh{.id = id,
                           .account = account.id,
                           .kind = CredentialKind::password,
                           .verifier = close_verifier(keyring_, verifier, id, account.id),
                           .created_at = now};
    const auto replaced = store_.change([&](Transaction& transaction) {
        // What he came with decides: it is used up by one, and an own password that was changed since is not his any
        // more.
        const bool is_his = standing.replaces == ReplacedPassword::own
                                ? transaction.credentials().find(standing.credential).has_value()
                                : transaction.credentials().consume(standing.credential);
        const auto stamp = transaction.accounts().stamp(account.id);
        const bool is_as_it_was = is_his && stamp && stamp->epoch == account.epoch;
        if (!is_as_it_was || !transaction.credentials().set_password(fresh, now)) {
            transaction.abandon();
            return false;
        }
        const bool becomes_active =
            account.state == AccountState::must_change || account.state == AccountState::provisional;
        if (becomes_active && !transaction.accounts().set_state(account.id, account.state, AccountState::active, now)) {
            transaction.abandon();
            return false;
        }
        journal_.append(transaction,
                        {.actor = Actor::owner,
                         .actor_id = account.id,
                         .channel = context.channel,
                         .client = context.client,
                         .correlation = context.correlation},
                        {.action = "password.change", .subject = account.id, .detail = name_of(standing.replaces)},
                        now);
        return true;
    });
    if (!replaced) return failure(PasswordChangeProblem::unavailable, replaced.error().detail);
    if (!*replaced) return failure(PasswordChangeProblem::meanwhile);
    return standing.replaces;
}

}  // namespace postern::auth::procedures
