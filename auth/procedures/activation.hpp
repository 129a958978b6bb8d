/// From what an administration handed out to an account in use: the eight steps of a university, the three of an
/// académie. Every step survives a restart and a change of process; the handle is all the browser holds.
#pragma once

#include "auth/journal.hpp"
#include "auth/procedures/correspondence.hpp"
#include "auth/procedures/flow_desk.hpp"
#include "auth/procedures/guessing.hpp"
#include "auth/procedures/step.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace postern::auth::procedures {

/// What waits to be done.
enum class ActivationStep {
    recovery_mail,  ///< give_mail
    mailed_link,    ///< open_link; give_mail again for another address
    charter,        ///< accept_charter
    redirect,       ///< choose_redirect
    password,       ///< choose_password
};

[[nodiscard]] std::string_view name_of(ActivationStep step);

struct ActivationView {
    ActivationStep step = ActivationStep::recovery_mail;
    std::string login;
    Time deadline;          ///< the last second of it
    bool is_short = false;  ///< less than a quarter of an hour is left: worth a warning before anything is mailed
    std::optional<Charter> charter;  ///< at that step
};

/// What the last page tells.
struct ActivationSummary {
    std::string login;
    std::string mailbox;          ///< the mail address; empty: none
    std::string redirect;         ///< where mail goes besides or instead; empty: nowhere
    bool redirect_waits = false;  ///< for its address to be confirmed by the link that was mailed there
};

/// A beginning by numbers of the administration: knowledge that others may have, so it opens only accounts that were
/// never in use.
struct NumenProof {
    std::string numen;
    std::string birth_date;
};

/// The whole of it must be done on the day it was begun, until 23:59:59 where the people are. Begun again, the earlier
/// one is over, and nothing of it is kept. Thread rule: any number of threads at once; `begin` and `choose_password`
/// hash, so they belong on a pool. What it is made of must outlive it.
class Activation {
public:
    explicit Activation(const Tools& tools);

    /// The identifier and the password that was handed out. `invalid`, `throttled` as at a login.
    [[nodiscard]] StepResult<base::Secret> begin(const Credentials& credentials, const AttemptContext& context) const;
    /// `malformed` ("numen", "birth_date"), `invalid`, `throttled`.
    [[nodiscard]] StepResult<base::Secret> begin(const NumenProof& proof, const AttemptContext& context) const;

    [[nodiscard]] StepResult<ActivationView> look(const base::Secret& handle) const;

    /// A link goes to the recovery address. `malformed` ("address"), `refused` ("own_address": an address of the
    /// account itself recovers nothing), `throttled` (that address has had its share of mail).
    [[nodiscard]] StepResult<void> give_mail(const base::Secret& handle,
                                             std::string_view address,
                                             const AttemptContext& context) const;
    /// In the browser it was begun with.
    [[nodiscard]] StepResult<void> open_link(const base::Secret& link,
                                             const base::Secret& handle,
                                             const AttemptContext& context) const;
    /// In another one, where identifier and password are typed again; the handle goes on there, the first browser's is
    /// over.
    [[nodiscard]] StepResult<base::Secret> open_link(const base::Secret& link,
                                                     const Credentials& credentials,
                                                     const AttemptContext& context) const;
    /// `refused` ("version"): a newer one is valid by now.
    [[nodiscard]] StepResult<void> accept_charter(const base::Secret& handle,
                                                  int version,
                                                  const AttemptContext& context) const;
    /// nullopt: mail stays here. `malformed` ("address"), `refused` ("own_address").
    [[nodiscard]] StepResult<void> choose_redirect(const base::Secret& handle,
                                                   const std::optional<std::string>& address,
                                                   bool keep_copy) const;
    /// The account is active.
    [[nodiscard]] StepResult<ActivationSummary> choose_password(const base::Secret& handle,
                                                                const base::Secret& password,
                                                                const base::Secret& again,
                                                                const AttemptContext& context) const;

private:
    [[nodiscard]] StepResult<base::Secret> begin_proven(AccountId account,
                                                        ActivationStep step,
                                                        const FlowFields& fields,
                                                        const AttemptContext& context) const;
    [[nodiscard]] StepResult<AccountId> proven_by(const Credentials& credentials, const AttemptContext& context) const;
    [[nodiscard]] std::optional<AccountId> proven_by(Transaction& transaction,
                                                     std::string_view numen,
                                                     std::chrono::year_month_day birth) const;
    [[nodiscard]] std::optional<OpenFlow> at(Transaction& transaction,
                                             const base::Secret& handle,
                                             ActivationStep step) const;
    [[nodiscard]] ActivationStep after_proof(Transaction& transaction, const Account& account) const;
    [[nodiscard]] bool take_mail(Transaction& transaction, const OpenFlow& open, AccountId account) const;
    void set_redirect(Transaction& transaction,
                      const Account& account,
                      const OpenFlow& open,
                      const Dispatch& dispatch) const;
    void journal(Transaction& transaction,
                 AccountId account,
                 std::string_view action,
                 std::string_view detail,
                 const AttemptContext& context) const;

    Tools tools_;
    FlowDesk desk_;
    Guessing guessing_;
    Correspondence correspondence_;
    Journal journal_;
};

}  // namespace postern::auth::procedures
