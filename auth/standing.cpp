#include "auth/standing.hpp"

#include "auth/login_record.hpp"

#include <algorithm>
#include <chrono>

namespace postern::auth {
namespace {

constexpr std::size_t rows_at_once = 500;

const Credential* app_password_of(const LoginRecord& record, std::int64_t id, Time now) {
    const auto found = std::ranges::find_if(record.credentials, [&](const Credential& credential) {
        return credential.id == id && credential.kind == CredentialKind::app_password &&
               (!credential.expires_at || now < *credential.expires_at);
    });
    return found != record.credentials.end() ? &*found : nullptr;
}

std::optional<Time> earlier(std::optional<Time> one, std::optional<Time> other) {
    if (!one || !other) return one ? one : other;
    return std::min(*one, *other);
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

SecondLook look_again(Transaction& transaction,
                      AccountId account,
                      const Standing& standing,
                      const config::AuthSettings& settings,
                      Time now) {
    const auto record = login_record(transaction, account);
    if (!record) return {.objection = Refusal::wrong_credentials, .changes_at = {}};
    SecondLook found{.objection = refusal_of(state_at(record->account, now)),
                     .changes_at = identity_of(*record, now).standing.changes_at};
    if (found.objection) return found;
    if (standing.app_password) {
        const Credential* const credential = app_password_of(*record, *standing.app_password, now);
        if (credential == nullptr) return {.objection = Refusal::wrong_credentials, .changes_at = {}};
        found.changes_at = earlier(found.changes_at, credential->expires_at);
    } else if (record->account.epoch != standing.epoch) {
        found.objection = Refusal::wrong_credentials;
    } else if (!standing.needs_no_password && (record->has_active_otp || settings.app_passwords_required)) {
        found.objection = Refusal::app_password_required;
    }
    return found;
}

StoreResult<void> DecisionWatch::begin() {
    const auto head = store_.read([](Transaction& transaction) { return transaction.journal().head().last_seq; });
    if (!head) return std::unexpected(head.error());
    last_ = *head;
    return {};
}

StoreResult<std::map<AccountId, std::uint64_t>> DecisionWatch::look() {
    ++number_;
    for (bool is_more = true; is_more;) {
        const auto rows =
            store_.read([&](Transaction& transaction) { return transaction.journal().after(last_, rows_at_once); });
        if (!rows) return std::unexpected(rows.error());
        for (const JournalRow& row : *rows) {
            last_ = row.seq;
            if (row.subject_id && row.action != "login")
                decided_[*row.subject_id] = {.seen = clock_.now(), .look = number_};
        }
        is_more = rows->size() == rows_at_once;
    }
    std::map<AccountId, std::uint64_t> in_doubt;
    for (const auto& [account, decision] : decided_) in_doubt.emplace(account, decision.look);
    return in_doubt;
}

void DecisionWatch::finish(std::chrono::seconds memory) {
    const Time now = clock_.now();
    std::erase_if(decided_, [&](const auto& entry) { return entry.second.seen + memory < now; });
}

}  // namespace postern::auth
