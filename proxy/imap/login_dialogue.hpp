/// postern's side of IMAP until somebody is let in: RFC 9051 sections 6.1 and 6.2, with SASL-IR (RFC 4959), ID (RFC
/// 2971), ENABLE (RFC 5161, without effect) and non-synchronising literals (RFC 7888). On plaintext it lets nobody log
/// in, and leads to TLS by STARTTLS.
#pragma once

#include "config/settings.hpp"
#include "proxy/imap/command_reader.hpp"
#include "proxy/login_dialogue.hpp"
#include "proxy/sasl.hpp"
#include "proxy/server_capabilities.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace postern::proxy::imap {

struct DialogueLimits {
    std::uint16_t bad_commands = 3;    ///< config::LimitSettings::imap_bad_commands
    std::uint16_t login_attempts = 5;  ///< config::LimitSettings::login_attempts; temporary errors do not count
    std::size_t output = 16384;  ///< bytes of replies to commands sent in one go; more is a flood and ends the dialogue
    ReaderLimits reader;
};

struct LoginDialogueOptions {
    std::string hostname;   ///< how we call ourselves in the greeting
    Capabilities backends;  ///< what every server has that the client may come to
    DialogueLimits limits;
    Transport transport = Transport::tls;
    config::Language language = config::Language::english;
    SaslTerms sasl{};
};

/// A command is refused with BAD and counted when it breaks the grammar or is unknown; a cancelled or unsupported
/// AUTHENTICATE is not counted. Names that no account can have (not UTF-8, control characters, empty) are refused here
/// like wrong credentials.
///
/// On plaintext LOGIN and AUTHENTICATE are refused without a look at what is behind them, and no literal is asked for,
/// since it would be a password. A byte behind STARTTLS ends the dialogue: who sent it cannot be known.
class LoginDialogue final : public proxy::LoginDialogue {
public:
    explicit LoginDialogue(LoginDialogueOptions options);

    void greet() override;
    void receive(std::string_view bytes) override;
    DialogueStep next() override;
    void refuse(auth::Refusal refusal) override;
    void backend_failed() override;
    void too_many_sessions() override;
    void welcome(const BackendReady& ready) override;
    void say_farewell(Farewell reason) override;
    [[nodiscard]] bool has_unread() const override { return reader_.bytes_held() != 0; }
    base::WipingBuffer take_unread() override;

    /// Bytes received and not yet processed.
    [[nodiscard]] std::size_t bytes_held() const noexcept { return reader_.bytes_held(); }

private:
    enum class State : std::uint8_t { reading, awaiting_verdict, welcomed, closed };
    struct KnownCommand;
    static const KnownCommand known_commands[];

    /// What a step of the dialogue may lead to: a question to the Authenticator, TLS, or nothing yet.
    using Outcome = std::optional<DialogueStep>;

    Outcome take_event(const CommandEvent& event);
    Outcome execute(const Command& command);
    Outcome capability(std::string_view arguments);
    Outcome noop(std::string_view arguments);
    Outcome logout(std::string_view arguments);
    Outcome id(std::string_view arguments);
    Outcome enable(std::string_view arguments);
    Outcome starttls(std::string_view arguments);
    Outcome login(std::string_view arguments);
    Outcome authenticate(std::string_view arguments);
    Outcome take_sasl_step(SaslResult step);
    Outcome take_sasl_error(SaslError error);
    Outcome ask_for(auth::Evidence evidence);

    Outcome refuse_bad_command(const BadCommand& command);
    Outcome give_up(StreamFault fault);
    Outcome bad(std::string_view text);
    Outcome done(std::string_view text);
    void say(std::string_view line);
    void answer(std::string_view text);
    void close_with(std::string_view last_line);
    void answer_refusal(auth::Refusal refusal);

    DialogueLimits limits_;
    std::string hostname_;
    Transport transport_;
    config::Language language_;
    CommandReader reader_;
    SaslExchange sasl_;
    std::string capabilities_;                            ///< told before login
    auth::Refusal refusal_ = auth::Refusal::unavailable;  ///< to be answered when an exchange that failed has ended
    State state_ = State::reading;
    std::string tag_;  ///< of the command being answered; empty: it has none that may be repeated
    unsigned bad_commands_ = 0;
    unsigned refused_logins_ = 0;
};

}  // namespace postern::proxy::imap
