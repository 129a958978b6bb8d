/// The verbs of a store as single calls, on either database.
#pragma once

#include "tests/support/test_store.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <thread>

namespace postern::auth::store {

using test::name;
using test::new_account;

/// "$argon2id$...", good for storing and nothing else. `letter` A to Z tells one from another.
inline base::Secret verifier(char letter = 'A') {
    return base::Secret("$argon2id$v=19$m=8192,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + std::string(42, letter) + "A");
}

/// 43 characters, as every MAC has.
inline std::string mac(char letter) {
    return std::string(43, letter);
}

class RecordsFixture : public testing::TestWithParam<Engine> {
protected:
    [[nodiscard]] Time now() const { return clock_.now(); }

    /// Runs `work(transaction)`, which must go well, and gives what it gives.
    template <class Work>
    auto change(Work work) {
        auto result = store_.change(work);
        EXPECT_TRUE(result) << result.error().detail;
        if constexpr (!std::is_void_v<typename decltype(result)::value_type>) return std::move(result.value());
    }
    template <class Work>
    auto read(Work work) {
        auto result = store_.read(work);
        EXPECT_TRUE(result) << result.error().detail;
        return std::move(result.value());
    }

    AccountId add(const NewAccount& account) {
        const auto taken = change([&](Transaction& t) { return t.accounts().add(account, now()); });
        EXPECT_EQ(taken, std::nullopt);
        return account.id;
    }
    AccountId add(std::string_view login) { return add(new_account(login)); }
    Account account(AccountId id) {
        return read([&](Transaction& t) { return t.accounts().find(id); }).value();
    }
    Credential credential(AccountId owner, CredentialKind kind, char letter = 'A') {
        Credential made{
            .id = random_id(), .account = owner, .kind = kind, .verifier = verifier(letter), .created_at = now()};
        if (kind == CredentialKind::app_password) made.scope = "imap";
        if (kind == CredentialKind::provisional || kind == CredentialKind::temporary)
            made.expires_at = now() + std::chrono::hours(72);
        return made;
    }

    test::TestStore test_store_{GetParam()};
    Store& store_ = test_store_.store();
    test::HeldClock& clock_ = test_store_.clock;
};

/// Runs `work(i)` on `threads` threads that start together.
template <class Work>
void together(int threads, Work work) {
    std::barrier start(threads);
    std::vector<std::jthread> crowd;
    for (int i = 0; i < threads; ++i) {
        crowd.emplace_back([&start, &work, i] {
            start.arrive_and_wait();
            work(i);
        });
    }
}

}  // namespace postern::auth::store
