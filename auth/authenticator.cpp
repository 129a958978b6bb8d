#include "auth/authenticator.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace postern::auth {

namespace {

base::Secret make_dummy(const PasswordHasher& hasher) {
    auto dummy = hasher.hash(base::Secret("nobody has this password"));
    if (!dummy) throw std::runtime_error("no memory for one password hash: lower auth.password_hash.memory_kib");
    return std::move(*dummy);
}

bool may_act_as(const Account& account, const std::string& act_as, std::string_view default_domain) {
    if (act_as.empty()) return true;
    return std::ranges::any_of(meanings(act_as, default_domain),
                               [&](const Identifier& name) { return is_own_name(account, name); });
}

Identity identity_of(const Account& account) {
    return {account.id, account.login.text(), account.groups};
}

}  // namespace

Authenticator::Authenticator(Store& store, const PasswordHasher& hasher)
    : store_(store), hasher_(hasher), dummy_verifier_(make_dummy(hasher)) {}

Verdict Authenticator::authenticate(const Credentials& credentials, const AttemptContext& context) const {
    // Depends on nothing but what the caller sent, so refusing it early tells him nothing.
    if (!check_password(credentials.password)) return std::unexpected(Refusal::wrong_credentials);

    const auto found = look_up(credentials.name, context.default_domain);
    if (!found) return std::unexpected(Refused(Refusal::unavailable, {}, found.error().detail));
    const std::optional<LoginRecord>& answer = *found;
    const LoginRecord* const record = answer ? &*answer : nullptr;
    const bool has_verifier = record != nullptr && !record->verifier.empty();
    const base::Secret& verifier = has_verifier ? record->verifier : dummy_verifier_;
    const Verification outcome = hasher_.verify(verifier, credentials.password);
    const auto refused = [record](Refusal why) {
        return std::unexpected(Refused(why, record == nullptr ? std::string() : record->account.login.text()));
    };
    // Before anything that depends on the account: a lack of memory must look the same for every name.
    if (outcome == Verification::impossible) return refused(Refusal::unavailable);
    if (!has_verifier || outcome == Verification::mismatch) return refused(Refusal::wrong_credentials);

    const Account& account = record->account;
    if (account.state == AccountState::disabled) return refused(Refusal::account_disabled);
    if (!may_act_as(account, credentials.act_as, context.default_domain)) return refused(Refusal::not_authorised);
    rehash_if_due(*record, credentials.password);
    return identity_of(account);
}

StoreResult<std::optional<LoginRecord>> Authenticator::look_up(std::string_view name,
                                                               std::string_view default_domain) const {
    std::optional<LoginRecord> first;
    // All of them are asked for even when the first is found: the number of questions must not tell who exists.
    for (const Identifier& meaning : meanings(name, default_domain)) {
        auto record = store_.find_for_login(meaning);
        if (!record && record.error().fault != StoreFault::not_found) return std::unexpected(record.error());
        if (record && !first) first = std::move(*record);
    }
    return first;
}

void Authenticator::rehash_if_due(const LoginRecord& record, const base::Secret& password) const {
    if (!hasher_.needs_rehash(record.verifier)) return;
    const auto fresh = hasher_.hash(password);
    if (!fresh) return;
    // Lost when the store cannot write or the password was changed meanwhile; neither is this login's fault.
    std::ignore = store_.replace_verifier(record.account.id, record.verifier, *fresh);
}

}  // namespace postern::auth
