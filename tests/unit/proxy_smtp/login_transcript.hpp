/// Plays a client's bytes to a LoginDialogue and writes down everything that happens.
#pragma once

#include "base/base64.hpp"
#include "proxy/smtp/login_dialogue.hpp"
#include "tests/support/evidence_text.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace postern::proxy::smtp {

struct BackendDown {};
struct LetIn {};
using Answer = std::variant<auth::Refusal, BackendDown, LetIn>;

/// Relays that have 8BITMIME and SIZE.
inline Capabilities usual_relays() {
    Capabilities relays;
    relays.add(Capability::eight_bit_mime);
    relays.add(Capability::size);
    relays.limit_messages(1000);
    return relays;
}

inline const LoginDialogueOptions usual_options{
    .hostname = "mail.example.org", .backends = usual_relays(), .lines = {}};

inline std::string base64(std::string_view bytes) {
    return std::string(base::view(base::base64_encode(bytes)));
}

/// The response of PLAIN for alice, whose password is "secret".
inline std::string alice_plain() {
    return base64(std::string_view("\0alice\0secret", 13));
}

inline const std::string ehlo_reply =
    "250-mail.example.org\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SIZE 1000\r\n"
    "250 AUTH PLAIN LOGIN\r\n";

/// One client. What it is told is written down as it is; `{alice/boss/secret}` is a question to the Authenticator
/// (name, act_as, password), `[closed]` the end, `[tls]` that of
/// a dialogue on plaintext, `[rest: ...]` what is left for the backend after a login.
class Transcript {
public:
    explicit Transcript(LoginDialogueOptions options = usual_options, std::vector<Answer> answers = {})
        : dialogue_(std::move(options)), answers_(std::move(answers)) {}

    LoginDialogue& dialogue() { return dialogue_; }

    void send(std::string_view bytes) {
        if (ended_) return;
        dialogue_.receive(bytes);
        while (!ended_) {
            DialogueStep step = dialogue_.next();
            take_output();
            if (std::holds_alternative<ReadMore>(step)) return;
            if (const auto* question = std::get_if<Authenticate>(&step)) {
                answer(question->evidence);
            } else if (std::holds_alternative<StartTls>(step)) {
                end("[tls]");
            } else {
                end("[closed]");
            }
        }
    }

    void send_in_pieces(std::string_view bytes, std::size_t size) {
        for (std::size_t at = 0; at < bytes.size(); at += size) send(bytes.substr(at, size));
    }

    [[nodiscard]] bool let_in() const { return let_in_; }
    [[nodiscard]] std::string text() const { return text_ + (let_in_ ? "[rest: " + rest_ + ']' : ""); }
    [[nodiscard]] const std::string& text_without_rest() const { return text_; }
    [[nodiscard]] const std::string& rest() const { return rest_; }
    /// How much the client was told.
    [[nodiscard]] std::size_t said_bytes() const { return said_bytes_; }

private:
    void answer(const auth::Evidence& evidence) {
        text_ += '{' + test::text_of(evidence, "/") + '}';
        const Answer next = asked_ < answers_.size() ? answers_[asked_] : Answer(auth::Refusal::wrong_credentials);
        ++asked_;
        if (const auto* refusal = std::get_if<auth::Refusal>(&next)) {
            dialogue_.refuse(*refusal);
        } else if (std::holds_alternative<BackendDown>(next)) {
            dialogue_.backend_failed();
        } else {
            dialogue_.welcome({});
            take_output();
            let_in_ = true;
            rest_ = base::view(dialogue_.take_unread());
            ended_ = true;
        }
        take_output();
    }

    void end(std::string_view how) {
        text_ += how;
        ended_ = true;
    }

    void take_output() {
        const std::string output = dialogue_.take_output();
        said_bytes_ += output.size();
        text_ += output;
    }

    LoginDialogue dialogue_;
    std::vector<Answer> answers_;
    std::size_t asked_ = 0;
    std::string text_;
    std::string rest_;
    std::size_t said_bytes_ = 0;
    bool let_in_ = false;
    bool ended_ = false;
};

}  // namespace postern::proxy::smtp
