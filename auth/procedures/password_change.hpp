/// A password of one's own in place of the old one, or of one that was handed out: the first login to a school's
/// portal, a reset by the helpdesk or the pupils' local administrator, a change by preference.
#pragma once

#include "auth/authenticator.hpp"
#include "auth/journal.hpp"
#include "auth/keyring.hpp"
#include "auth/password.hpp"
#include "auth/password_policy.hpp"
#include "auth/store.hpp"
#include "base/clock.hpp"

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace postern::auth::procedures {

enum class PasswordChangeProblem {
    refused,      ///< the old password does not let in: see `refusal`
    differ,       ///< the new one was typed twice, not the same
    same,         ///< the new one is the old one
    policy,       ///< see `faults`
    meanwhile,    ///< the old password was used up or changed while this ran: begin again
    busy,         ///< no memory for the hash: later
    unavailable,  ///< the store could not be asked; see `detail`
};

struct PasswordChangeFailure {
    PasswordChangeProblem problem = PasswordChangeProblem::refused;
    std::optional<Refusal> refusal;
    std::vector<PolicyFault> faults;
    std::string detail;  ///< for the log; holds no secret
};

/// What took the place of what.
enum class ReplacedPassword {
    own,          ///< app passwords go on
    temporary,    ///< used up; the account is active
    provisional,  ///< used up; the account is active
};

/// Guessing the old password pays from the same budgets as a login: it is one, on the portal's channel. What was handed
/// out is used up by exactly one of all who try at once, together with the change itself. Whatever was remembered of
/// the old password is void everywhere. Thread rule: any number of threads at once; hashes, so it belongs on a pool.
/// What it is made of must outlive it.
class PasswordChange {
public:
    PasswordChange(Store& store,
                   Authenticator& authenticator,
                   const PasswordHasher& hasher,
                   const PasswordJudge& judge,
                   const Keyring& keyring,
                   const base::Clock& clock)
        : store_(store),
          authenticator_(authenticator),
          hasher_(hasher),
          judge_(judge),
          keyring_(keyring),
          clock_(clock),
          journal_(keyring) {}

    /// `credentials`: the name and the old password, or what was handed out. A provisional password does it only for
    /// accounts whose activation asks for nothing more (state `provisional`).
    [[nodiscard]] std::expected<ReplacedPassword, PasswordChangeFailure> change(const Credentials& credentials,
                                                                                AttemptContext context,
                                                                                const base::Secret& password,
                                                                                const base::Secret& again);

private:
    struct Standing;

    [[nodiscard]] std::expected<Standing, PasswordChangeFailure> standing_of(const Credentials& credentials,
                                                                             const AttemptContext& context);
    [[nodiscard]] std::expected<ReplacedPassword, PasswordChangeFailure> replace(const Standing& standing,
                                                                                 const base::Secret& verifier,
                                                                                 const AttemptContext& context);

    Store& store_;
    Authenticator& authenticator_;
    const PasswordHasher& hasher_;
    const PasswordJudge& judge_;
    const Keyring& keyring_;
    const base::Clock& clock_;
    Journal journal_;
};

/// Whom a new password of this account would be for.
[[nodiscard]] PasswordOwner owner_of(const LoginRecord& record, Time now);

}  // namespace postern::auth::procedures
