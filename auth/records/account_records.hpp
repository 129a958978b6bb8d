/// Accounts: what they are called, what they belong to, what state they are in.
#pragma once

#include "auth/account.hpp"
#include "auth/identifier.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

/// Names that are confidential: the store knows only their keyed MACs (Keyring, MacUse::name), never the text.
enum class SecretIdentifierKind { numen, student_number, staff_number };

[[nodiscard]] std::string_view name_of(SecretIdentifierKind kind);
[[nodiscard]] std::optional<SecretIdentifierKind> secret_identifier_kind(std::string_view name);

struct SecretIdentifier {
    SecretIdentifierKind kind = SecretIdentifierKind::numen;
    std::string mac;  ///< 43 characters of base64url
};

/// Keyed MACs (MacUse::birth) that prove a date of birth without storing it. Empty: not known.
struct BirthProof {
    std::string date;           ///< of the account's number and the date
    std::string name_and_date;  ///< of family name, given name and date: finds accounts, may be shared by namesakes

    friend bool operator==(const BirthProof&, const BirthProof&) = default;
};

/// An account to be, without credentials.
struct NewAccount {
    AccountId id = 0;  ///< fresh and positive: random_id()
    Identifier login;
    std::vector<Identifier> aliases;  ///< without `mail`
    std::optional<Identifier> mail;   ///< when it differs from `login`
    std::string display_name;
    std::string language = "fr";
    std::vector<std::string> groups;
    std::vector<Affiliation> affiliations;
    std::vector<SecretIdentifier> secret_identifiers;
    BirthProof birth;
    AccountState state = AccountState::imported;
    std::optional<Time> valid_from, valid_until;
    bool is_visitor = false;
    std::optional<AccountId> sponsor;
};

/// What every login reads first: enough to know whether something cached about the account still holds.
struct AccountStamp {
    AccountId id = 0;
    std::int64_t epoch = 0;
    std::int64_t row_version = 0;
};

/// One page of accounts in the order of their logins. What is empty asks nothing.
struct AccountFilter {
    std::string group;  ///< given by hand, or the name of a profile
    std::string unit;   ///< of an affiliation, whatever its dates
    std::optional<AccountState> state;
    std::string text;         ///< part of the login, an alias or the display name; letters A to Z in either case
    std::string after_login;  ///< only logins behind this one: the last of the page before
    std::size_t limit = 1000;
};

/// What one account may do to others of a unit, and until when. "*" is every unit.
struct Delegation {
    AccountId administrator = 0;
    std::string unit;
    bool may_reset = false;           ///< give temporary passwords, unlock
    bool may_manage = false;          ///< change states, affiliations and dates; create visitors
    bool may_hand_over_keys = false;  ///< OTP keys
    AccountId granted_by = 0;         ///< never the administrator himself; 0: the command line
    Time valid_until;
};

/// Verbs of one transaction; what they promise together: auth/store.hpp. Every change of an account raises its
/// `row_version`, and that of all accounts linked to it.
class AccountRecords {
public:
    AccountRecords() = default;
    AccountRecords(const AccountRecords&) = delete;
    AccountRecords& operator=(const AccountRecords&) = delete;
    AccountRecords(AccountRecords&&) = delete;
    AccountRecords& operator=(AccountRecords&&) = delete;
    virtual ~AccountRecords() = default;

    [[nodiscard]] virtual std::optional<Account> find(const Identifier& name) = 0;
    [[nodiscard]] virtual std::optional<Account> find(AccountId id) = 0;
    [[nodiscard]] virtual std::optional<AccountId> find(const SecretIdentifier& identifier) = 0;
    /// Those whose name and date of birth prove to be these; at most `limit`.
    [[nodiscard]] virtual std::vector<AccountId> find_by_birth(std::string_view name_and_date, std::size_t limit) = 0;
    /// One indexed read.
    [[nodiscard]] virtual std::optional<AccountStamp> stamp(const Identifier& name) = 0;
    [[nodiscard]] virtual std::optional<AccountStamp> stamp(AccountId id) = 0;
    /// The other accounts of the account's link group.
    [[nodiscard]] virtual std::vector<Account> linked_to(const Account& account) = 0;
    [[nodiscard]] virtual std::vector<Account> list(const AccountFilter& filter) = 0;
    [[nodiscard]] virtual BirthProof birth_of(AccountId id) = 0;

    /// nullopt when it was added; otherwise what of it is taken (a name, or the kind of a secret identifier), and the
    /// transaction must be abandoned.
    [[nodiscard]] virtual std::optional<std::string> add(const NewAccount& account, Time now) = 0;
    /// False when the account is not in `from` any more, or not there. `may_become(from, to)` must hold.
    [[nodiscard]] virtual bool set_state(AccountId id, AccountState from, AccountState to, Time now) = 0;
    /// False when it is suspended already, closed or not there.
    [[nodiscard]] virtual bool suspend(AccountId id, Time now) = 0;
    /// Back to the state before `suspend`. False when it is not suspended.
    [[nodiscard]] virtual bool resume(AccountId id, Time now) = 0;
    /// False when there is no such account; so below.
    [[nodiscard]] virtual bool set_dates(AccountId id, std::optional<Time> from, std::optional<Time> until) = 0;
    [[nodiscard]] virtual bool set_display_name(AccountId id, std::string_view display_name) = 0;
    [[nodiscard]] virtual bool set_language(AccountId id, std::string_view language) = 0;
    [[nodiscard]] virtual bool set_groups(AccountId id, std::span<const std::string> groups) = 0;
    [[nodiscard]] virtual bool set_birth(AccountId id, const BirthProof& birth) = 0;
    [[nodiscard]] virtual bool set_sponsor(AccountId id, AccountId sponsor) = 0;
    /// False when the name is taken.
    [[nodiscard]] virtual bool add_alias(AccountId id, const Identifier& alias) = 0;
    /// False when the account has no such alias. The login and the mail address stay.
    [[nodiscard]] virtual bool remove_alias(AccountId id, const Identifier& alias) = 0;
    /// False when another account has it. Replaces the account's own of that kind.
    [[nodiscard]] virtual bool put_secret_identifier(AccountId id, const SecretIdentifier& identifier) = 0;
    /// Adds it, or changes the dates of the one with the same profile and unit.
    [[nodiscard]] virtual bool put_affiliation(AccountId id, const Affiliation& affiliation) = 0;
    /// False when there is none.
    [[nodiscard]] virtual bool remove_affiliation(AccountId id, Profile profile, std::string_view unit) = 0;

    /// Puts `other` into the group of `primary`, which becomes the head of a new one, numbered `fresh_group`
    /// (random_id()), if it is in none. False when `other` is in a group already, or is `primary`.
    [[nodiscard]] virtual bool link(AccountId primary, AccountId other, std::int64_t fresh_group) = 0;
    /// Takes the account out of its group; a group of one is dissolved. False when it is in none.
    [[nodiscard]] virtual bool unlink(AccountId id) = 0;

    /// From now to the end of the transaction nobody else changes the account.
    virtual void lock(AccountId id) = 0;
    /// Everything known of old credentials is void everywhere from now on: caches, sessions, remembered mistakes.
    virtual void raise_epoch(AccountId id) = 0;

    virtual void put_delegation(const Delegation& delegation) = 0;
    [[nodiscard]] virtual bool remove_delegation(AccountId administrator, std::string_view unit) = 0;
    /// Those that hold at `now`.
    [[nodiscard]] virtual std::vector<Delegation> delegations_of(AccountId administrator, Time now) = 0;
};

}  // namespace postern::auth
