/// The backend's side of a login, without I/O: the mirror of `LoginDialogue`.
#pragma once

#include "base/ascii.hpp"
#include "base/ip_network.hpp"
#include "base/secret.hpp"
#include "config/settings.hpp"
#include "proxy/login_dialogue.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace postern::proxy {

/// On whose behalf postern logs in. The references must outlive the dialogue.
struct BackendUser {
    const config::BackendSettings& backend;
    std::string_view login;        ///< the account's login, as Identity has it
    const base::Secret& password;  ///< the user's own; used only with login: password, else it may be empty
    base::IpAddress client_address;
    std::uint16_t client_port = 0;
    ClientGreeting client_greeting;  ///< SMTP only
    std::string_view hostname;       ///< our own name
};

/// Whose fault it is; all of them are a temporary error to the client and an error line in the log.
enum class BackendFault {
    unavailable,  ///< the backend itself says that it cannot serve now (BYE, NO [UNAVAILABLE], 421, 4xx)
    refused,      ///< it does not accept our login: master password, XCLIENT authorisation, or a user it does not know
    missing_capability,  ///< it does not offer what the configuration needs (AUTH=PLAIN, XCLIENT, STARTTLS)
    protocol,            ///< it said something that the protocol does not allow here, or too much of it
    unreachable,         ///< no name, no connection, or no TLS with a server that proves to be the right one
};

struct BackendFailed {
    BackendFault fault = BackendFault::protocol;
    std::string detail;  ///< for the log: printable, at most 200 characters of what the backend said, never a secret
};

/// What a backend said, as it may stand in a detail.
[[nodiscard]] inline std::string printable(std::string_view said) {
    constexpr std::size_t longest = 200;
    std::string text(said.substr(0, longest));
    std::ranges::replace_if(text, [](char c) { return c != ' ' && !base::is_visible(c); }, '?');
    return text;
}

using BackendStep = std::variant<ReadMore, BackendReady, BackendFailed>;

/// As LoginDialogue: `receive` bytes, ask `next`, write `take_output` before reading again. The first bytes are the
/// backend's greeting, and there is no output before it; but where TLS was started by STARTTLS, the greeting came
/// before that, and we begin.
class BackendLogin {
public:
    BackendLogin() = default;
    BackendLogin(const BackendLogin&) = delete;
    BackendLogin& operator=(const BackendLogin&) = delete;
    BackendLogin(BackendLogin&&) = delete;
    BackendLogin& operator=(BackendLogin&&) = delete;
    virtual ~BackendLogin() = default;

    virtual void receive(std::string_view bytes) = 0;
    virtual BackendStep next() = 0;

    /// May hold a password: wiped when freed.
    [[nodiscard]] base::WipingBuffer take_output() { return std::exchange(output_, {}); }

    /// Bytes that came after the reply that let us in: they belong to the client. Call once, after BackendReady.
    [[nodiscard]] virtual std::string take_unread() = 0;

protected:
    base::WipingBuffer output_;
};

}  // namespace postern::proxy
