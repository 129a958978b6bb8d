/// What goes into a login and what comes out of it, in words that belong to no protocol.
#pragma once

#include "base/ip_network.hpp"
#include "base/secret.hpp"

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace postern::auth {

/// What a person typed, or a device has stored. `name` is as it came: `Authenticator` normalises it.
struct Credentials {
    std::string name;    ///< who authenticates (SASL authentication identity)
    std::string act_as;  ///< who he wants to be (SASL authorization identity); empty: himself
    base::Secret password;
};

/// A bearer token (RFC 6750) that stands for somebody. Never a password: nothing hashes it or hands it on to a backend.
struct BearerToken {
    std::string name;  ///< whose the client says it is, as it came; empty: the token alone tells
    base::Secret token;
};

/// Somebody who has proved by TLS to have the key of a certificate that was verified.
struct CertificateHolder {
    std::string name;    ///< the one mail address in the certificate
    std::string act_as;  ///< as in Credentials
};

/// What somebody shows to get in.
using Evidence = std::variant<Credentials, BearerToken, CertificateHolder>;

enum class Channel { imap, submission, portal, command_line, system };

/// Where an attempt comes from.
struct AttemptContext {
    Channel channel = Channel::imap;
    base::IpAddress client;
    std::string default_domain;  ///< completes a name without a domain; empty: left bare
    std::string device;          ///< what a known browser proved to be; empty: none. 1 to 128 bytes, unguessable
    std::string correlation;     ///< joins log and journal; empty: none. At most 64 visible ASCII characters
};

using AccountId = std::int64_t;

/// What somebody's being in rests on, as far as it can be taken back.
struct Standing {
    std::int64_t epoch = 0;                              ///< of the account, when he came in by its password
    std::optional<std::int64_t> app_password;            ///< number of the app password that he came in by
    bool needs_no_password = false;                      ///< he came in by a token or a certificate
    std::optional<std::chrono::sys_seconds> changes_at;  ///< when the account will be another by its dates alone
    friend bool operator==(const Standing&, const Standing&) = default;
};

/// Who somebody was found to be.
struct Identity {
    AccountId account = 0;
    std::string login;                   ///< the account's own name, normalised: what backends and rules know him by
    std::vector<std::string> groups;     ///< of this account and those linked to it; sorted
    std::vector<std::string> addresses;  ///< names with a domain that these accounts go by; sorted
    Standing standing{};
};

/// Why nobody was let in. Which of them a client may learn is the protocol's decision. Everything from
/// `not_authorised` to `app_password_required` is said only after the right password.
enum class Refusal {
    wrong_credentials,      ///< unknown name or wrong password; the two take equally long and are never told apart
    not_authorised,         ///< not for acting as somebody else, or not by this credential here
    not_activated,          ///< the account waits for its activation on the portal
    must_change,            ///< a password of his own must be chosen on the portal first
    account_suspended,      ///< by decision of an administrator
    account_expired,        ///< its dates are over, or have not begun
    app_password_required,  ///< the main password does not open mailboxes: an app password does
    throttled,              ///< too many wrong passwords from such a place: try later. Says nothing of the password
    busy,                   ///< too many logins at once: try later
    unavailable,            ///< the store could not be asked: try later
};

/// "wrong_credentials", "throttled" ..., as logs, the journal and metrics write it.
[[nodiscard]] std::string_view name_of(Refusal refusal);

/// Nothing was found out about the credentials: the same ones may do later.
[[nodiscard]] constexpr bool is_temporary(Refusal refusal) {
    return refusal == Refusal::busy || refusal == Refusal::unavailable;
}

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
