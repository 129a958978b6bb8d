/// The addresses by which an owner recovers his account: two for mail, two for text messages.
#pragma once

#include "auth/journal.hpp"
#include "auth/procedures/correspondence.hpp"
#include "auth/procedures/flow_desk.hpp"
#include "auth/procedures/guessing.hpp"
#include "auth/procedures/step.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth::procedures {

/// Before a new address may be used for recovery: time for its owner to see what a thief did.
inline constexpr std::chrono::hours contact_delay{48};
/// How long the way back is open.
inline constexpr std::chrono::days undo_time{14};

struct ContactView {
    ContactKind kind = ContactKind::mail;
    int rank = 1;
    std::string address;
    Time usable_from;
};

/// A place for an address: two of each kind.
struct ContactPlace {
    ContactKind kind = ContactKind::mail;
    int rank = 1;
};

/// `account` has proven who he is, just now. Whatever changes is told at once to every address there was, with a way
/// back. Thread rule: any number of threads at once. What it is made of must outlive it.
class RecoveryContacts {
public:
    explicit RecoveryContacts(const Tools& tools);

    [[nodiscard]] StepResult<std::vector<ContactView>> list(AccountId account) const;
    /// A link (mail) or a code (text message) goes there; nothing has changed until it comes back. The handle is for
    /// `confirm_code`. `malformed` ("address", "rank"), `refused` ("own_address"), `throttled`.
    [[nodiscard]] StepResult<base::Secret> propose(AccountId account,
                                                   const ContactPlace& place,
                                                   std::string_view address,
                                                   const AttemptContext& context) const;
    /// `over`.
    [[nodiscard]] StepResult<void> confirm_link(const base::Secret& link, const AttemptContext& context) const;
    /// Five tries. `over`, `invalid`.
    [[nodiscard]] StepResult<void> confirm_code(const base::Secret& handle,
                                                const base::Secret& code,
                                                const AttemptContext& context) const;
    /// `over`: there is none.
    [[nodiscard]] StepResult<void> remove(AccountId account,
                                          const ContactPlace& place,
                                          const AttemptContext& context) const;
    /// It was not he: the address is again what it was, usable at once, and what is remembered of his password is void
    /// everywhere. `over`.
    [[nodiscard]] StepResult<void> undo(const base::Secret& link, const AttemptContext& context) const;

private:
    [[nodiscard]] bool take(Transaction& transaction, const OpenFlow& open, const AttemptContext& context) const;
    void put(Transaction& transaction,
             AccountId account,
             const ContactPlace& place,
             const std::string& address,
             Time usable_from) const;
    void tell(Transaction& transaction,
              const Account& account,
              const ContactPlace& place,
              const AttemptContext& context) const;

    Tools tools_;
    FlowDesk desk_;
    Guessing guessing_;
    Correspondence correspondence_;
    Journal journal_;
};

}  // namespace postern::auth::procedures
