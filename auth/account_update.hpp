/// Bringing accounts up to date with a source of people: the pupils' register, the human resources, another directory.
#pragma once

#include "auth/keyring.hpp"
#include "auth/store.hpp"

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

/// What a source says about an account that is there. Empty members of `said` say nothing, and so do dates, sponsor and
/// `mail`; of the states only `suspended` says something, for nobody becomes active because a list says so.
struct AccountUpdate {
    NewAccount said;                                          ///< `id` and `login`: the account's
    std::optional<std::string> recovery_mail = std::nullopt;  ///< taken when the account has no recovery address at all
};

/// How far a source may take away. By default it only adds to lists.
struct UpdateRules {
    bool replaces_groups = false;
    bool replaces_aliases = false;
    /// Affiliations of these that it does not name end: those of the other profiles are another source's.
    std::vector<Profile> replaced_profiles;
};

/// One line of a comparison. `before` is empty for what is new, `after` for what is taken away; both are for what
/// another value replaces. Of what is confidential `after` is "(hidden)".
struct FieldChange {
    std::string_view field;  ///< "display_name", "alias", "numen" ...
    std::string before;
    std::string after;

    friend bool operator==(const FieldChange&, const FieldChange&) = default;
};

/// What has to be done so that an account is as its source says.
struct AccountDifference {
    AccountId account = 0;
    std::optional<std::string> display_name;
    std::optional<std::string> language;
    std::optional<std::vector<std::string>> groups;  ///< all of them
    std::vector<Identifier> new_aliases;
    std::vector<Identifier> lost_aliases;
    std::vector<Affiliation> affiliations;       ///< new ones, and those that get an end
    std::vector<Affiliation> lost_affiliations;  ///< that had not begun yet
    std::vector<SecretIdentifier> numbers;
    std::optional<BirthProof> birth;
    std::optional<std::string> recovery_mail;
    bool suspends = false;
    std::vector<FieldChange> changes;  ///< all of it in words; empty: nothing has to be done

    [[nodiscard]] bool empty() const noexcept { return changes.empty(); }
};

/// Compares and changes nothing. The error is the end of a sentence about the row: why the account cannot become what
/// the source says.
[[nodiscard]] std::expected<AccountDifference, std::string> compare(Transaction& transaction,
                                                                    const AccountUpdate& update,
                                                                    const UpdateRules& rules,
                                                                    Time now);

/// Does it. The error: somebody took a name or a number meanwhile; the transaction must be abandoned.
[[nodiscard]] std::expected<void, std::string> apply(Transaction& transaction,
                                                     const Keyring& keyring,
                                                     const AccountDifference& difference,
                                                     Time now);

/// For the journal: which fields, and the names, groups and affiliations, but nothing that describes the person.
[[nodiscard]] std::string journal_text(const AccountDifference& difference);

/// The first recovery address of an account, as its source vouches for it: usable at once.
[[nodiscard]] Contact vouched_contact(const Keyring& keyring, AccountId account, std::string_view address, Time now);

}  // namespace postern::auth
