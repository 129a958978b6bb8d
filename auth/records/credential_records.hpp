/// What proves who somebody is, as stored: sealed verifiers, never the secret itself.
#pragma once

#include "auth/account.hpp"
#include "base/secret.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

enum class CredentialKind {
    password,      ///< chosen by its owner. At most one
    previous,      ///< the one before it: only to recognise devices that still use it. At most one
    provisional,   ///< handed out for the activation. At most one; expires
    temporary,     ///< handed out by a helpdesk; one use. At most one; expires
    app_password,  ///< made by postern for one device
};

[[nodiscard]] std::string_view name_of(CredentialKind kind);

using CredentialId = std::int64_t;

/// `verifier` is sealed by Keyring with `seal_context(id, account)`; rows of an older store may hold it bare
/// ("$argon2id$..."), until it is sealed by `postern store migrate`.
struct Credential {
    CredentialId id = 0;
    AccountId account = 0;
    CredentialKind kind = CredentialKind::password;
    base::Secret verifier;  ///< at most 2048 bytes
    std::string scope;      ///< of app passwords: words of auth/app_password.hpp; else empty
    std::string label;      ///< of app passwords: what the owner calls it
    Time created_at;
    std::optional<Time> expires_at;  ///< always there for provisional and temporary ones
    std::optional<Time> last_used_at;
    std::string last_used_from;  ///< a network, coarse
    std::optional<AccountId> issued_by;
};

/// How long a use from the same place is not written again.
constexpr std::chrono::hours between_touches{1};

/// Whether a use of `credential` is to be remembered: to find out takes no lock.
[[nodiscard]] inline bool is_touch_due(const Credential& credential, std::string_view from, Time now) {
    return !credential.last_used_at || *credential.last_used_at < now - between_touches ||
           credential.last_used_from != from;
}

/// What a verifier is sealed for: it does not open in another row.
[[nodiscard]] std::string seal_context(CredentialId id, AccountId account);

/// Verbs of one transaction; what they promise together: auth/store.hpp.
class CredentialRecords {
public:
    CredentialRecords() = default;
    CredentialRecords(const CredentialRecords&) = delete;
    CredentialRecords& operator=(const CredentialRecords&) = delete;
    CredentialRecords(CredentialRecords&&) = delete;
    CredentialRecords& operator=(CredentialRecords&&) = delete;
    virtual ~CredentialRecords() = default;

    /// Of one kind or, without it, all; the newest last.
    [[nodiscard]] virtual std::vector<Credential> of_account(AccountId account,
                                                             std::optional<CredentialKind> kind = std::nullopt) = 0;
    /// One indexed read.
    [[nodiscard]] virtual std::optional<Credential> find(CredentialId id) = 0;

    /// False when the account has one of its kind and may have only one.
    [[nodiscard]] virtual bool add(const Credential& credential) = 0;
    /// The account's own password from now on; the one it had becomes its `previous`, whatever was handed out is void,
    /// and the epoch grows. False when there is no such account.
    [[nodiscard]] virtual bool set_password(const Credential& password, Time now) = 0;
    /// The same credential in another form: applies only while it still has `expected`.
    [[nodiscard]] virtual bool replace_verifier(CredentialId id,
                                                const base::Secret& expected,
                                                const base::Secret& fresh) = 0;
    /// Uses up a credential: true for exactly one of all who try at once.
    [[nodiscard]] virtual bool consume(CredentialId id) = 0;
    /// Takes away one of this account. False when it has none of that number.
    [[nodiscard]] virtual bool revoke(AccountId account, CredentialId id) = 0;
    /// How many were taken away.
    virtual std::size_t revoke_all(AccountId account, CredentialKind kind) = 0;
    /// Remembers a use, if it is due: somebody else may have done so meanwhile.
    virtual void touch(CredentialId id, std::string_view from, Time now) = 0;
    /// Takes away what has expired, and every `previous` made before `previous_before`. How many.
    virtual std::size_t purge(Time now, Time previous_before) = 0;

    /// The next page of all credentials in the order of their numbers: for sealing anew.
    [[nodiscard]] virtual std::vector<Credential> after(CredentialId id, std::size_t limit) = 0;
};

}  // namespace postern::auth
