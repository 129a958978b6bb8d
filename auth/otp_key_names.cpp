#include "auth/records/otp_records.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::auth {

namespace {

constexpr std::array<std::pair<OtpKeyState, std::string_view>, 8> names{{
    {OtpKeyState::stock, "stock"},
    {OtpKeyState::issued, "issued"},
    {OtpKeyState::pin_pending, "pin_pending"},
    {OtpKeyState::pin_confirm, "pin_confirm"},
    {OtpKeyState::active, "active"},
    {OtpKeyState::suspended, "suspended"},
    {OtpKeyState::lost, "lost"},
    {OtpKeyState::retired, "retired"},
}};

}  // namespace

std::string_view name_of(OtpKeyState state) {
    return std::ranges::find(names, state, &decltype(names)::value_type::first)->second;
}

std::optional<OtpKeyState> otp_key_state(std::string_view name) {
    const auto found = std::ranges::find(names, name, &decltype(names)::value_type::second);
    if (found == names.end()) return std::nullopt;
    return found->first;
}

std::string seed_context(OtpKeyId id) {
    return "otp_seed:" + std::to_string(id);
}

std::string pin_context(OtpKeyId id) {
    return "otp_pin:" + std::to_string(id);
}

}  // namespace postern::auth
