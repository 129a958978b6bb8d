/// A store in memory and a hasher that costs nothing, both counting what they are asked.
#pragma once

#include "auth/password.hpp"
#include "auth/store.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace postern::auth::testing_fakes {

/// Verifiers are "plain<cost>:<password>"; good for counting, not for keeping secrets.
class CountingHasher final : public PasswordHasher {
public:
    explicit CountingHasher(std::string cost = "1") : prefix_("plain" + std::move(cost) + ":") {}

    [[nodiscard]] std::expected<base::Secret, HashFault> hash(const base::Secret& password) const override {
        ++hashed;
        if (is_out_of_memory) return std::unexpected(HashFault::out_of_memory);
        return base::Secret(prefix_ + std::string(password.reveal()));
    }
    [[nodiscard]] Verification verify(const base::Secret& stored, const base::Secret& password) const override {
        ++verified;
        if (is_out_of_memory || !accepts(stored)) return Verification::impossible;
        const auto text = stored.reveal();
        return text.substr(text.find(':') + 1) == password.reveal() ? Verification::match : Verification::mismatch;
    }
    [[nodiscard]] bool accepts(const base::Secret& stored) const override {
        return stored.reveal().starts_with("plain");
    }
    [[nodiscard]] bool needs_rehash(const base::Secret& stored) const override {
        return !stored.reveal().starts_with(prefix_);
    }
    [[nodiscard]] std::size_t memory_kib() const override { return 8192; }

    mutable std::atomic<int> hashed = 0;
    mutable std::atomic<int> verified = 0;
    std::atomic<bool> is_out_of_memory = false;

private:
    std::string prefix_;
};

class MemoryStore final : public Store {
public:
    [[nodiscard]] StoreResult<LoginRecord> find_for_login(const Identifier& name) override {
        const std::lock_guard lock(mutex_);
        ++questions;
        if (is_broken) return std::unexpected(broken());
        for (const LoginRecord& record : records_) {
            if (is_own_name(record.account, name)) return LoginRecord{record.account, record.verifier.clone()};
        }
        return std::unexpected(StoreError{StoreFault::not_found, name.text()});
    }
    [[nodiscard]] StoreResult<Account> find(const Identifier& name) override {
        auto record = find_for_login(name);
        if (!record) return std::unexpected(record.error());
        return std::move(record->account);
    }
    [[nodiscard]] StoreResult<std::vector<Account>> list(const AccountFilter&) override {
        return std::unexpected(broken());
    }
    [[nodiscard]] StoreResult<std::vector<Identifier>> taken(std::span<const Identifier>) override {
        return std::unexpected(broken());
    }
    [[nodiscard]] StoreResult<void> add(std::span<const NewAccount> accounts) override {
        const std::lock_guard lock(mutex_);
        for (const NewAccount& account : accounts) {
            records_.push_back({Account{.id = static_cast<AccountId>(records_.size()) + 1,
                                        .login = account.login,
                                        .aliases = account.aliases,
                                        .display_name = account.display_name,
                                        .groups = account.groups,
                                        .state = account.state,
                                        .has_password = !account.verifier.empty(),
                                        .created_at = {},
                                        .changed_at = {}},
                                account.verifier.clone()});
        }
        return {};
    }
    [[nodiscard]] StoreResult<void> set_password(AccountId, const base::Secret&) override {
        return std::unexpected(broken());
    }
    [[nodiscard]] StoreResult<void> replace_verifier(AccountId id,
                                                     const base::Secret& expected,
                                                     const base::Secret& fresh) override {
        const std::lock_guard lock(mutex_);
        ++replacements;
        if (is_read_only) return std::unexpected(broken());
        LoginRecord& record = records_.at(static_cast<std::size_t>(id - 1));
        if (record.verifier.reveal() != expected.reveal()) {
            return std::unexpected(StoreError{StoreFault::changed_meanwhile, ""});
        }
        record.verifier = fresh.clone();
        return {};
    }
    [[nodiscard]] StoreResult<void> set_state(AccountId, AccountState) override { return std::unexpected(broken()); }

    std::string verifier_of(std::size_t index) {
        const std::lock_guard lock(mutex_);
        return std::string(records_.at(index).verifier.reveal());
    }

    int questions = 0;
    int replacements = 0;
    bool is_broken = false;
    bool is_read_only = false;

private:
    static StoreError broken() { return {StoreFault::unavailable, "the store is broken"}; }

    std::mutex mutex_;
    std::vector<LoginRecord> records_;
};

}  // namespace postern::auth::testing_fakes
