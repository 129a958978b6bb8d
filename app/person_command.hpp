/// How people come into the house: passwords to begin with, visitors, delegations, the charter.
#pragma once

#include "app/helpdesk_command.hpp"

#include <cstdint>
#include <string>

namespace postern::app {

struct ProvisionOptions {
    std::string login;
    std::uint16_t days = 30;  ///< 1 to 90
    bool json = false;
};

struct VisitorOptions {
    std::string login;
    std::string sponsor;  ///< for `add`; any of his names
    std::string unit;
    std::string display_name;
    std::string language = "fr";
    std::string until;  ///< the last day
    bool json = false;
};

struct DelegationOptions {
    std::string login;
    std::string unit;  ///< "*": all
    bool reset = false, manage = false, keys = false;
    std::string until;  ///< the last day; required with any right
    bool json = false;
};

struct CharterOptions {
    int version = 1;
    std::string language = "fr";
    std::string file;  ///< "-": standard input
    std::string from;  ///< the first day; empty: now
    bool json = false;
};

// Each returns the exit status: 0 done, 1 refused or failed (nothing was changed), 2 wrong usage.

/// Prints a password to begin with, once.
[[nodiscard]] int account_provision(const ProvisionOptions& options, const HelpdeskTools& tools);
/// The same for a visitor who is not there yet.
[[nodiscard]] int visitor_add(const VisitorOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int visitor_extend(const VisitorOptions& options, const HelpdeskTools& tools);
/// Without any right: what he had there ends.
[[nodiscard]] int delegation_put(const DelegationOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int delegation_list(const DelegationOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int charter_add(const CharterOptions& options, const HelpdeskTools& tools);
[[nodiscard]] int charter_show(const CharterOptions& options, const HelpdeskTools& tools);

}  // namespace postern::app
