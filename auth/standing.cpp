#include "auth/standing.hpp"

#include "auth/login_record.hpp"

#include <algorithm>
#include <chrono>

namespace postern::auth {
namespace {

// Longer than anything between a verdict and the relay may take.
constexpr std::chrono::minutes worth_another_look{3};
constexpr std::size_t rows_at_once = 500;

bool has_app_password(const LoginRecord& record, std::int64_t id, Time now) {
    return std::ranges::any_of(record.credentials, [&](const Credential& credential) {
        return credential.id == id && credential.kind == CredentialKind::app_password &&
               (!credential.expires_at || now < *credential.expires_at);
    });
}

}  // namespace

std::optional<Refusal> refusal_of(AccountState state) {
    switch (state) {
        case AccountState::active:
            return std::nullopt;
        case AccountState::must_change:
            return Refusal::must_change;
        case AccountState::suspended:
        case AccountState::closed:
            return Refusal::account_suspended;
        case AccountState::expired:
            return Refusal::account_expired;
        case AccountState::imported:
        case AccountState::provisional:
        case AccountState::pending_mail:
        case AccountState::charter:
            break;
    }
    return Refusal::not_activated;
}

std::optional<Refusal> objection_to_staying(Transaction& transaction,
                                            AccountId account,
                                            const Standing& standing,
                                            const config::AuthSettings& settings,
                                            Time now) {
    const auto record = login_record(transaction, account);
    if (!record) return Refusal::wrong_credentials;
    if (const auto why = refusal_of(state_at(record->account, now))) return why;
    if (standing.app_password) {
        if (!has_app_password(*record, *standing.app_password, now)) return Refusal::wrong_credentials;
        return std::nullopt;
    }
    if (record->account.epoch != standing.epoch) return Refusal::wrong_credentials;
    if (record->has_active_otp || settings.app_passwords_required) return Refusal::app_password_required;
    return std::nullopt;
}

StoreResult<std::vector<AccountId>> DecisionWatch::accounts() {
    const Time now = clock_.now();
    std::erase_if(decided_, [&](const auto& entry) { return entry.second + worth_another_look < now; });
    for (bool is_more = true; is_more;) {
        const auto rows = store_.read([&](Transaction& transaction) {
            std::vector<JournalRow> found;
            if (!last_) {
                last_ = transaction.journal().head().last_seq;
            } else {
                found = transaction.journal().after(*last_, rows_at_once);
            }
            return found;
        });
        if (!rows) return std::unexpected(rows.error());
        for (const JournalRow& row : *rows) {
            last_ = row.seq;
            if (row.subject_id && row.action != "login") decided_[*row.subject_id] = now;
        }
        is_more = rows->size() == rows_at_once;
    }
    std::vector<AccountId> accounts;
    for (const auto& [account, at] : decided_) accounts.push_back(account);
    return accounts;
}

}  // namespace postern::auth
