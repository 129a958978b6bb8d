/// Accounts as rows: the SQL that reads and writes them. For the files of this folder only.
#pragma once

#include "auth/records/account_records.hpp"
#include "auth/store/database.hpp"

namespace postern::auth::store {

class AccountRows final : public AccountRecords {
public:
    explicit AccountRows(Database& database) : database_(database) {}

    [[nodiscard]] std::optional<Account> find(const Identifier& name) override;
    [[nodiscard]] std::optional<Account> find(AccountId id) override;
    [[nodiscard]] std::optional<AccountId> find(const SecretIdentifier& identifier) override;
    [[nodiscard]] std::vector<AccountId> find_by_birth(std::string_view name_and_date, std::size_t limit) override;
    [[nodiscard]] std::optional<AccountStamp> stamp(const Identifier& name) override;
    [[nodiscard]] std::optional<AccountStamp> stamp(AccountId id) override;
    [[nodiscard]] std::vector<Account> linked_to(const Account& account) override;
    [[nodiscard]] std::vector<Account> list(const AccountFilter& filter) override;
    [[nodiscard]] BirthProof birth_of(AccountId id) override;

    [[nodiscard]] std::optional<std::string> add(const NewAccount& account, Time now) override;
    [[nodiscard]] bool set_state(AccountId id, AccountState from, AccountState to, Time now) override;
    [[nodiscard]] bool suspend(AccountId id, Time now) override;
    [[nodiscard]] bool resume(AccountId id, Time now) override;
    [[nodiscard]] bool set_dates(AccountId id, std::optional<Time> from, std::optional<Time> until) override;
    [[nodiscard]] bool set_display_name(AccountId id, std::string_view display_name) override;
    [[nodiscard]] bool set_language(AccountId id, std::string_view language) override;
    [[nodiscard]] bool set_groups(AccountId id, std::span<const std::string> groups) override;
    [[nodiscard]] bool set_birth(AccountId id, const BirthProof& birth) override;
    [[nodiscard]] bool set_sponsor(AccountId id, AccountId sponsor) override;
    [[nodiscard]] bool add_alias(AccountId id, const Identifier& alias) override;
    [[nodiscard]] bool remove_alias(AccountId id, const Identifier& alias) override;
    [[nodiscard]] bool put_secret_identifier(AccountId id, const SecretIdentifier& identifier) override;
    [[nodiscard]] bool put_affiliation(AccountId id, const Affiliation& affiliation) override;
    [[nodiscard]] bool remove_affiliation(AccountId id, Profile profile, std::string_view unit) override;
    [[nodiscard]] bool link(AccountId primary, AccountId other, std::int64_t fresh_group) override;
    [[nodiscard]] bool unlink(AccountId id) override;
    void lock(AccountId id) override;
    void raise_epoch(AccountId id) override;
    void put_delegation(const Delegation& delegation) override;
    [[nodiscard]] bool remove_delegation(AccountId administrator, std::string_view unit) override;
    [[nodiscard]] std::vector<Delegation> delegations_of(AccountId administrator, Time now) override;

private:
    [[nodiscard]] bool add_name(AccountId id, const Identifier& name, std::string_view kind);
    [[nodiscard]] bool add_secret_identifier(AccountId id, const SecretIdentifier& identifier);
    void add_affiliation(AccountId id, const Affiliation& affiliation);
    /// Raises the row version of the account and those linked to it. False when there is no such account.
    bool touch(AccountId id);
    [[nodiscard]] bool set_text(AccountId id, std::string_view column, std::string_view text);
    [[nodiscard]] std::optional<long long> link_group_of(AccountId id);

    Database& database_;
};

}  // namespace postern::auth::store
