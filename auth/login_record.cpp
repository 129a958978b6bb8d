#include "auth/login_record.hpp"

#include <algorithm>
#include <string>

namespace postern::auth {

const Credential* LoginRecord::live(CredentialKind kind, Time now) const {
    const auto found = std::ranges::find_if(credentials, [&](const Credential& credential) {
        return credential.kind == kind && (!credential.expires_at || now < *credential.expires_at);
    });
    return found == credentials.end() ? nullptr : &*found;
}

namespace {

std::optional<LoginRecord> record_of(Transaction& transaction, std::optional<Account> account) {
    if (!account) return std::nullopt;
    auto linked = transaction.accounts().linked_to(*account);
    auto credentials = transaction.credentials().of_account(account->id);
    const auto key = transaction.otp_keys().of_account(account->id);
    return LoginRecord{.account = std::move(*account),
                       .linked = std::move(linked),
                       .credentials = std::move(credentials),
                       .has_active_otp = key && key->state == OtpKeyState::active};
}

void add_addresses(Identity& identity, const Account& account) {
    if (account.login.has_domain()) identity.addresses.push_back(account.login.text());
    for (const Identifier& alias : account.aliases)
        if (alias.has_domain()) identity.addresses.push_back(alias.text());
}

}  // namespace

std::optional<LoginRecord> login_record(Transaction& transaction, const Identifier& name) {
    return record_of(transaction, transaction.accounts().find(name));
}

std::optional<LoginRecord> login_record(Transaction& transaction, AccountId account) {
    return record_of(transaction, transaction.accounts().find(account));
}

Identity identity_of(const LoginRecord& record, Time now) {
    Identity identity{record.account.id, record.account.login.text(), groups_at(record.account, now), {}};
    add_addresses(identity, record.account);
    std::optional<Time>& changes_at = identity.standing.changes_at;
    identity.standing.epoch = record.account.epoch;
    changes_at = next_change_by_date(record.account, now);
    for (const Account& other : record.linked) {
        const auto next = next_change_by_date(other, now);
        if (next && (!changes_at || *next < *changes_at)) changes_at = next;
        if (state_at(other, now) != AccountState::active) continue;
        for (std::string& group : groups_at(other, now)) identity.groups.push_back(std::move(group));
        add_addresses(identity, other);
    }
    std::ranges::sort(identity.groups);
    const auto repeated = std::ranges::unique(identity.groups);
    identity.groups.erase(repeated.begin(), repeated.end());
    std::ranges::sort(identity.addresses);
    return identity;
}

std::expected<base::Secret, SealFault> open_verifier(const Keyring& keyring, const Credential& credential) {
    if (credential.verifier.reveal().starts_with('$')) return credential.verifier.clone();
    return keyring.unseal(credential.verifier.reveal(), seal_context(credential.id, credential.account));
}

base::Secret close_verifier(const Keyring& keyring, const base::Secret& verifier, CredentialId id, AccountId account) {
    return base::Secret(keyring.seal(verifier, seal_context(id, account)));
}

}  // namespace postern::auth
