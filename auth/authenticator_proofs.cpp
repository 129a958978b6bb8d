// The ways into the one door that need no password.
#include "auth/authenticator.hpp"
#include "auth/standing.hpp"

#include <tuple>
#include <utility>

namespace postern::auth {
namespace {

constexpr std::chrono::minutes between_refused_rows{1};

}  // namespace

/// That somebody is who he is; `factor` is the word of the journal for how that is known.
struct Authenticator::Proof {
    std::string_view name;
    std::string_view act_as;
    std::string_view factor;
};

Verdict Authenticator::authenticate(const CertificateHolder& holder, const AttemptContext& context) {
    return admit({.name = holder.name, .act_as = holder.act_as, .factor = "certificate"}, context);
}

Verdict Authenticator::authenticate(const BearerToken& token, const AttemptContext& context) {
    if (tokens_ == nullptr) return std::unexpected(Refusal::wrong_credentials);
    const auto owner = tokens_->owner_of(token.token);
    if (!owner) return std::unexpected(owner.error());
    return admit({.name = *owner, .act_as = token.name, .factor = "token"}, context);
}

Verdict Authenticator::admit(const Proof& proof, const AttemptContext& context) {
    const Time now = clock_.now();
    const auto found = store_.read([&](Transaction& transaction) {
        std::optional<LoginRecord> first;
        for (const Identifier& name : meanings(proof.name, context.default_domain))
            if (!first) first = login_record(transaction, name);
        return first;
    });
    if (!found) return std::unexpected(Refused(Refusal::unavailable, {}, found.error().detail));
    if (!*found) {
        journal_proof(proof, context, nullptr, Refusal::wrong_credentials);
        return std::unexpected(Refusal::wrong_credentials);
    }
    const LoginRecord& record = **found;
    std::optional<Refusal> why = refusal_of(state_at(record.account, now));
    if (!why && !may_act_as(record.account, proof.act_as, context.default_domain)) why = Refusal::not_authorised;
    journal_proof(proof, context, &record, why);
    if (why) return std::unexpected(Refused(*why, record.account.login.text()));
    Identity identity = identity_of(record, now);
    identity.standing.needs_no_password = true;
    return identity;
}

/// As for a password: who was let in is told when he comes from a new place, who was refused once a minute.
void Authenticator::journal_proof(const Proof& proof,
                                  const AttemptContext& context,
                                  const LoginRecord* record,
                                  std::optional<Refusal> why) {
    const Time now = clock_.now();
    const auto account = record != nullptr ? std::optional(record->account.id) : std::nullopt;
    const GuessTarget target = lockout_.target(account, proof.name, context);
    if (why) {
        const BootKey key = mac_.of({"told", target.subject, name_of(*why), proof.factor});
        if (const auto until = told_.find(key); until && now < *until) return;
        told_.put(key, now + between_refused_rows);
    }
    // Nobody's login depends on whether this could be written.
    std::ignore = store_.change([&](Transaction& transaction) {
        if (!why && !lockout_.remember(transaction, target, now)) return;
        journal_.append(transaction,
                        {.actor = record != nullptr ? Actor::owner : Actor::stranger,
                         .actor_id = account,
                         .channel = context.channel,
                         .client = context.client,
                         .correlation = context.correlation},
                        {.action = "login",
                         .outcome = why ? JournalOutcome::refused : JournalOutcome::ok,
                         .subject = account,
                         .reason = why ? name_of(*why) : "new_place",
                         .detail = proof.factor},
                        now);
    });
}

}  // namespace postern::auth
