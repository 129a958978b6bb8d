/// The authenticator on a real store, with a hasher that only counts.
#pragma once

#include "auth/authenticator.hpp"
#include "tests/support/counting_hasher.hpp"
#include "tests/support/test_store.hpp"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::auth {

/// What came of an attempt, as one word.
inline std::string outcome_of(const Verdict& verdict) {
    if (verdict) return "is " + verdict->login;
    return std::string(name_of(verdict.error().why));
}

class AuthenticatorFixture : public testing::Test {
protected:
    AccountId add(const NewAccount& account, std::string_view password) {
        const AccountWithPassword with{
            account, password.empty() ? base::Secret() : base::Secret("plain1:" + std::string(password))};
        const auto added = accounts_.add(std::span(&with, 1));
        EXPECT_TRUE(added) << added.error().detail;
        return account.id;
    }
    AccountId add(std::string_view login,
                  std::string_view password,
                  const std::vector<std::string>& aliases = {},
                  std::vector<std::string> groups = {}) {
        return add(test::new_account(login, aliases, std::move(groups)), password);
    }
    Verdict log_in(const std::string& name, std::string_view password, const std::string& act_as = "") {
        return authenticator_.authenticate({name, act_as, base::Secret(password)}, where_);
    }
    static AttemptContext from(std::string_view address, Channel channel = Channel::imap) {
        return {.channel = channel, .client = base::IpAddress::parse(address).value()};
    }

    test::TestStore test_store_;
    Store& store_ = test_store_.store();
    Accounts accounts_ = test_store_.accounts();
    config::AuthSettings settings_{.password_threads = 4, .hash_memory_mib = 256};
    test::CountingHasher hasher_;
    Authenticator authenticator_{store_, hasher_, test_store_.keyring, test_store_.clock, settings_};
    AttemptContext where_ = from("192.0.2.1");
};

}  // namespace postern::auth
