/// The client's side of a login, without I/O: bytes in, bytes and steps out. `imap::LoginDialogue` and
/// `smtp::LoginDialogue` implement it; `Session` drives either in the same way.
#pragma once

#include "auth/verdict.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace postern::proxy {

/// What a dialogue runs on.
enum class Transport : std::uint8_t {
    tls,
    plaintext,  ///< anybody may read along and write: nobody logs in here, STARTTLS is the only way on
};

/// Needs more bytes from the peer: write the output, read, `receive`, `next`.
struct ReadMore {};
/// Somebody wants in: ask the Authenticator and, if it accepts, the backend; then call exactly one of `refuse`,
/// `backend_failed`, `too_many_sessions` and `welcome`.
struct Authenticate {
    auth::Evidence evidence;
};
/// Agreed on TLS: write the output, shake hands, and go on with a new dialogue on TLS, which does not greet. This one
/// is over; whatever it was told came from nobody knows whom and ends with it. Only from a dialogue on plaintext.
struct StartTls {};
/// Over: write the output and close.
struct Close {};

using DialogueStep = std::variant<ReadMore, Authenticate, StartTls, Close>;

/// Why the session ends a dialogue that would go on.
enum class Farewell { login_timeout, shutting_down };

/// What the backend told us when it let the user in.
struct BackendReady {
    std::string
        capabilities;  ///< IMAP: what the user may be told he has, space-separated, already filtered. SMTP: empty
    bool takes_chunks = false;  ///< SMTP: the backend offers BDAT (RFC 3030)
};

/// How the client introduced itself, for the backend. SMTP only.
struct ClientGreeting {
    std::string name;       ///< argument of EHLO or HELO, made of visible ASCII
    bool extended = false;  ///< EHLO, so ESMTP
};

/// Lifetime and order: `greet` once, unless STARTTLS came before, then `next` until it gives anything but ReadMore;
/// after Authenticate answer it, then `next` again. Output piles up in `output` and is to be written before reading,
/// before closing and after `welcome`. Thread rule: one thread. Everything is bounded by the limits given to the
/// constructor; it never throws on bad input.
class LoginDialogue {
public:
    LoginDialogue() = default;
    LoginDialogue(const LoginDialogue&) = delete;
    LoginDialogue& operator=(const LoginDialogue&) = delete;
    LoginDialogue(LoginDialogue&&) = delete;
    LoginDialogue& operator=(LoginDialogue&&) = delete;
    virtual ~LoginDialogue() = default;

    virtual void greet() = 0;
    /// Bytes from the client, in order, in any pieces.
    virtual void receive(std::string_view bytes) = 0;
    virtual DialogueStep next() = 0;

    /// The answers to Authenticate.
    virtual void refuse(auth::Refusal refusal) = 0;
    virtual void backend_failed() = 0;
    virtual void too_many_sessions() = 0;
    virtual void welcome(const BackendReady& ready) = 0;

    /// Adds the last words before the session closes by its own decision.
    virtual void say_farewell(Farewell reason) = 0;

    [[nodiscard]] virtual ClientGreeting client_greeting() const { return {}; }

    /// Whether more than the command in hand has come.
    [[nodiscard]] virtual bool has_unread() const = 0;

    /// Bytes that came after the command that logged in: they belong to the backend. Call once, after `welcome`.
    [[nodiscard]] virtual base::WipingBuffer take_unread() = 0;

    [[nodiscard]] std::string take_output() { return std::exchange(output_, {}); }

protected:
    std::string output_;
};

}  // namespace postern::proxy
