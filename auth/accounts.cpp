#include "auth/accounts.hpp"

#include "auth/login_record.hpp"
#include "auth/one_person.hpp"
#include "auth/random_code.hpp"

#include <algorithm>
#include <string>

namespace postern::auth {

namespace {

constexpr auto changed_meanwhile = "somebody else changed the account meanwhile: try again";
constexpr std::string_view close_action = "account.close";
constexpr std::string_view unlink_action = "account.unlink";

StoreError no_account_numbered(AccountId account) {
    return {StoreFault::not_found, "there is no account number " + std::to_string(account)};
}

std::unexpected<StoreError> refused(std::string why) {
    return std::unexpected(StoreError{StoreFault::refused, std::move(why)});
}

template <class T>
StoreResult<T> flattened(StoreResult<StoreResult<T>> nested) {
    if (!nested) return std::unexpected(nested.error());
    return std::move(*nested);
}

/// The account as it is now, and all it is linked to.
std::vector<Account> with_linked(Transaction& transaction, AccountId account) {
    auto own = transaction.accounts().find(account);
    if (!own) return {};
    std::vector<Account> all = transaction.accounts().linked_to(*own);
    all.push_back(std::move(*own));
    return all;
}

/// It is so already: nothing is written, and nothing journalled.
std::string nothing_to_do(Transaction& transaction) {
    transaction.abandon();
    return "";
}

}  // namespace

StoreResult<Account> Accounts::find(const Identifier& name) const {
    auto found = store_.read([&](Transaction& transaction) { return transaction.accounts().find(name); });
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::unexpected(StoreError{StoreFault::not_found, "there is no account named " + name.text()});
    return std::move(**found);
}

StoreResult<std::vector<Account>> Accounts::list(const AccountFilter& filter) const {
    return store_.read([&](Transaction& transaction) { return transaction.accounts().list(filter); });
}

StoreResult<std::vector<AccountId>> Accounts::owners_of(std::span<const Identifier> names) const {
    return store_.read([&](Transaction& transaction) {
        std::vector<AccountId> owners;
        owners.reserve(names.size());
        for (const Identifier& name : names) {
            const auto stamp = transaction.accounts().stamp(name);
            owners.push_back(stamp ? stamp->id : 0);
        }
        return owners;
    });
}

StoreResult<std::vector<AccountId>> Accounts::owners_of(std::span<const SecretIdentifier> numbers) const {
    return store_.read([&](Transaction& transaction) {
        std::vector<AccountId> owners;
        owners.reserve(numbers.size());
        for (const SecretIdentifier& number : numbers)
            owners.push_back(transaction.accounts().find(number).value_or(0));
        return owners;
    });
}

StoreResult<std::vector<Credential>> Accounts::credentials(AccountId account) const {
    return store_.read([&](Transaction& transaction) {
        auto found = transaction.credentials().of_account(account);
        for (Credential& credential : found) credential.verifier = base::Secret();
        return found;
    });
}

/// What belongs to an account that was just added.
void Accounts::add_one(Transaction& transaction, const AccountWithPassword& made) const {
    const AccountId account = made.account.id;
    if (!made.verifier.empty()) {
        const auto kind = made.provisional_until ? CredentialKind::provisional : CredentialKind::password;
        Credential credential = sealed(kind, account, made.verifier);
        credential.expires_at = made.provisional_until;
        std::ignore = transaction.credentials().add(credential);
    }
    if (made.recovery_mail)
        transaction.contacts().put(vouched_contact(keyring_, account, *made.recovery_mail, clock_.now()));
}

StoreResult<void> Accounts::add(std::span<const AccountWithPassword> accounts, const Origin& origin) const {
    const auto imported = import(accounts, {}, {}, origin);
    if (!imported) return std::unexpected(imported.error());
    return {};
}

StoreResult<Comparisons> Accounts::compare(std::span<const AccountUpdate> updates, const UpdateRules& rules) const {
    return store_.read([&](Transaction& transaction) {
        Comparisons compared;
        compared.reserve(updates.size());
        for (const AccountUpdate& update : updates)
            compared.push_back(auth::compare(transaction, update, rules, clock_.now()));
        return compared;
    });
}

StoreResult<std::vector<AccountDifference>> Accounts::import(std::span<const AccountWithPassword> added,
                                                             std::span<const AccountUpdate> updates,
                                                             const UpdateRules& rules,
                                                             const Origin& origin) const {
    using Result = StoreResult<std::vector<AccountDifference>>;
    const Time now = clock_.now();
    return flattened(store_.change([&](Transaction& transaction) -> Result {
        for (const AccountWithPassword& made : added) {
            const Account then{.login = made.account.login, .affiliations = made.account.affiliations};
            if (!may_be_one_person(std::span(&then, 1), now)) {
                transaction.abandon();
                return refused(then.login.text() + ": " + std::string(never_one_person));
            }
            if (const auto taken = transaction.accounts().add(made.account, now)) {
                transaction.abandon();
                return std::unexpected(StoreError{StoreFault::already_exists, *taken});
            }
            add_one(transaction, made);
        }
        std::vector<AccountDifference> differences;
        differences.reserve(updates.size());
        for (const AccountUpdate& update : updates) {
            auto updated = update_one(transaction, update, rules);
            if (!updated) {
                transaction.abandon();
                return refused(update.said.login.text() + ": " + updated.error());
            }
            differences.push_back(std::move(*updated));
        }
        // Last of all: whoever appends to the journal holds its end until he commits.
        for (const AccountWithPassword& made : added) {
            journal_.append(transaction, origin,
                            {.action = "account.add", .subject = made.account.id, .detail = made.account.login.text()},
                            now);
        }
        for (const AccountDifference& difference : differences) {
            if (difference.empty()) continue;
            const std::string detail = journal_text(difference);
            journal_.append(transaction, origin,
                            {.action = "account.update", .subject = difference.account, .detail = detail}, now);
        }
        return differences;
    }));
}

std::expected<AccountDifference, std::string> Accounts::update_one(Transaction& transaction,
                                                                   const AccountUpdate& update,
                                                                   const UpdateRules& rules) const {
    transaction.accounts().lock(update.said.id);
    auto difference = auth::compare(transaction, update, rules, clock_.now());
    if (!difference) return difference;
    if (const auto applied = apply(transaction, keyring_, *difference, clock_.now()); !applied)
        return std::unexpected(applied.error());
    return difference;
}

/// `work(transaction, account)` says why not, or an empty text. What is closed stays as it is, except that it may be
/// unlinked.
template <class Work>
StoreResult<void> Accounts::change(
    AccountId account, const Origin& origin, std::string_view action, std::string_view detail, Work work) const {
    const Time now = clock_.now();
    return flattened(store_.change([&](Transaction& transaction) -> StoreResult<void> {
        const auto found = transaction.accounts().find(account);
        if (!found) return std::unexpected(no_account_numbered(account));
        if (found->state == AccountState::closed && action != close_action && action != unlink_action)
            return refused("the account is closed");
        if (std::string why = work(transaction, *found); !why.empty()) {
            transaction.abandon();
            return refused(std::move(why));
        }
        if (transaction.is_abandoned()) return {};
        journal_.append(transaction, origin, {.action = action, .subject = account, .detail = detail}, now);
        return {};
    }));
}

StoreResult<void> Accounts::set_password(AccountId account, const base::Secret& verifier, const Origin& origin) const {
    const Credential password = sealed(CredentialKind::password, account, verifier);
    return change(
        account, origin, "account.password", "", [&](Transaction& transaction, const Account&) -> std::string {
            return transaction.credentials().set_password(password, password.created_at) ? "" : "the account is gone";
        });
}

StoreResult<void> Accounts::give_temporary(AccountId account,
                                           const base::Secret& verifier,
                                           Time expires_at,
                                           const Origin& origin,
                                           std::string_view check) const {
    Credential temporary = sealed(CredentialKind::temporary, account, verifier);
    temporary.expires_at = expires_at;
    temporary.issued_by = origin.actor_id;
    return change(account, origin, "account.reset", check,
                  [&](Transaction& transaction, const Account&) -> std::string {
                      transaction.credentials().revoke_all(account, CredentialKind::temporary);
                      return transaction.credentials().add(temporary) ? "" : "somebody else handed one out meanwhile";
                  });
}

StoreResult<void> Accounts::give_provisional(AccountId account,
                                             const base::Secret& verifier,
                                             Time expires_at,
                                             const Origin& origin) const {
    Credential provisional = sealed(CredentialKind::provisional, account, verifier);
    provisional.expires_at = expires_at;
    provisional.issued_by = origin.actor_id;
    return change(
        account, origin, "account.provisional", "", [&](Transaction& transaction, const Account& found) -> std::string {
            const bool is_fresh = found.state == AccountState::imported || found.state == AccountState::provisional ||
                                  found.state == AccountState::pending_mail || found.state == AccountState::charter;
            if (!is_fresh) return "the account is in use: `postern account reset` gives it a temporary one";
            transaction.credentials().revoke_all(account, CredentialKind::provisional);
            if (!transaction.credentials().add(provisional)) return changed_meanwhile;
            if (found.state == AccountState::provisional) return "";
            const bool is_set =
                transaction.accounts().set_state(account, found.state, AccountState::provisional, clock_.now());
            return is_set ? "" : changed_meanwhile;
        });
}

StoreResult<void> Accounts::suspend(AccountId account, const Origin& origin, std::string_view reason) const {
    return change(account, origin, "account.suspend", reason,
                  [&](Transaction& transaction, const Account& found) -> std::string {
                      if (found.state == AccountState::suspended) return nothing_to_do(transaction);
                      return transaction.accounts().suspend(account, clock_.now()) ? "" : changed_meanwhile;
                  });
}

StoreResult<void> Accounts::resume(AccountId account, const Origin& origin) const {
    return change(account, origin, "account.resume", "",
                  [&](Transaction& transaction, const Account& found) -> std::string {
                      if (found.state == AccountState::active) return nothing_to_do(transaction);
                      if (transaction.accounts().resume(account, clock_.now())) return "";
                      return "the account is " + std::string(name_of(found.state)) + ", not suspended";
                  });
}

StoreResult<void> Accounts::close(AccountId account, const Origin& origin, std::string_view reason) const {
    return change(
        account, origin, close_action, reason, [&](Transaction& transaction, const Account& found) -> std::string {
            if (found.state == AccountState::closed) return nothing_to_do(transaction);
            for (const auto kind : {CredentialKind::password, CredentialKind::previous, CredentialKind::provisional,
                                    CredentialKind::temporary, CredentialKind::app_password}) {
                transaction.credentials().revoke_all(account, kind);
            }
            transaction.accounts().raise_epoch(account);
            const bool is_closed =
                transaction.accounts().set_state(account, found.state, AccountState::closed, clock_.now());
            return is_closed ? "" : changed_meanwhile;
        });
}

StoreResult<void> Accounts::set_dates(AccountId account,
                                      std::optional<Time> from,
                                      std::optional<Time> until,
                                      const Origin& origin) const {
    if (from && until && *until <= *from) return refused("the account would end before it begins");
    return change(account, origin, "account.dates", "",
                  [&](Transaction& transaction, const Account& found) -> std::string {
                      if (found.is_visitor && !until) return "a visitor has an end date";
                      if (found.valid_from == from && found.valid_until == until) return nothing_to_do(transaction);
                      return transaction.accounts().set_dates(account, from, until) ? "" : "the account is gone";
                  });
}

StoreResult<void> Accounts::extend(const Account& visitor, Time until, const Origin& origin) const {
    return change(visitor.id, origin, "account.extend", "",
                  [&](Transaction& transaction, const Account& found) -> std::string {
                      if (!found.is_visitor) return "the account is no visitor";
                      for (Affiliation affiliation : found.affiliations) {
                          if (affiliation.profile != Profile::visitor) continue;
                          affiliation.valid_until = until;
                          if (!transaction.accounts().put_affiliation(visitor.id, affiliation))
                              return "the account is gone";
                      }
                      const bool is_set = transaction.accounts().set_dates(visitor.id, found.valid_from, until);
                      return is_set ? "" : "the account is gone";
                  });
}

StoreResult<void> Accounts::delegate(const Delegation& delegation, const Origin& origin) const {
    if (delegation.unit != every_unit && !is_unit(delegation.unit))
        return refused("a unit is 1 to 64 visible ASCII characters, or \"*\" for all");
    if (origin.actor_id == delegation.administrator) return refused("nobody grants himself anything");
    const bool is_any = delegation.may_reset || delegation.may_manage || delegation.may_hand_over_keys;
    const std::string detail = std::string(delegation.may_reset ? "reset " : "") +
                               (delegation.may_manage ? "manage " : "") +
                               (delegation.may_hand_over_keys ? "keys " : "") + "in " + delegation.unit;
    return change(delegation.administrator, origin, is_any ? "delegation.put" : "delegation.end", detail,
                  [&](Transaction& transaction, const Account&) -> std::string {
                      if (is_any) {
                          transaction.accounts().put_delegation(delegation);
                          return "";
                      }
                      return transaction.accounts().remove_delegation(delegation.administrator, delegation.unit)
                                 ? ""
                                 : "the account administers nothing there";
                  });
}

StoreResult<void> Accounts::put_affiliation(AccountId account,
                                            const Affiliation& affiliation,
                                            const Origin& origin) const {
    if (!is_unit(affiliation.unit)) return refused("a unit is 1 to 64 visible ASCII characters, and not \"*\" alone");
    if (affiliation.valid_until && *affiliation.valid_until <= affiliation.valid_from)
        return refused("the affiliation would end before it begins");
    const std::string detail = std::string(name_of(affiliation.profile)) + '@' + affiliation.unit;
    return change(account, origin, "account.affiliation", detail,
                  [&](Transaction& transaction, const Account& found) -> std::string {
                      if (std::ranges::find(found.affiliations, affiliation) != found.affiliations.end())
                          return nothing_to_do(transaction);
                      if (!transaction.accounts().put_affiliation(account, affiliation)) return "the account is gone";
                      const bool is_sound = may_be_one_person(with_linked(transaction, account), clock_.now());
                      return is_sound ? "" : std::string(never_one_person);
                  });
}

StoreResult<void> Accounts::remove_affiliation(AccountId account,
                                               Profile profile,
                                               std::string_view unit,
                                               const Origin& origin) const {
    const std::string detail = std::string(name_of(profile)) + '@' + std::string(unit);
    return change(account, origin, "account.affiliation_removed", detail,
                  [&](Transaction& transaction, const Account&) -> std::string {
                      return transaction.accounts().remove_affiliation(account, profile, unit)
                                 ? ""
                                 : "the account has no affiliation " + detail;
                  });
}

StoreResult<void> Accounts::link(AccountId primary, AccountId other, const Origin& origin) const {
    const Time now = clock_.now();
    return flattened(store_.change([&](Transaction& transaction) -> StoreResult<void> {
        const auto refuse = [&](std::string why) {
            transaction.abandon();
            return refused(std::move(why));
        };
        for (const AccountId each : {primary, other}) {
            const auto found = transaction.accounts().find(each);
            if (!found) return std::unexpected(no_account_numbered(each));
            if (found->state == AccountState::closed)
                return refuse("the account " + found->login.text() + " is closed");
        }
        if (!transaction.accounts().link(primary, other, random_id()))
            return refuse(primary == other ? "an account is not linked to itself"
                                           : "the second account is linked already: unlink it first");
        // Looked at behind the link: whoever changes affiliations at the same time waits for one of these rows.
        if (!may_be_one_person(with_linked(transaction, primary), now)) return refuse(std::string(never_one_person));
        for (const auto& [subject, with] : {std::pair(primary, other), std::pair(other, primary)}) {
            journal_.append(transaction, origin,
                            {.action = "account.link", .subject = subject, .detail = std::to_string(with)}, now);
        }
        return {};
    }));
}

StoreResult<void> Accounts::unlink(AccountId account, const Origin& origin) const {
    return change(account, origin, unlink_action, "", [&](Transaction& transaction, const Account&) -> std::string {
        return transaction.accounts().unlink(account) ? "" : "the account is not linked";
    });
}

StoreResult<base::Secret> Accounts::add_app_password(AccountId account,
                                                     AppScopes scopes,
                                                     std::string_view label,
                                                     std::optional<Time> expires_at,
                                                     const Origin& origin) const {
    if (const auto checked = check_app_label(label); !checked)
        return refused("the label " + std::string(describe(checked.error())));
    const Time now = clock_.now();
    if (expires_at && *expires_at <= now) return refused("the app password would have expired already");
    const AppPassword made = generate_app_password(random_id());
    const Credential credential{.id = made.row_id,
                                .account = account,
                                .kind = CredentialKind::app_password,
                                .verifier = base::Secret(app_password_verifier(keyring_, made)),
                                .scope = std::string(scopes.text()),
                                .label = std::string(label),
                                .created_at = now,
                                .expires_at = expires_at,
                                .issued_by = origin.actor_id};
    const std::string detail = credential.scope + ' ' + credential.label;
    const auto added = change(
        account, origin, "app_password.add", detail, [&](Transaction& transaction, const Account&) -> std::string {
            transaction.accounts().lock(account);  // or several at once would each see one place left
            const auto own = transaction.credentials().of_account(account, CredentialKind::app_password);
            if (own.size() >= max_app_passwords) return "the account has 20 app passwords: revoke one it does not use";
            return transaction.credentials().add(credential) ? "" : "the app password could not be added: try again";
        });
    if (!added) return std::unexpected(added.error());
    return text_of(made);
}

StoreResult<void> Accounts::revoke_app_password(AccountId account, CredentialId id, const Origin& origin) const {
    return change(account, origin, "app_password.revoke", std::to_string(id),
                  [&](Transaction& transaction, const Account&) -> std::string {
                      const auto found = transaction.credentials().find(id);
                      const bool is_one = found && found->kind == CredentialKind::app_password;
                      return is_one && transaction.credentials().revoke(account, id)
                                 ? ""
                                 : "the account has no app password " + std::to_string(id);
                  });
}

StoreResult<std::size_t> Accounts::compromise(AccountId account, const Origin& origin) const {
    std::size_t revoked = 0;
    const auto changed =
        change(account, origin, "account.compromise", "", [&](Transaction& transaction, const Account&) -> std::string {
            revoked = transaction.credentials().revoke_all(account, CredentialKind::app_password);
            transaction.credentials().revoke_all(account, CredentialKind::temporary);
            transaction.budgets().forget_contexts(account);
            transaction.accounts().raise_epoch(account);
            return "";
        });
    if (!changed) return std::unexpected(changed.error());
    return revoked;
}

Credential Accounts::sealed(CredentialKind kind, AccountId account, const base::Secret& verifier) const {
    const CredentialId id = random_id();
    return {.id = id,
            .account = account,
            .kind = kind,
            .verifier = close_verifier(keyring_, verifier, id, account),
            .created_at = clock_.now()};
}

}  // namespace postern::auth
