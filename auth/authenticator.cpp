#include "auth/authenticator.hpp"

#include "auth/coarse_network.hpp"
#include "auth/standing.hpp"
#include "base/ascii.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <thread>
#include <utility>

namespace postern::auth {

namespace {

constexpr std::size_t most_remembered = 200'000;
constexpr std::chrono::hours wrong_life{24};
constexpr std::chrono::minutes between_throttled_rows{1};
constexpr std::size_t waiting_per_slot = 16;

base::Secret make_dummy(const PasswordHasher& hasher) {
    auto dummy = hasher.hash(base::Secret("nobody has this password"));
    if (!dummy) throw std::runtime_error("no memory for one password hash: lower auth.password_hash.memory_kib");
    return std::move(*dummy);
}

bool opens_mailboxes(Channel channel) {
    return channel == Channel::imap || channel == Channel::submission;
}

std::string login_of(const std::optional<LoginRecord>& record) {
    return record ? record->account.login.text() : std::string();
}

}  // namespace

/// One call of `authenticate`.
struct Authenticator::Attempt {
    const Credentials& credentials;
    const AttemptContext& context;
    std::vector<Identifier> names;  ///< what the name may mean
    Time now;

    [[nodiscard]] static Attempt of(const Credentials& credentials, const AttemptContext& context, Time now) {
        return {credentials, context, meanings(credentials.name, context.default_domain), now};
    }
    [[nodiscard]] std::optional<AppPassword> app_password() const {
        if (!looks_like_app_password(password().reveal())) return std::nullopt;
        auto parsed = parse_app_password(password().reveal());
        return parsed ? std::optional(std::move(*parsed)) : std::nullopt;
    }
    [[nodiscard]] const base::Secret& password() const { return credentials.password; }
    /// What an unknown name is counted by.
    [[nodiscard]] std::string counted_name() const {
        return names.empty() ? base::to_lower(credentials.name) : names.front().text();
    }
    [[nodiscard]] Origin origin(Actor actor, std::optional<AccountId> who) const {
        return {.actor = actor,
                .actor_id = who,
                .channel = context.channel,
                .client = context.client,
                .correlation = context.correlation};
    }
};

/// How a password counts for an account, or for the name that none has.
struct Authenticator::Guess {
    GuessTarget target;
    Trust trust = Trust::stranger;
    std::uint16_t fingerprint = 0;
    bool is_repeated = false;  ///< known to be wrong from before, most likely
};

/// What reading alone tells of a password.
struct Authenticator::Look {
    std::optional<Verdict> verdict;  ///< then nothing else counts
    Guess guess;
    std::string login;     ///< of the account, for the log; empty: none
    bool is_open = false;  ///< it would be looked into now
};

/// The same of an app password.
struct Authenticator::AppLook {
    std::optional<LoginRecord> record;
    std::optional<Credential> credential;
    GuessTarget target;
    bool is_right = false;
    bool is_counted = false;  ///< when it is wrong: its source has something left to pay with
};

/// What was found and paid for before the password is looked at.
struct Authenticator::Opening : Guess {
    std::optional<LoginRecord> record;
    std::optional<GuessCharge> charge;  ///< nullopt: repeated
    bool is_refused = false;            ///< then nothing else counts

    [[nodiscard]] std::int64_t epoch() const { return record ? record->account.epoch : 0; }
};

Admission::Bounds admission_bounds(const config::AuthSettings& settings, std::size_t hash_kib) {
    const std::size_t cores =
        settings.password_threads != 0 ? settings.password_threads : std::max(1U, std::thread::hardware_concurrency());
    const std::size_t slots = Admission::slots_for(cores, settings.hash_memory_mib, hash_kib);
    return {.slots = slots,
            .waiting = std::min<std::size_t>(settings.password_queue, slots * waiting_per_slot),
            .longest_wait = std::chrono::milliseconds(2'000)};
}

std::chrono::milliseconds answer_delay(std::chrono::milliseconds spent, std::chrono::milliseconds least) {
    const std::chrono::milliseconds step = std::max(least / 4, std::chrono::milliseconds(1));
    if (spent <= least) return least - spent;
    const auto late = (spent - least) % step;
    return late == std::chrono::milliseconds(0) ? late : step - late;
}

Authenticator::Authenticator(Store& store,
                             const PasswordHasher& hasher,
                             const Keyring& keyring,
                             const base::Clock& clock,
                             const config::AuthSettings& settings,
                             TokenVerifier* tokens)
    : store_(store),
      hasher_(hasher),
      keyring_(keyring),
      clock_(clock),
      settings_(settings),
      tokens_(tokens),
      lockout_(settings.lockout, keyring),
      journal_(keyring),
      dummy_verifier_(make_dummy(hasher)),
      right_(most_remembered),
      wrong_(most_remembered),
      told_(most_remembered),
      admission_(admission_bounds(settings, hasher.memory_kib())) {}

BootKey Authenticator::right_key(const Attempt& attempt, const AccountStamp& stamp) const {
    // The place is part of it, or the cache would answer strangers for free while their budget is closed.
    const std::string place =
        attempt.context.device.empty() ? network_of(attempt.context.client, 32, 64) : attempt.context.device;
    // So is the domain that completes whom he wants to be.
    return mac_.of({"right", std::to_string(stamp.id), std::to_string(stamp.epoch), place,
                    name_of(attempt.context.channel), attempt.credentials.act_as, attempt.context.default_domain,
                    attempt.password().reveal()});
}

BootKey Authenticator::wrong_key(const Attempt& attempt, std::int64_t epoch) const {
    return mac_.of({"wrong", attempt.counted_name(), std::to_string(epoch), attempt.password().reveal()});
}

/// What two attempts have in common that get the same answer.
BootKey Authenticator::question(const Attempt& attempt) const {
    return mac_.of({"flight", attempt.credentials.name, attempt.context.default_domain,
                    network_of(attempt.context.client, 32, 64), attempt.context.device,
                    name_of(attempt.context.channel), attempt.credentials.act_as, attempt.password().reveal()});
}

Authenticator::Recalled Authenticator::recall(const Evidence& evidence, const AttemptContext& context) {
    const auto* const credentials = std::get_if<Credentials>(&evidence);
    if (credentials != nullptr) return recall_password(Attempt::of(*credentials, context, clock_.now()));
    if (std::holds_alternative<BearerToken>(evidence) && tokens_ == nullptr)
        return std::unexpected(Refused(Refusal::wrong_credentials));
    return Turn();  // where each login leaves a trace in the store
}

Verdict Authenticator::authenticate(const Evidence& evidence, const AttemptContext& context, Turn turn) {
    const auto* const credentials = std::get_if<Credentials>(&evidence);
    if (credentials != nullptr) return take(Attempt::of(*credentials, context, clock_.now()), std::move(turn));
    if (const auto* const token = std::get_if<BearerToken>(&evidence)) return authenticate(*token, context);
    return authenticate(std::get<CertificateHolder>(evidence), context);
}

Verdict Authenticator::authenticate(const Credentials& credentials, const AttemptContext& context) {
    const Attempt attempt = Attempt::of(credentials, context, clock_.now());
    auto recalled = recall_password(attempt);
    if (auto* const verdict = std::get_if<Verdict>(&recalled)) return std::move(*verdict);
    return take(attempt, std::get<Turn>(std::move(recalled)));
}

Authenticator::Recalled Authenticator::recall_password(const Attempt& attempt) {
    // Depends on nothing but what the caller sent, so refusing it early tells him nothing.
    if (!check_password(attempt.password())) return std::unexpected(Refused(Refusal::wrong_credentials));
    if (const auto app_password = attempt.app_password()) return recall_app_password(attempt, *app_password);
    auto looked = look(attempt);
    if (!looked) return std::unexpected(Refused(Refusal::unavailable, {}, looked.error().detail));
    if (looked->verdict) return std::move(*looked->verdict);
    const Guess& guess = looked->guess;
    if (!looked->is_open && is_throttling_told(guess.target, attempt.now))
        return std::unexpected(Refused(Refusal::throttled, looked->login));
    const Lane lane = guess.trust == Trust::stranger ? Lane::stranger : Lane::known;
    auto place = admission_.reserve(lane, guess.target.network_text, question(attempt));
    if (!place) return std::unexpected(Refused(looked->is_open ? Refusal::busy : Refusal::throttled, looked->login));
    return Turn(std::move(place));
}

Verdict Authenticator::take(const Attempt& attempt, Turn turn) {
    if (const auto app_password = attempt.app_password()) return take(attempt, *app_password);
    assert(turn.place_);
    // Once more: another connection with the same password may have had its turn meanwhile.
    auto looked = look(attempt);
    if (!looked) return std::unexpected(Refused(Refusal::unavailable, {}, looked.error().detail));
    if (looked->verdict) return std::move(*looked->verdict);
    if (!looked->is_open) {
        journal_throttling(attempt, looked->guess);
        return std::unexpected(Refused(Refusal::throttled, looked->login));
    }
    return flights_.run(question(attempt), [&] { return examine(attempt, *looked, *turn.place_); });
}

StoreResult<Authenticator::Look> Authenticator::look(const Attempt& attempt) {
    return store_.read([&](Transaction& transaction) {
        std::optional<AccountStamp> stamp;
        // All of them are asked for even when the first is found: the number of questions must not tell who exists.
        for (const Identifier& name : attempt.names) {
            const auto found = transaction.accounts().stamp(name);
            if (!stamp) stamp = found;
        }
        Look look{.verdict = remembered(attempt, stamp), .guess = {}, .login = {}};
        if (look.verdict) return look;
        const auto account = stamp ? std::optional(stamp->id) : std::nullopt;
        if (const auto found = account ? transaction.accounts().find(*account) : std::nullopt)
            look.login = found->login.text();
        look.guess = weigh(transaction, attempt, account, stamp ? stamp->epoch : 0);
        look.is_open = look.guess.is_repeated
                           ? lockout_.is_open(transaction, look.guess.target, look.guess.trust, attempt.now)
                           : lockout_.may_charge(transaction, look.guess.target, look.guess.trust, attempt.now);
        return look;
    });
}

std::optional<Verdict> Authenticator::remembered(const Attempt& attempt, const std::optional<AccountStamp>& stamp) {
    if (stamp) {
        if (auto identity = right_.find(right_key(attempt, *stamp), *stamp, attempt.now))
            return Verdict(std::move(*identity));
    }
    if (const auto until = wrong_.find(wrong_key(attempt, stamp ? stamp->epoch : 0)); until && attempt.now < *until)
        return std::unexpected(Refused(Refusal::wrong_credentials));
    return std::nullopt;
}

Authenticator::Guess Authenticator::weigh(Transaction& transaction,
                                          const Attempt& attempt,
                                          std::optional<AccountId> account,
                                          std::int64_t epoch) const {
    Guess guess{.target = lockout_.target(account, attempt.counted_name(), attempt.context)};
    guess.trust = lockout_.trust_in(transaction, guess.target, attempt.now);
    guess.fingerprint = lockout_.fingerprint(guess.target, epoch, attempt.password());
    guess.is_repeated = lockout_.knows_wrong(transaction, guess.target, guess.fingerprint, attempt.now);
    return guess;
}

StoreResult<Authenticator::AppLook> Authenticator::look(const Attempt& attempt, const AppPassword& password) const {
    return store_.read([&](Transaction& transaction) {
        AppLook look;
        for (const Identifier& name : attempt.names) {
            auto record = login_record(transaction, name);
            if (record && !look.record) look.record = std::move(record);
        }
        look.credential = transaction.credentials().find(password.row_id);
        look.is_right = look.record && look.credential && look.credential->kind == CredentialKind::app_password &&
                        look.credential->account == look.record->account.id &&
                        (!look.credential->expires_at || attempt.now < *look.credential->expires_at) &&
                        is_app_password(keyring_, look.credential->verifier.reveal(), password);
        if (look.is_right) return look;
        const auto account = look.record ? std::optional(look.record->account.id) : std::nullopt;
        look.target = lockout_.target(account, attempt.counted_name(), attempt.context);
        look.is_counted = lockout_.may_charge_source(transaction, look.target, attempt.now);
        return look;
    });
}

Authenticator::Recalled Authenticator::recall_app_password(const Attempt& attempt, const AppPassword& password) {
    const auto looked = look(attempt, password);
    if (!looked) return std::unexpected(Refused(Refusal::unavailable, {}, looked.error().detail));
    if (looked->is_right) {
        Verdict verdict = judge(attempt, *looked);
        const bool is_news =
            verdict && is_touch_due(*looked->credential, coarse_network(attempt.context.client), attempt.now);
        return is_news ? Recalled(Turn()) : Recalled(std::move(verdict));
    }
    if (!looked->is_counted) return std::unexpected(Refused(Refusal::wrong_credentials, login_of(looked->record)));
    auto place = admission_.reserve(Lane::stranger, looked->target.network_text, question(attempt));
    if (!place) return std::unexpected(Refused(Refusal::busy, login_of(looked->record)));
    return Turn(std::move(place));
}

Verdict Authenticator::take(const Attempt& attempt, const AppPassword& password) {
    const auto looked = look(attempt, password);
    if (!looked) return std::unexpected(Refused(Refusal::unavailable, {}, looked.error().detail));
    if (!looked->is_right) {
        // Too long to guess: it is counted for its source alone, so that it can close nobody's budget.
        std::ignore = store_.change([&](Transaction& transaction) {
            std::ignore = lockout_.charge_source(transaction, looked->target, attempt.now);
        });
        return std::unexpected(Refused(Refusal::wrong_credentials, login_of(looked->record)));
    }
    Verdict verdict = judge(attempt, *looked);
    const std::string place = coarse_network(attempt.context.client);
    if (verdict && is_touch_due(*looked->credential, place, attempt.now)) {
        std::ignore = store_.change([&](Transaction& transaction) {
            transaction.credentials().touch(looked->credential->id, place, attempt.now);
        });
    }
    return verdict;
}

/// Of the right app password.
Verdict Authenticator::judge(const Attempt& attempt, const AppLook& look) const {
    const LoginRecord& record = *look.record;
    const auto scopes = AppScopes::parse(look.credential->scope);
    const AppScope wanted = attempt.context.channel == Channel::imap ? AppScope::imap : AppScope::smtp;
    if (!opens_mailboxes(attempt.context.channel) || !scopes || !scopes->contains(wanted))
        return std::unexpected(Refused(Refusal::not_authorised, record.account.login.text()));
    if (const auto why = objection(attempt, record, CredentialKind::app_password))
        return std::unexpected(Refused(*why, record.account.login.text()));
    Identity identity = identity_of(record, attempt.now);
    identity.standing.app_password = look.credential->id;
    // It may end before anything about the account does.
    auto& changes_at = identity.standing.changes_at;
    const auto expires = look.credential->expires_at;
    if (expires && (!changes_at || *expires < *changes_at)) changes_at = expires;
    return identity;
}

std::optional<Refusal> Authenticator::objection(const Attempt& attempt,
                                                const LoginRecord& record,
                                                CredentialKind kind) const {
    if (const auto why = refusal_of(state_at(record.account, attempt.now))) return why;
    if (kind == CredentialKind::temporary) return Refusal::must_change;
    if (kind == CredentialKind::provisional) return Refusal::not_activated;
    const bool is_main = kind == CredentialKind::password;
    if (is_main && opens_mailboxes(attempt.context.channel) &&
        (record.has_active_otp || settings_.app_passwords_required)) {
        return Refusal::app_password_required;
    }
    if (!may_act_as(record.account, attempt.credentials.act_as, attempt.context.default_domain))
        return Refusal::not_authorised;
    return std::nullopt;
}

/// Everything is asked anew: the charge is exact, what was read before it is not.
StoreResult<Authenticator::Opening> Authenticator::open(const Attempt& attempt) const {
    return store_.change([&](Transaction& transaction) {
        Opening opening;
        for (const Identifier& name : attempt.names) {
            auto record = login_record(transaction, name);
            if (record && !opening.record) opening.record = std::move(record);
        }
        const auto account = opening.record ? std::optional(opening.record->account.id) : std::nullopt;
        static_cast<Guess&>(opening) = weigh(transaction, attempt, account, opening.epoch());
        if (opening.is_repeated) {
            opening.is_refused = !lockout_.is_open(transaction, opening.target, opening.trust, attempt.now);
        } else {
            opening.charge = lockout_.charge(transaction, opening.target, opening.trust, attempt.now);
            opening.is_refused = !opening.charge;
            if (opening.is_refused) transaction.abandon();
        }
        return opening;
    });
}

/// Waits first and pays then: who is turned away has cost the store nothing but reading.
Verdict Authenticator::examine(const Attempt& attempt, const Look& look, Admission::Place& place) {
    if (!place.enter()) return std::unexpected(Refused(Refusal::busy, look.login));
    auto opening = open(attempt);
    if (!opening) return std::unexpected(Refused(Refusal::unavailable, {}, opening.error().detail));
    if (opening->is_refused) {
        journal_throttling(attempt, *opening);
        return std::unexpected(Refused(Refusal::throttled, login_of(opening->record)));
    }
    return verify(attempt, *opening);
}

/// Nothing was found out: it must not have cost anything.
Verdict Authenticator::give_back(const Opening& opening, Refused refused) const {
    if (opening.charge) {
        std::ignore = store_.change([&](Transaction& transaction) { lockout_.refund(transaction, *opening.charge); });
    }
    return std::unexpected(std::move(refused));
}

Verdict Authenticator::verify(const Attempt& attempt, Opening& opening) {
    bool has_compared = false;
    for (const auto kind : {CredentialKind::password, CredentialKind::temporary, CredentialKind::provisional}) {
        const Credential* const credential = opening.record ? opening.record->live(kind, attempt.now) : nullptr;
        if (credential == nullptr) continue;
        const auto verifier = open_verifier(keyring_, *credential);
        if (!verifier) {
            return give_back(opening, Refused(Refusal::unavailable, login_of(opening.record),
                                              "a verifier " + std::string(describe(verifier.error()))));
        }
        has_compared = true;
        const Verification outcome = hasher_.verify(*verifier, attempt.password());
        if (outcome == Verification::impossible)
            return give_back(opening, Refused(Refusal::unavailable, login_of(opening.record)));
        if (outcome == Verification::match) {
            rehash_if_due(*credential, *verifier, attempt.password());
            return accept(attempt, opening, *credential);
        }
    }
    if (!has_compared && hasher_.verify(dummy_verifier_, attempt.password()) == Verification::impossible)
        return give_back(opening, Refused(Refusal::unavailable, login_of(opening.record)));
    return refuse_wrong(attempt, opening);
}

Verdict Authenticator::accept(const Attempt& attempt, const Opening& opening, const Credential& credential) {
    const LoginRecord& record = *opening.record;
    const AccountId id = record.account.id;
    const auto why = objection(attempt, record, credential.kind);
    // The guess was right, whatever comes of it: what it cost is given back, and nothing else.
    const auto settled = store_.change([&](Transaction& transaction) {
        if (opening.charge) lockout_.refund(transaction, *opening.charge);
        const bool is_new_place = !why && lockout_.remember(transaction, opening.target, attempt.now);
        if (!why && !is_new_place) return;
        journal_.append(transaction, attempt.origin(Actor::owner, id),
                        {.action = "login",
                         .outcome = why ? JournalOutcome::refused : JournalOutcome::ok,
                         .subject = id,
                         .reason = why ? name_of(*why) : "new_place"},
                        attempt.now);
    });
    if (why) return std::unexpected(Refused(*why, record.account.login.text()));
    Identity identity = identity_of(record, attempt.now);
    // A login is not refused because its place could not be remembered.
    if (settled && credential.kind == CredentialKind::password) {
        const AccountStamp stamp{.id = id, .epoch = record.account.epoch, .row_version = record.account.row_version};
        right_.put(right_key(attempt, stamp), identity, stamp, identity.standing.changes_at, attempt.now);
    }
    return identity;
}

bool Authenticator::is_previous(const Opening& opening, const base::Secret& password) const {
    if (!opening.record) return false;
    const auto& credentials = opening.record->credentials;
    const auto found = std::ranges::find(credentials, CredentialKind::previous, &Credential::kind);
    if (found == credentials.end()) return false;
    const auto verifier = open_verifier(keyring_, *found);
    return verifier && hasher_.verify(*verifier, password) == Verification::match;
}

Verdict Authenticator::refuse_wrong(const Attempt& attempt, const Opening& opening) {
    // Only the first time: a device that still has the old password is told apart from somebody who guesses.
    const bool is_old = !opening.is_repeated && is_previous(opening, attempt.password());
    std::ignore = store_.change([&](Transaction& transaction) {
        transaction.budgets().remember_wrong(opening.target.subject, opening.fingerprint, attempt.now);
        if (is_old && opening.charge) lockout_.refund(transaction, *opening.charge);
        if (opening.is_repeated) return;
        journal_.append(transaction, attempt.origin(Actor::stranger, std::nullopt),
                        {.action = "login",
                         .outcome = JournalOutcome::fail,
                         .subject = opening.target.account,
                         .reason = is_old ? "old_password" : "wrong_credentials",
                         .detail = name_of(opening.trust)},
                        attempt.now);
    });
    wrong_.put(wrong_key(attempt, opening.epoch()), attempt.now + wrong_life);
    return std::unexpected(Refused(Refusal::wrong_credentials, login_of(opening.record), is_old ? "old_password" : ""));
}

/// Made-up names cost nothing, so they do not tell one refusal from another; their network does.
BootKey Authenticator::throttling_key(const GuessTarget& target) const {
    return mac_.of({"told", target.account ? target.subject : target.network, "throttled"});
}

bool Authenticator::is_throttling_told(const GuessTarget& target, Time now) const {
    const auto until = told_.find(throttling_key(target));
    return until && now < *until;
}

/// A closed budget would fill the journal with one row for each try: one a minute tells as much.
void Authenticator::journal_throttling(const Attempt& attempt, const Guess& guess) {
    if (is_throttling_told(guess.target, attempt.now)) return;
    told_.put(throttling_key(guess.target), attempt.now + between_throttled_rows);
    std::ignore = store_.change([&](Transaction& transaction) {
        journal_.append(transaction, attempt.origin(Actor::stranger, std::nullopt),
                        {.action = "login",
                         .outcome = JournalOutcome::refused,
                         .subject = guess.target.account,
                         .reason = name_of(Refusal::throttled),
                         .detail = name_of(guess.trust)},
                        attempt.now);
    });
}

void Authenticator::rehash_if_due(const Credential& credential,
                                  const base::Secret& verifier,
                                  const base::Secret& password) const {
    if (credential.kind != CredentialKind::password || !hasher_.needs_rehash(verifier)) return;
    const auto fresh = hasher_.hash(password);
    if (!fresh) return;
    const base::Secret closed = close_verifier(keyring_, *fresh, credential.id, credential.account);
    // Lost when the store cannot write or the password was changed meanwhile; neither is this login's fault.
    std::ignore = store_.change([&](Transaction& transaction) {
        return transaction.credentials().replace_verifier(credential.id, credential.verifier, closed);
    });
}

}  // namespace postern::auth
