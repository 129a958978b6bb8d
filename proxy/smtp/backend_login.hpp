/// Logging in to a submission server on a user's behalf: with Postfix's XCLIENT, or with the user's own password by
/// AUTH (RFC 4954).
///
///     220 -> EHLO ours -> 250 -> XCLIENT -> 220 -> EHLO or HELO as the client said -> 250 -> in
///     220 -> EHLO ours -> 250 -> AUTH PLAIN, or LOGIN if there is only that -> 235 -> in
///
/// Where TLS was started by STARTTLS it begins with EHLO: the greeting came before that, and what was offered then is
/// asked for anew.
#pragma once

#include "proxy/backend_login.hpp"
#include "proxy/smtp/extensions.hpp"
#include "proxy/smtp/reply_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::proxy::smtp {

/// The promises of proxy::BackendLogin. A server that says more than it was asked is refused, so that an answer can
/// never be taken for that to a later command. The backend's `login` must be xclient or password.
class BackendLogin final : public proxy::BackendLogin {
public:
    explicit BackendLogin(const BackendUser& user);

    void receive(std::string_view bytes) override { reader_.receive(bytes); }
    BackendStep next() override;
    [[nodiscard]] std::string take_unread() override { return reader_.take_unread(); }

private:
    /// What the next reply answers.
    enum class Awaiting : std::uint8_t {
        greeting,
        own_hello,
        xclient,
        client_hello,
        plain_challenge,
        login_name_challenge,
        login_password_challenge,
        auth_result,
    };
    struct Expectation {
        std::string_view what;
        unsigned code = 0;
        bool is_login = false;           ///< a refusal means this user or this proxy, not the server's state
        bool may_repeat_secret = false;  ///< the reply is to a line that held a password
    };
    static Expectation expectation(Awaiting awaiting);

    BackendStep take(const Reply& reply);
    BackendStep greet();
    BackendStep log_in();
    BackendStep log_in_by_xclient();
    BackendStep log_in_by_plain();
    [[nodiscard]] BackendStep unexpected(const Reply& reply) const;

    BackendStep ask(Awaiting awaiting, std::string_view line);
    BackendStep ask_secretly(Awaiting awaiting, std::string_view words, const base::WipingBuffer& base64);
    BackendStep greet_as_client();

    BackendUser user_;
    ReplyReader reader_;
    Extensions extensions_;
    Awaiting awaiting_ = Awaiting::greeting;
    std::optional<BackendStep> outcome_;
};

}  // namespace postern::proxy::smtp
