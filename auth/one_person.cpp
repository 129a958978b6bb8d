#include "auth/one_person.hpp"

#include <algorithm>

namespace postern::auth {

namespace {

constexpr Profile of_pupils[] = {Profile::pupil};
constexpr Profile of_employees[] = {Profile::teacher, Profile::staff, Profile::administrative_staff,
                                    Profile::researcher};

/// Today or later: who begins next week is one already when it comes to what may never meet.
bool has_profile(const Account& account, std::span<const Profile> profiles, Time now) {
    return std::ranges::any_of(account.affiliations, [&](const Affiliation& affiliation) {
        const bool has_ended = affiliation.valid_until && now >= *affiliation.valid_until;
        return !has_ended && std::ranges::find(profiles, affiliation.profile) != profiles.end();
    });
}

}  // namespace

bool may_be_one_person(std::span<const Account> accounts, Time now) {
    const auto any = [&](std::span<const Profile> profiles) {
        return std::ranges::any_of(accounts, [&](const Account& each) { return has_profile(each, profiles, now); });
    };
    return !any(of_pupils) || !any(of_employees);
}

}  // namespace postern::auth
