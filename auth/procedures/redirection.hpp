/// Where an account's mail goes besides or instead of its mailbox.
#pragma once

#include "auth/journal.hpp"
#include "auth/procedures/correspondence.hpp"
#include "auth/procedures/flow_desk.hpp"
#include "auth/procedures/guessing.hpp"
#include "auth/procedures/step.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace postern::auth::procedures {

struct RedirectWish {
    const Account& account;
    std::string target;  ///< as mail_address gives it
    bool keep_copy = true;
    bool is_proven = false;  ///< the address is known to be the owner's
    Dispatch dispatch;
};

/// One that is proven is in force at once; any other waits for the link that is mailed there, if that address has not
/// had its share of mail.
void put_redirect(const Tools& tools,
                  const FlowDesk& desk,
                  const Correspondence& correspondence,
                  Transaction& transaction,
                  const RedirectWish& wish);

/// Whether the address is one of the account's own: mail would go in circles, and recovery would need what is lost.
[[nodiscard]] bool is_own_address(const Account& account, std::string_view address);

struct RedirectView {
    std::string target;
    bool keep_copy = true;
    RedirectState state = RedirectState::pending;
};

/// `account` has proven who he is, just now. Thread rule: any number of threads at once. What it is made of must
/// outlive it.
class Redirection {
public:
    explicit Redirection(const Tools& tools);

    /// nullopt: none.
    [[nodiscard]] StepResult<std::optional<RedirectView>> look(AccountId account) const;
    /// In force at once when the address is one of his recovery addresses. `malformed` ("address"), `refused`
    /// ("own_address"), `throttled`.
    [[nodiscard]] StepResult<RedirectState> set(AccountId account,
                                                std::string_view address,
                                                bool keep_copy,
                                                const AttemptContext& context) const;
    /// Whoever holds the link holds the address. `over`.
    [[nodiscard]] StepResult<void> confirm(const base::Secret& link, const AttemptContext& context) const;
    /// False: it is so already, or there is none.
    [[nodiscard]] StepResult<bool> pause(AccountId account, bool is_paused, const AttemptContext& context) const;
    [[nodiscard]] StepResult<bool> remove(AccountId account, const AttemptContext& context) const;

private:
    void tell(Transaction& transaction,
              const Account& account,
              std::string_view state,
              const AttemptContext& context) const;

    Tools tools_;
    FlowDesk desk_;
    Guessing guessing_;
    Correspondence correspondence_;
    Journal journal_;
};

}  // namespace postern::auth::procedures
