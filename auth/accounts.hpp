/// What is done to accounts, as one change each: for the command line, the portal and the procedures alike.
#pragma once

#include "auth/account_update.hpp"
#include "auth/app_password.hpp"
#include "auth/journal.hpp"
#include "auth/keyring.hpp"
#include "auth/origin.hpp"
#include "auth/store.hpp"
#include "base/clock.hpp"

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

/// An account to be, and what its first password is compared with; empty: none yet.
struct AccountWithPassword {
    NewAccount account;
    base::Secret verifier;
    std::optional<Time> provisional_until = std::nullopt;     ///< the password is one that an activation begins with
    std::optional<std::string> recovery_mail = std::nullopt;  ///< where its owner can be reached, as its source vouches
};

/// For each update what it would do, or why it cannot be done.
using Comparisons = std::vector<std::expected<AccountDifference, std::string>>;

/// How many app passwords an account may have: more than anybody has devices.
inline constexpr std::size_t max_app_passwords = 20;

/// Somebody at the command line of the machine.
[[nodiscard]] inline Origin at_command_line() {
    return {.actor = Actor::machine_operator, .channel = Channel::command_line};
}

/// Every change is one transaction with its row in the journal. Errors: not_found (no such account), already_exists,
/// refused (a rule forbids it; `detail` says which), unavailable.
/// Thread rule: any number of threads at once. What it is made of must outlive it.
class Accounts {
public:
    Accounts(Store& store, const Keyring& keyring, const base::Clock& clock)
        : store_(store), keyring_(keyring), clock_(clock), journal_(keyring) {}

    [[nodiscard]] StoreResult<Account> find(const Identifier& name) const;
    [[nodiscard]] StoreResult<std::vector<Account>> list(const AccountFilter& filter) const;
    /// Who goes by each of `names`, or has each of `numbers`, in the order asked; 0: nobody.
    [[nodiscard]] StoreResult<std::vector<AccountId>> owners_of(std::span<const Identifier> names) const;
    [[nodiscard]] StoreResult<std::vector<AccountId>> owners_of(std::span<const SecretIdentifier> numbers) const;
    /// Without verifiers.
    [[nodiscard]] StoreResult<std::vector<Credential>> credentials(AccountId account) const;

    /// Adds all of them or, with the first error, none. already_exists also when two of them share a name.
    [[nodiscard]] StoreResult<void> add(std::span<const AccountWithPassword> accounts,
                                        const Origin& origin = at_command_line()) const;
    /// What `import` would do to accounts that are there, in the order asked; changes nothing.
    [[nodiscard]] StoreResult<Comparisons> compare(std::span<const AccountUpdate> updates,
                                                   const UpdateRules& rules) const;
    /// Adds some and brings others up to date, all of it or, with the first error, nothing. What was done to the
    /// latter, in the order given; who is as his source says is not touched.
    [[nodiscard]] StoreResult<std::vector<AccountDifference>> import(std::span<const AccountWithPassword> added,
                                                                     std::span<const AccountUpdate> updates,
                                                                     const UpdateRules& rules,
                                                                     const Origin& origin = at_command_line()) const;
    /// Gives the account this password, whether it had one or not.
    [[nodiscard]] StoreResult<void> set_password(AccountId account,
                                                 const base::Secret& verifier,
                                                 const Origin& origin = at_command_line()) const;
    /// Hands out a password for one use until then (`check`: what was seen of its owner, for the journal); whoever
    /// enters with it must choose one of his own. What was handed out before is void; the account's own password goes
    /// on until the new one is used.
    [[nodiscard]] StoreResult<void> give_temporary(AccountId account,
                                                   const base::Secret& verifier,
                                                   Time expires_at,
                                                   const Origin& origin = at_command_line(),
                                                   std::string_view check = "") const;
    /// The password that an activation begins with, good until then; what was handed out before is void. `refused` for
    /// accounts in use: those are reset.
    [[nodiscard]] StoreResult<void> give_provisional(AccountId account,
                                                     const base::Secret& verifier,
                                                     Time expires_at,
                                                     const Origin& origin = at_command_line()) const;
    /// Both do nothing when it is so already.
    [[nodiscard]] StoreResult<void> suspend(AccountId account,
                                            const Origin& origin = at_command_line(),
                                            std::string_view reason = "") const;
    [[nodiscard]] StoreResult<void> resume(AccountId account, const Origin& origin = at_command_line()) const;
    /// For good. Its names stay taken.
    [[nodiscard]] StoreResult<void> close(AccountId account,
                                          const Origin& origin = at_command_line(),
                                          std::string_view reason = "") const;
    [[nodiscard]] StoreResult<void> set_dates(AccountId account,
                                              std::optional<Time> from,
                                              std::optional<Time> until,
                                              const Origin& origin = at_command_line()) const;
    /// A visitor stays until then, in every unit that he is in until his present end.
    [[nodiscard]] StoreResult<void> extend(const Account& visitor,
                                           Time until,
                                           const Origin& origin = at_command_line()) const;
    [[nodiscard]] StoreResult<void> put_affiliation(AccountId account,
                                                    const Affiliation& affiliation,
                                                    const Origin& origin = at_command_line()) const;
    [[nodiscard]] StoreResult<void> remove_affiliation(AccountId account,
                                                       Profile profile,
                                                       std::string_view unit,
                                                       const Origin& origin = at_command_line()) const;
    /// What `administrator` may do to accounts of a unit; with no right at all, what he had there ends. Nobody grants
    /// himself anything.
    [[nodiscard]] StoreResult<void> delegate(const Delegation& delegation,
                                             const Origin& origin = at_command_line()) const;
    /// Both hold the rights of both from now on. A pupil and a member of the staff are never one person.
    [[nodiscard]] StoreResult<void> link(AccountId primary,
                                         AccountId other,
                                         const Origin& origin = at_command_line()) const;
    [[nodiscard]] StoreResult<void> unlink(AccountId account, const Origin& origin = at_command_line()) const;

    /// The app password itself: shown once, and nowhere else.
    [[nodiscard]] StoreResult<base::Secret> add_app_password(AccountId account,
                                                             AppScopes scopes,
                                                             std::string_view label,
                                                             std::optional<Time> expires_at,
                                                             const Origin& origin = at_command_line()) const;
    [[nodiscard]] StoreResult<void> revoke_app_password(AccountId account,
                                                        CredentialId id,
                                                        const Origin& origin = at_command_line()) const;
    /// Somebody else may know its secrets: all app passwords are revoked, and what is remembered of the password is
    /// void everywhere. How many app passwords there were.
    [[nodiscard]] StoreResult<std::size_t> compromise(AccountId account,
                                                      const Origin& origin = at_command_line()) const;

private:
    void add_one(Transaction& transaction, const AccountWithPassword& made) const;
    [[nodiscard]] std::expected<AccountDifference, std::string> update_one(Transaction& transaction,
                                                                           const AccountUpdate& update,
                                                                           const UpdateRules& rules) const;
    template <class Work>
    [[nodiscard]] StoreResult<void> change(
        AccountId account, const Origin& origin, std::string_view action, std::string_view detail, Work work) const;
    [[nodiscard]] Credential sealed(CredentialKind kind, AccountId account, const base::Secret& verifier) const;

    Store& store_;
    const Keyring& keyring_;
    const base::Clock& clock_;
    Journal journal_;
};

}  // namespace postern::auth
