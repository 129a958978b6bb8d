/// What this process has just verified, so that it need not hash again.
#pragma once

#include "auth/account.hpp"
#include "auth/boot_mac.hpp"
#include "auth/records/account_records.hpp"
#include "auth/verdict.hpp"

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace postern::auth {

/// A map of bounded size that forgets the oldest entry first. Thread rule: any thread.
template <class Value>
class BoundedMemory {
public:
    explicit BoundedMemory(std::size_t most) : most_(most) {}

    [[nodiscard]] std::optional<Value> find(const BootKey& key) const {
        const std::lock_guard lock(mutex_);
        const auto found = values_.find(key);
        if (found == values_.end()) return std::nullopt;
        return found->second;
    }
    void put(const BootKey& key, Value value) {
        const std::lock_guard lock(mutex_);
        const auto [at, is_new] = values_.insert_or_assign(key, std::move(value));
        if (!is_new) return;
        order_.push_back(key);
        if (order_.size() <= most_) return;
        values_.erase(order_.front());
        order_.pop_front();
    }
    [[nodiscard]] std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return values_.size();
    }

private:
    const std::size_t most_;
    mutable std::mutex mutex_;
    std::unordered_map<BootKey, Value, BootKeyHash> values_;
    std::deque<BootKey> order_;
};

/// Passwords that were right. An entry is for one account, credential epoch, place, protocol and secret, all of them
/// part of its key: it never answers for another account, from a strange place, or after a change. Only the main
/// password is put in; never an OTP code, never what was handed out, never an app password (which costs no hash).
class CredentialCache {
public:
    static constexpr std::chrono::minutes life{60};
    static constexpr std::chrono::minutes renewal{5};

    explicit CredentialCache(std::size_t most = 200'000) : memory_(most) {}

    /// The identity, if the account has not changed since (its epoch and row version are as they were). Each use keeps
    /// the entry for another hour: a mail program that goes on asking depends on no budget that others can use up.
    [[nodiscard]] std::optional<Identity> find(const BootKey& key, const AccountStamp& stamp, Time now) {
        auto entry = memory_.find(key);
        if (!entry || now >= entry->expires || now < entry->begun || entry->identity.account != stamp.id ||
            entry->epoch != stamp.epoch || entry->row_version != stamp.row_version) {
            return std::nullopt;
        }
        if (now - entry->begun >= renewal) put(key, entry->identity, stamp, entry->changes_at, now);
        return std::move(entry->identity);
    }
    /// `changes_at`: when the account will be another by its dates alone.
    void put(
        const BootKey& key, Identity identity, const AccountStamp& stamp, std::optional<Time> changes_at, Time now) {
        const Time end = now + life;
        memory_.put(key, {.identity = std::move(identity),
                          .epoch = stamp.epoch,
                          .row_version = stamp.row_version,
                          .begun = now,
                          .expires = changes_at && *changes_at < end ? *changes_at : end,
                          .changes_at = changes_at});
    }
    [[nodiscard]] std::size_t size() const { return memory_.size(); }

private:
    struct Entry {
        Identity identity;
        std::int64_t epoch = 0;
        std::int64_t row_version = 0;
        Time begun;
        Time expires;
        std::optional<Time> changes_at;
    };
    BoundedMemory<Entry> memory_;
};

}  // namespace postern::auth
