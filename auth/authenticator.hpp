/// The one door: evidence in, a verdict out.
#pragma once

#include "auth/admission.hpp"
#include "auth/app_password.hpp"
#include "auth/boot_mac.hpp"
#include "auth/credential_cache.hpp"
#include "auth/journal.hpp"
#include "auth/keyring.hpp"
#include "auth/lockout.hpp"
#include "auth/login_record.hpp"
#include "auth/password.hpp"
#include "auth/single_flight.hpp"
#include "auth/store.hpp"
#include "auth/token_verifier.hpp"
#include "auth/verdict.hpp"
#include "base/clock.hpp"
#include "config/settings.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace postern::auth {

/// Decides who somebody is. Synchronous: it asks the store and hashes passwords, so callers run it on pools of blocking
/// threads and never on one that serves sockets.
///
/// In two steps, so that what is cheap never queues behind what is dear: `recall` reads and does nothing else, and
/// tells most; what it cannot tell takes a turn at `authenticate`, which writes and hashes. They belong on two pools.
/// There are never more turns of guesses than `Admission` has places, so with some more threads than that the second
/// pool is never full of them.
///
/// Every guess is paid for before it is looked at (`Lockout`), by one transaction; a right one gets its own payment
/// back and nothing else. Whoever asks learns nothing about which accounts exist: names that are unknown, malformed or
/// without a password cost the same questions, the same payment and one verification of a dummy verifier of the
/// configured cost. (A verifier of another cost takes its own time until its owner's next login replaces it; answers
/// leave on a grid of time, see `answer_delay`.)
///
/// Thread rule: everything may be called from any number of threads at once. What it is made of must outlive it.
class Authenticator {
public:
    /// A place among those whose evidence is looked into, or leave to do so without one: he has proved who he is, and
    /// something is to be written. The authenticator must outlive it.
    class Turn {
    private:
        friend Authenticator;
        explicit Turn(std::optional<Admission::Place> place = std::nullopt) : place_(std::move(place)) {}
        std::optional<Admission::Place> place_;
    };
    using Recalled = std::variant<Verdict, Turn>;

    /// `tokens`: null: tokens let nobody in. Hashes once, to make the dummy. Throws std::runtime_error when there is no
    /// memory for that.
    Authenticator(Store& store,
                  const PasswordHasher& hasher,
                  const Keyring& keyring,
                  const base::Clock& clock,
                  const config::AuthSettings& settings,
                  TokenVerifier* tokens = nullptr);

    /// The verdict, where it takes neither a hash nor a change of the store: a password that is remembered, an app
    /// password whose use is no news, a guess that is refused anyway. Takes as long as a few reads of the store.
    [[nodiscard]] Recalled recall(const Evidence& evidence, const AttemptContext& context);
    /// The second step, for the same evidence and context.
    [[nodiscard]] Verdict authenticate(const Evidence& evidence, const AttemptContext& context, Turn turn);

    /// Both steps. A bare name is looked up with `context.default_domain` behind it first, then as it is. What is known
    /// only after the right password (suspended, not authorised ...) is told only then.
    [[nodiscard]] Verdict authenticate(const Credentials& credentials, const AttemptContext& context);

    /// Somebody who was proved to be who he is by other means than a password. His account must be there and fit to be
    /// used, as for a password; that its main password may open no mailbox does not concern him. There is nothing to
    /// guess, so nothing is paid for. An account that is not there is refused like a wrong password.
    [[nodiscard]] Verdict authenticate(const CertificateHolder& holder, const AttemptContext& context);
    [[nodiscard]] Verdict authenticate(const BearerToken& token, const AttemptContext& context);

    /// Somebody checks tokens.
    [[nodiscard]] bool takes_tokens() const noexcept { return tokens_ != nullptr; }

    /// How many passwords this process remembers as right.
    [[nodiscard]] std::size_t remembered() const { return right_.size(); }

private:
    struct Attempt;
    struct Guess;
    struct Look;
    struct AppLook;
    struct Opening;
    struct Proof;

    [[nodiscard]] Recalled recall_password(const Attempt& attempt);
    [[nodiscard]] Recalled recall_app_password(const Attempt& attempt, const AppPassword& password);
    [[nodiscard]] Verdict take(const Attempt& attempt, Turn turn);
    [[nodiscard]] Verdict take(const Attempt& attempt, const AppPassword& password);

    [[nodiscard]] StoreResult<Look> look(const Attempt& attempt);
    [[nodiscard]] std::optional<Verdict> remembered(const Attempt& attempt, const std::optional<AccountStamp>& stamp);
    [[nodiscard]] StoreResult<AppLook> look(const Attempt& attempt, const AppPassword& password) const;
    [[nodiscard]] Verdict judge(const Attempt& attempt, const AppLook& look) const;
    [[nodiscard]] Guess weigh(Transaction& transaction,
                              const Attempt& attempt,
                              std::optional<AccountId> account,
                              std::int64_t epoch) const;
    [[nodiscard]] Verdict examine(const Attempt& attempt, const Look& look, Admission::Place& place);
    [[nodiscard]] StoreResult<Opening> open(const Attempt& attempt) const;
    [[nodiscard]] Verdict verify(const Attempt& attempt, Opening& opening);
    [[nodiscard]] Verdict accept(const Attempt& attempt, const Opening& opening, const Credential& credential);
    [[nodiscard]] Verdict refuse_wrong(const Attempt& attempt, const Opening& opening);
    [[nodiscard]] Verdict give_back(const Opening& opening, Refused refused) const;
    [[nodiscard]] std::optional<Refusal> objection(const Attempt& attempt,
                                                   const LoginRecord& record,
                                                   CredentialKind kind) const;
    [[nodiscard]] bool is_previous(const Opening& opening, const base::Secret& password) const;
    void rehash_if_due(const Credential& credential, const base::Secret& verifier, const base::Secret& password) const;
    [[nodiscard]] BootKey question(const Attempt& attempt) const;
    [[nodiscard]] BootKey right_key(const Attempt& attempt, const AccountStamp& stamp) const;
    [[nodiscard]] BootKey wrong_key(const Attempt& attempt, std::int64_t epoch) const;
    [[nodiscard]] BootKey throttling_key(const GuessTarget& target) const;
    [[nodiscard]] bool is_throttling_told(const GuessTarget& target, Time now) const;
    void journal_throttling(const Attempt& attempt, const Guess& guess);
    [[nodiscard]] Verdict admit(const Proof& proof, const AttemptContext& context);
    void journal_proof(const Proof& proof,
                       const AttemptContext& context,
                       const LoginRecord* record,
                       std::optional<Refusal> why);

    Store& store_;
    const PasswordHasher& hasher_;
    const Keyring& keyring_;
    const base::Clock& clock_;
    const config::AuthSettings& settings_;
    TokenVerifier* const tokens_;
    const Lockout lockout_;
    const Journal journal_;
    const base::Secret dummy_verifier_;
    const BootMac mac_;
    CredentialCache right_;
    BoundedMemory<Time> wrong_;  // until when a password is known to be wrong
    BoundedMemory<Time> told_;   // until when a subject's throttling needs no further row of the journal
    SingleFlight<Verdict> flights_;
    Admission admission_;
};

/// Bounds for `Admission` under these settings.
[[nodiscard]] Admission::Bounds admission_bounds(const config::AuthSettings& settings, std::size_t hash_kib);

/// How much longer a refusal must wait that took `spent` so far: until the next quarter of `least`, from `least` on. So
/// the time of an answer says neither whether an account exists, nor whether a password was hashed at all.
[[nodiscard]] std::chrono::milliseconds answer_delay(std::chrono::milliseconds spent, std::chrono::milliseconds least);

}  // namespace postern::auth
