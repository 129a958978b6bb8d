/// What may never belong to one person.
#pragma once

#include "auth/account.hpp"

#include <span>
#include <string_view>

namespace postern::auth {

/// As a sentence without its full stop, for whoever tried.
inline constexpr std::string_view never_one_person = "a pupil and a member of the staff are never one person";

/// Whether these accounts, which share or shall share their rights, may be one person's. Affiliations that begin later
/// count, those that have ended do not.
[[nodiscard]] bool may_be_one_person(std::span<const Account> accounts, Time now);

}  // namespace postern::auth
