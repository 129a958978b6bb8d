/// What goes into a login and what comes out of it, in words that belong to no protocol.
#pragma once

#include "base/ip_network.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace postern::auth {

/// What a person typed, or a device has stored. `name` is as it came: `Authenticator` normalises it.
struct Credentials {
    std::string name;    ///< who authenticates (SASL authentication identity)
    std::string act_as;  ///< who he wants to be (SASL authorization identity); empty: himself
    base::Secret password;
};

enum class Channel { imap, submission };

/// Where an attempt comes from.
struct AttemptContext {
    Channel channel = Channel::imap;
    base::IpAddress client;
    std::string default_domain;  ///< completes a name without a domain; empty: left bare
};

using AccountId = std::int64_t;

/// Who somebody was found to be.
struct Identity {
    AccountId account = 0;
    std::string login;                ///< the account's own name, normalised: what backends and rules know him by
    std::vector<std::string> groups;  ///< sorted
};

/// Why nobody was let in. Which of them a client may learn is the protocol's decision.
enum class Refusal {
    wrong_credentials,  ///< unknown name or wrong password; the two take equally long and are never told apart
    not_authorised,     ///< the password is right, but not for acting as somebody else
    account_disabled,   ///< the password is right, but the account is disabled
    busy,               ///< too many logins at once: try later
    unavailable,        ///< the store could not be asked: try later
};

/// A refusal, and what the log may know of it.
struct Refused {
    Refusal why = Refusal::unavailable;
    std::string account;  ///< login of the account that the name belongs to, if to one. For the log, never for clients
    std::string detail;   ///< what went wrong here, for busy and unavailable. For the log; holds no secret

    explicit(false) Refused(Refusal refusal, std::string login = {}, std::string what_happened = {})
        : why(refusal), account(std::move(login)), detail(std::move(what_happened)) {}
    friend bool operator==(const Refused& refused, Refusal refusal) noexcept { return refused.why == refusal; }
};

using Verdict = std::expected<Identity, Refused>;

}  // namespace postern::auth
