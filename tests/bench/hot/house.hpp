#pragma once

#include "auth/argon2id_hasher.hpp"
#include "auth/authenticator.hpp"
#include "tests/support/test_store.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace postern::bench {

/// A real SQLite store with one account, anna@example.org, who has the password "right" and an app password.
struct House {
    explicit House(const config::PasswordHashSettings& cost) : hasher(cost) {
        const auth::AccountWithPassword anna{test::new_account("anna@example.org"),
                                             std::move(*hasher.hash(base::Secret("right")))};
        (void)store.accounts().add(std::span(&anna, 1));
        app_password = std::string(store.accounts()
                                       .add_app_password(anna.account.id, auth::AppScopes::all(), "phone", std::nullopt)
                                       ->reveal());
    }

    bool log_in(const std::string& name, std::string_view password, const std::string& address) {
        const auth::AttemptContext context{.client = base::IpAddress::parse(address).value()};
        return authenticator.authenticate({name, "", base::Secret(password)}, context).has_value();
    }

    test::TestStore store;
    auth::Argon2idHasher hasher;
    config::AuthSettings settings;
    auth::Authenticator authenticator{store.store(), hasher, store.keyring, store.clock, settings};
    std::string app_password;
};

}  // namespace postern::bench
