/// A hasher that costs nothing and counts what it is asked.
#pragma once

#include "auth/password.hpp"

#include <atomic>
#include <string>

namespace postern::test {

using auth::Verification;

/// Verifiers are "plain<cost>:<password>"; good for counting, not for keeping secrets.
class CountingHasher final : public auth::PasswordHasher {
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

}  // namespace postern::test
