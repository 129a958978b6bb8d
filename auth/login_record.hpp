/// What the store knows of somebody who wants to log in, read at once.
#pragma once

#include "auth/keyring.hpp"
#include "auth/store.hpp"
#include "auth/verdict.hpp"

#include <expected>
#include <optional>
#include <vector>

namespace postern::auth {

struct LoginRecord {
    Account account;
    std::vector<Account> linked;  ///< of the same person: one login holds the rights of all
    std::vector<Credential> credentials;
    bool has_active_otp = false;

    /// The credential of this kind that has not expired at `now`; nullptr when there is none.
    [[nodiscard]] const Credential* live(CredentialKind kind, Time now) const;
};

/// nullopt when no account goes by that name.
[[nodiscard]] std::optional<LoginRecord> login_record(Transaction& transaction, const Identifier& name);

[[nodiscard]] std::optional<LoginRecord> login_record(Transaction& transaction, AccountId account);

/// Who the account is at `now`, with the groups of all that are linked to it and active.
[[nodiscard]] Identity identity_of(const LoginRecord& record, Time now);

/// What a credential is compared with. Rows of an older store that were not sealed yet are taken as they are.
[[nodiscard]] std::expected<base::Secret, SealFault> open_verifier(const Keyring& keyring,
                                                                   const Credential& credential);

/// The same, closed: for the row of this number and account.
[[nodiscard]] base::Secret close_verifier(const Keyring& keyring,
                                          const base::Secret& verifier,
                                          CredentialId id,
                                          AccountId account);

}  // namespace postern::auth
