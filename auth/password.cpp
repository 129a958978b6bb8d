#include "auth/password.hpp"

namespace postern::auth {

std::string_view describe(PasswordFault fault) {
    switch (fault) {
        case PasswordFault::empty:
            return "is empty";
        case PasswordFault::too_long:
            return "is longer than 1024 bytes";
        case PasswordFault::contains_nul:
            return "contains a NUL character";
    }
    return "is not valid";
}

std::expected<void, PasswordFault> check_password(const base::Secret& password) {
    const std::string_view text = password.reveal();
    if (text.empty()) return std::unexpected(PasswordFault::empty);
    if (text.size() > max_password_bytes) return std::unexpected(PasswordFault::too_long);
    if (text.contains('\0')) return std::unexpected(PasswordFault::contains_nul);
    return {};
}

}  // namespace postern::auth
