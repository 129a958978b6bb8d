/// Credentials as rows. For the files of this folder only.
#pragma once

#include "auth/records/credential_records.hpp"
#include "auth/store/database.hpp"

namespace postern::auth::store {

class CredentialRows final : public CredentialRecords {
public:
    explicit CredentialRows(Database& database) : database_(database) {}

    [[nodiscard]] std::vector<Credential> of_account(AccountId account, std::optional<CredentialKind> kind) override;
    [[nodiscard]] std::optional<Credential> find(CredentialId id) override;
    [[nodiscard]] bool add(const Credential& credential) override;
    [[nodiscard]] bool set_password(const Credential& password, Time now) override;
    [[nodiscard]] bool replace_verifier(CredentialId id,
                                        const base::Secret& expected,
                                        const base::Secret& fresh) override;
    [[nodiscard]] bool consume(CredentialId id) override;
    [[nodiscard]] bool revoke(AccountId account, CredentialId id) override;
    std::size_t revoke_all(AccountId account, CredentialKind kind) override;
    void touch(CredentialId id, std::string_view from, Time now) override;
    std::size_t purge(Time now, Time previous_before) override;
    [[nodiscard]] std::vector<Credential> after(CredentialId id, std::size_t limit) override;

private:
    template <class... Bound>
    std::vector<Credential> select(const std::string& where, Bound&&... bound);

    Database& database_;
};

}  // namespace postern::auth::store
