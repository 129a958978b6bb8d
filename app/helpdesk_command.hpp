/// What a helpdesk does beyond adding accounts: resets, dates, affiliations, app passwords, lockout, the journal.
#pragma once

#include "app/account_command.hpp"
#include "auth/keyring.hpp"
#include "auth/store.hpp"
#include "base/clock.hpp"
#include "base/time_zone.hpp"
#include "config/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace postern::app {

/// What these commands work with; nothing of it is owned.
struct HelpdeskTools {
    const AccountTools& account;
    auth::Store& store;
    const auth::Keyring& keyring;
    const base::Clock& clock;
    const config::LockoutSettings& lockout;
    const base::TimeZone& zone;  ///< where days begin and end
};

struct ResetOptions {
    std::string login;  ///< any of the account's names, here and below
    std::uint16_t hours = 72;
    bool json = false;
};

struct DatesOptions {
    std::string login;
    std::string from;     ///< "2026-09-01", the first day; empty: as it is
    std::string until;    ///< the last day, whole; empty: as it is
    bool always = false;  ///< what is not named has no limit any more
    bool json = false;
};

struct AffiliationOptions {
    std::string login;
    std::string profile;
    std::string unit;
    std::string from, until;  ///< as above; `from` empty: as it is, or now
    bool json = false;
};

struct LinkOptions {
    std::string login;
    std::string other;
    bool json = false;
};

struct CloseOptions {
    std::string login;
    std::string reason;
    bool yes = false;  ///< it is for good: without this nothing is done
    bool json = false;
};

struct AppPasswordOptions {
    std::string login;
    std::string label;
    std::string scopes = "imap,smtp";
    std::string until;
    std::int64_t id = 0;  ///< for `revoke`
    bool json = false;
};

struct AuditOptions {
    std::string login;        ///< empty: everybody
    std::string correlation;  ///< empty: any
    std::string since;        ///< a day; empty: from the beginning
    std::size_t limit = 100;
    std::string head;           ///< for `verify`: "<seq>:<mac>" as `audit head` printed it
    std::uint16_t months = 12;  ///< for `purge`: what is kept. 6 to 120
    bool json = false;
};

// Each returns the exit status: 0 done, 1 refused or failed (nothing was changed), 2 wrong usage.

/// Prints a temporary password, once.
[[nodiscard]] int account_reset(const ResetOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int account_close(const CloseOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int account_dates(const DatesOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int account_compromise(const AccountNameOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int affiliation_put(const AffiliationOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int affiliation_remove(const AffiliationOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int account_link(const LinkOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int account_unlink(const AccountNameOptions& options, const HelpdeskTools& tools);

/// Prints the app password, once.
[[nodiscard]] int app_password_add(const AppPasswordOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int app_password_list(const AppPasswordOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int app_password_revoke(const AppPasswordOptions& options, const HelpdeskTools& tools);

[[nodiscard]] int lockout_show(const AccountNameOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int lockout_clear(const AccountNameOptions& options, const HelpdeskTools& tools);

[[nodiscard]] int audit_list(const AuditOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int audit_verify(const AuditOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int audit_head(const AuditOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int audit_purge(const AuditOptions& options, const HelpdeskTools& tools);

}  // namespace postern::app
