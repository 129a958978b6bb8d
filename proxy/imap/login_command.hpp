/// What is written to an IMAP backend to log in there: who is who for each `config::BackendLogin`, and in which form.
#pragma once

#include "base/secret.hpp"
#include "proxy/backend_login.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::proxy::imap {

/// The parts of one command; each but the first may be sent only after the backend's "+".
using CommandParts = std::vector<base::WipingBuffer>;

/// AUTHENTICATE PLAIN where the backend has it, with the initial response where it has SASL-IR; else LOGIN, unless
/// LOGINDISABLED. nullopt when `capabilities` leave no way: LOGIN cannot carry an authzid.
[[nodiscard]] std::optional<CommandParts> login_command(std::string_view tag,
                                                        const BackendUser& user,
                                                        std::string_view capabilities);

/// ID with the client's address and port in the fields that Dovecot reads from a proxy it trusts.
[[nodiscard]] std::string id_command(std::string_view tag, const BackendUser& user);

/// Whether `said` repeats the password that login_command sends, in any of the forms it sends it in.
[[nodiscard]] bool repeats_password(std::string_view said, const BackendUser& user);

}  // namespace postern::proxy::imap
