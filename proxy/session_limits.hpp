/// How many sessions one account may have at once.
#pragma once

#include "auth/verdict.hpp"
#include "config/settings.hpp"
#include "net/counted_limit.hpp"

#include <optional>
#include <utility>

namespace postern::proxy {

/// Exact: what is counted are the sessions that live. Thread rule: any thread.
class SessionLimits {
public:
    /// Room for one session, for as long as this lives. The limits must outlive it.
    struct Seat {
        net::CountedLimit<auth::AccountId>::Ticket of_account;
        net::CountedLimit<std::pair<auth::AccountId, net::AddressKey>>::Ticket of_account_and_address;
    };

    /// nullopt: the account has as many as it may.
    [[nodiscard]] std::optional<Seat> take(auth::AccountId account,
                                           const base::IpAddress& client,
                                           const config::LimitSettings& limits) {
        const net::AddressKey address = net::address_key(client);
        auto one = of_accounts_.enter(account, limits.sessions_per_account);
        if (!one) return std::nullopt;
        auto other = of_accounts_and_addresses_.enter({account, address}, limits.sessions_per_account_and_address);
        if (!other) return std::nullopt;
        return Seat{.of_account = std::move(*one), .of_account_and_address = std::move(*other)};
    }

private:
    net::CountedLimit<auth::AccountId> of_accounts_;
    net::CountedLimit<std::pair<auth::AccountId, net::AddressKey>> of_accounts_and_addresses_;
};

}  // namespace postern::proxy
