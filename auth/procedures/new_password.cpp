#include "auth/procedures/new_password.hpp"

#include "auth/procedures/password_change.hpp"
#include "auth/random_code.hpp"

#include <algorithm>

namespace postern::auth::procedures {

namespace {

/// The password he has, or one that was handed out to him: typed anew it would be no password of his own.
bool is_known_already(const Tools& tools, const LoginRecord& record, const base::Secret& password) {
    return std::ranges::any_of(record.credentials, [&](const Credential& credential) {
        if (credential.kind == CredentialKind::app_password || credential.kind == CredentialKind::previous)
            return false;
        const auto verifier = open_verifier(tools.keyring, credential);
        return verifier && tools.hasher.verify(*verifier, password) == Verification::match;
    });
}

}  // namespace

StepResult<base::Secret> new_verifier(const Tools& tools,
                                      const LoginRecord& record,
                                      const base::Secret& password,
                                      const base::Secret& again) {
    if (password.reveal() != again.reveal()) return step_failure(StepProblem::differ);
    auto faults = tools.judge.judge(password, owner_of(record, tools.clock.now()));
    if (!faults.empty()) {
        return std::unexpected(
            StepFailure{.problem = StepProblem::policy, .what = {}, .faults = std::move(faults), .detail = {}});
    }
    if (is_known_already(tools, record, password)) return step_failure(StepProblem::same);
    auto verifier = tools.hasher.hash(password);
    if (!verifier) return step_failure(StepProblem::busy);
    return std::move(*verifier);
}

bool set_new_password(Transaction& transaction,
                      const Keyring& keyring,
                      const LoginRecord& record,
                      const base::Secret& verifier,
                      Time now) {
    const Account& account = record.account;
    const auto stamp = transaction.accounts().stamp(account.id);
    if (!stamp || stamp->epoch != account.epoch) return false;
    const CredentialId id = random_id();
    const Credential fresh{.id = id,
                           .account = account.id,
                           .kind = CredentialKind::password,
                           .verifier = close_verifier(keyring, verifier, id, account.id),
                           .created_at = now};
    if (!transaction.credentials().set_password(fresh, now)) return false;
    if (account.state == AccountState::active) return true;
    return transaction.accounts().set_state(account.id, account.state, AccountState::active, now);
}

StepResult<LoginRecord> record_for_flow(const Tools& tools, AccountId account) {
    auto record = tools.store.read([&](Transaction& transaction) { return login_record(transaction, account); });
    if (!record) return step_failure(record.error());
    if (!*record) return step_failure(StepProblem::over);
    return std::move(**record);
}

}  // namespace postern::auth::procedures
