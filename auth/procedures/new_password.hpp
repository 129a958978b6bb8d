/// A password that somebody chooses, from typed twice to stored.
#pragma once

#include "auth/login_record.hpp"
#include "auth/procedures/step.hpp"

namespace postern::auth::procedures {

/// Judges what was typed and hashes it, outside of any transaction. What was handed out, and the password he has, are
/// not taken again.
[[nodiscard]] StepResult<base::Secret> new_verifier(const Tools& tools,
                                                    const LoginRecord& record,
                                                    const base::Secret& password,
                                                    const base::Secret& again);

/// Makes it the account's own; the account becomes active when it was on the way to that. False: the account changed
/// meanwhile, and the transaction must be abandoned.
[[nodiscard]] bool set_new_password(Transaction& transaction,
                                    const Keyring& keyring,
                                    const LoginRecord& record,
                                    const base::Secret& verifier,
                                    Time now);

/// What is known of the account that a procedure is about. `over`: it is gone.
[[nodiscard]] StepResult<LoginRecord> record_for_flow(const Tools& tools, AccountId account);

}  // namespace postern::auth::procedures
