/// Who asks for something, by which way, and from where: what every decision is remembered with.
#pragma once

#include "auth/account.hpp"
#include "base/ip_network.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace postern::auth {

enum class Actor {
    owner,             ///< of the account, proven
    stranger,          ///< anybody: nothing proven yet
    administrator,     ///< an account with a delegation
    machine_operator,  ///< at the command line of the machine
    system,            ///< postern itself: expiry, purge, migration
};

/// "owner", "stranger", "administrator", "operator", "system": as the journal writes it.
[[nodiscard]] std::string_view name_of(Actor actor);
[[nodiscard]] std::string_view name_of(Channel channel);

struct Origin {
    Actor actor = Actor::stranger;
    std::optional<AccountId> actor_id;
    Channel channel = Channel::portal;
    std::optional<base::IpAddress> client;  ///< nullopt: the machine itself
    std::string
        correlation;  ///< joins log, journal, mails and pages of one request. At most 64 visible ASCII characters
};

}  // namespace postern::auth
