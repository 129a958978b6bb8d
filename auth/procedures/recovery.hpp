/// A lost password, a lost identifier.
#pragma once

#include "auth/journal.hpp"
#include "auth/login_record.hpp"
#include "auth/procedures/correspondence.hpp"
#include "auth/procedures/flow_desk.hpp"
#include "auth/procedures/guessing.hpp"
#include "auth/procedures/step.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth::procedures {

enum class RecoveryMeans {
    link,  ///< a mail; or, where the settings say so, a temporary password in one
    code,  ///< a text message
};

struct RecoveryQuestion {
    std::string name;        ///< any of the account's
    std::string birth_date;  ///< empty: not asked for
    RecoveryMeans means = RecoveryMeans::link;
};

/// Who forgot his identifier says one of the two.
struct IdentifierQuestion {
    std::string student_number;
    std::string family_name, given_name, birth_date;
};

/// How NUMEN and birth date end.
struct NumenRecovery {
    bool is_mailed = false;              ///< a link is on its way to the recovery address
    std::optional<base::Secret> handle;  ///< no address is known, and the house lets him choose a password right here
};

/// Nothing is changed by asking: the password goes on until a new one is chosen. Whoever asks learns nothing of who has
/// an account; what leaves goes only to addresses that were proven and are old enough. Pupils recover nothing by
/// themselves: their school's administrator does.
///
/// A link that is asked for again within a day is the same one, prolonged: so a stranger who keeps asking cannot keep
/// the owner from recovering, although an address gets five mails a day at most
/// (docs/decisions/0011-recovery-links.md). Thread rule: any number of threads at once; everything that begins or ends
/// with a password hashes, so it belongs on a pool. What it is made of must outlive it.
class Recovery {
public:
    explicit Recovery(const Tools& tools);

    /// The handle for the page where the code is typed, whether anything was sent or not. `malformed` ("name",
    /// "birth_date"), `throttled`.
    [[nodiscard]] StepResult<base::Secret> ask(const RecoveryQuestion& question, const AttemptContext& context) const;
    /// `malformed` ("numen", "birth_date"), `invalid`, `throttled`, `refused` ("no_address": see the helpdesk).
    [[nodiscard]] StepResult<NumenRecovery> ask(const std::string& numen,
                                                const std::string& birth,
                                                const AttemptContext& context) const;
    /// The identifier goes to the recovery address, never to a screen; nothing tells whether it did. `malformed`
    /// ("student_number", "birth_date"), `throttled`.
    [[nodiscard]] StepResult<void> remind(const IdentifierQuestion& question, const AttemptContext& context) const;

    /// Whether the link would be taken. `over`.
    [[nodiscard]] StepResult<void> look(const base::Secret& link) const;
    /// Five tries. `invalid`: wrong, or used up. From then on `choose_password(handle)`.
    [[nodiscard]] StepResult<void> enter_code(const base::Secret& handle,
                                              const base::Secret& code,
                                              const AttemptContext& context) const;

    /// What proves that he may.
    struct Proof {
        FlowKind kind = FlowKind::recovery;  ///< recovery: a link; code, screen: a handle
        const base::Secret& secret;
    };
    /// `over`, `differ`, `same`, `policy`. App passwords go on; what is remembered of the old password is void
    /// everywhere.
    [[nodiscard]] StepResult<void> choose_password(const Proof& proof,
                                                   const base::Secret& password,
                                                   const base::Secret& again,
                                                   const AttemptContext& context) const;

private:
    [[nodiscard]] std::optional<Account> meant(Transaction& transaction,
                                               const std::vector<Identifier>& names,
                                               std::optional<std::chrono::year_month_day> birth) const;
    void send_link(Transaction& transaction, const Account& account, const AttemptContext& context) const;
    void send_temporary(Transaction& transaction,
                        const Account& account,
                        const base::Secret& slip,
                        const base::Secret& verifier,
                        const AttemptContext& context) const;
    [[nodiscard]] base::Secret begin_code(Transaction& transaction,
                                          const std::optional<Account>& account,
                                          const AttemptContext& context) const;
    [[nodiscard]] std::vector<AccountId> asked_about(Transaction& transaction,
                                                     const IdentifierQuestion& question,
                                                     const std::optional<std::string>& number,
                                                     std::optional<std::chrono::year_month_day> birth) const;
    [[nodiscard]] std::optional<OpenFlow> proven(Transaction& transaction, const Proof& proof, bool uses) const;
    [[nodiscard]] Time end_of_link() const;
    void journal(Transaction& transaction,
                 std::string_view action,
                 JournalOutcome outcome,
                 std::optional<AccountId> subject,
                 const AttemptContext& context) const;

    Tools tools_;
    FlowDesk desk_;
    Guessing guessing_;
    Correspondence correspondence_;
    Journal journal_;
};

}  // namespace postern::auth::procedures
