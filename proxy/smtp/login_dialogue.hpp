/// Submission before login: RFC 6409, RFC 5321, AUTH of RFC 4954. On plaintext it lets nobody log in, and leads to TLS
/// by STARTTLS (RFC 3207).
#pragma once

#include "config/settings.hpp"
#include "proxy/localised_text.hpp"
#include "proxy/login_dialogue.hpp"
#include "proxy/sasl.hpp"
#include "proxy/server_capabilities.hpp"
#include "proxy/smtp/command_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::proxy::smtp {

struct LoginDialogueOptions {
    std::string hostname;              ///< said in the greeting and in the reply to EHLO
    Capabilities backends;             ///< what every server has that the client may come to, and the smallest limit
    std::uint16_t bad_commands = 10;   ///< answered with an error; one more closes the connection
    std::uint16_t login_attempts = 5;  ///< the refusal of this many closes the connection
    std::uint16_t commands = 100;      ///< of any kind; one more closes the connection. Bounds what replies can pile up
    LineLimits lines;
    Transport transport = Transport::tls;
    config::Language language = config::Language::english;
    SaslTerms sasl{};
};

/// The promises of proxy::LoginDialogue. Never says anything that the client sent.
///
/// On plaintext AUTH is refused without a look at what is behind it. A byte behind STARTTLS ends the dialogue: who sent
/// it cannot be known.
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

    [[nodiscard]] ClientGreeting client_greeting() const override { return greeting_; }
    [[nodiscard]] bool has_unread() const override { return reader_.has_unread(); }
    [[nodiscard]] base::WipingBuffer take_unread() override { return reader_.take_unread(); }

private:
    using MaybeEvidence = std::optional<auth::Evidence>;

    MaybeEvidence obey(std::string_view line);
    void start_tls(std::string_view argument);
    void greet_back(std::string_view name, bool extended);
    MaybeEvidence authenticate(std::string_view argument);
    MaybeEvidence follow(SaslResult step);

    void say(std::string_view reply) { output_ += reply; }
    void say_extensions();
    void say_what_is_first();
    [[nodiscard]] bool is_on_tls() const { return options_.transport == Transport::tls; }
    void complain(std::string_view reply);
    void hang_up(std::string_view last_words);
    void hang_up_on(LineFault fault);
    void ask(SaslChallenge challenge);
    void answer_refusal(auth::Refusal refusal);

    LoginDialogueOptions options_;
    CommandReader reader_;
    SaslExchange sasl_;
    ClientGreeting greeting_;
    std::uint32_t commands_ = 0;
    std::uint32_t bad_commands_ = 0;
    std::uint32_t failed_attempts_ = 0;
    auth::Refusal refusal_ = auth::Refusal::unavailable;  // to be answered when an exchange that failed has ended
    bool awaits_verdict_ = false;
    bool starts_tls_ = false;
    bool over_ = false;
};

}  // namespace postern::proxy::smtp
