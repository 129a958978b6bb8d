/// A client, an account store and a backend in memory, around one imap::LoginDialogue.
#pragma once

#include "proxy/imap/login_dialogue.hpp"
#include "tests/support/evidence_text.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::proxy::imap::fakes {

/// What happened until the input was used up, the dialogue closed or somebody was let in.
struct Played {
    std::string output;              ///< without the greeting
    std::vector<std::string> asked;  ///< "name|act_as|password" of every question to the account store
    std::string unread;              ///< when welcomed: what belongs to the backend
    std::size_t most_held = 0;       ///< bytes waiting in the dialogue, at the worst moment
    bool closed = false;
    bool welcomed = false;
    bool starts_tls = false;
};

/// Servers that have everything clients are told of.
inline Capabilities usual_servers() {
    Capabilities servers;
    for (const Capability each :
         {Capability::id, Capability::enable, Capability::literal_plus, Capability::literal_minus})
        servers.add(each);
    return servers;
}

/// Accepts the password "secret" and "pass \"word\\" for "alice". Other names say what is to happen to them.
class Driver {
public:
    explicit Driver(DialogueLimits limits = {},
                    Transport transport = Transport::tls,
                    SaslTerms terms = {},
                    Capabilities servers = usual_servers())
        : dialogue_({.hostname = "mail.example.org",
                     .backends = servers,
                     .limits = limits,
                     .transport = transport,
                     .sasl = std::move(terms)}) {
        dialogue_.greet();
        greeting_ = dialogue_.take_output();
    }

    [[nodiscard]] const std::string& greeting() const { return greeting_; }
    [[nodiscard]] const Played& played() const { return played_; }
    [[nodiscard]] LoginDialogue& dialogue() { return dialogue_; }

    void send(std::string_view bytes) {
        if (played_.closed || played_.starts_tls) return;
        if (played_.welcomed) {
            played_.unread.append(bytes);
            return;
        }
        dialogue_.receive(bytes);
        while (step()) {
        }
        played_.output.append(dialogue_.take_output());
        played_.most_held = std::max(played_.most_held, dialogue_.bytes_held());
    }

private:
    bool step() {
        DialogueStep step = dialogue_.next();
        if (std::holds_alternative<ReadMore>(step)) return false;
        if (std::holds_alternative<Close>(step)) {
            played_.closed = true;
            return false;
        }
        if (std::holds_alternative<StartTls>(step)) {
            played_.starts_tls = true;
            return false;
        }
        const auth::Evidence& evidence = std::get<Authenticate>(step).evidence;
        played_.asked.push_back(test::text_of(evidence));
        std::visit([this](const auto& shown) { answer(shown); }, evidence);
        return !played_.welcomed;
    }

    /// Accepts the token "good", for anybody.
    void answer(const auth::BearerToken& token) {
        if (token.name == "down") return dialogue_.refuse(auth::Refusal::unavailable);
        if (token.name == "broken") return dialogue_.backend_failed();
        if (token.token.reveal() != "good") return dialogue_.refuse(auth::Refusal::wrong_credentials);
        welcome();
    }

    /// Accepts whoever wants to be himself.
    void answer(const auth::CertificateHolder& holder) {
        if (!holder.act_as.empty() && holder.act_as != holder.name)
            return dialogue_.refuse(auth::Refusal::not_authorised);
        welcome();
    }

    void answer(const auth::Credentials& credentials) {
        const std::string& name = credentials.name;
        const std::string_view password = credentials.password.reveal();
        if (name == "busy") return dialogue_.refuse(auth::Refusal::busy);
        if (name == "down") return dialogue_.refuse(auth::Refusal::unavailable);
        if (name == "throttled") return dialogue_.refuse(auth::Refusal::throttled);
        if (name == "suspended") return dialogue_.refuse(auth::Refusal::account_suspended);
        if (name == "expired") return dialogue_.refuse(auth::Refusal::account_expired);
        if (name == "new") return dialogue_.refuse(auth::Refusal::not_activated);
        if (name == "temporary") return dialogue_.refuse(auth::Refusal::must_change);
        if (name == "otp") return dialogue_.refuse(auth::Refusal::app_password_required);
        if (name == "homeless") return dialogue_.backend_failed();
        if (!credentials.act_as.empty()) return dialogue_.refuse(auth::Refusal::not_authorised);
        if (name != "alice" || (password != "secret" && password != "pass \"word\\"))
            return dialogue_.refuse(auth::Refusal::wrong_credentials);
        welcome();
    }

    void welcome() {
        dialogue_.welcome(BackendReady{"IMAP4rev1 IDLE"});
        played_.welcomed = true;
        played_.unread = base::view(dialogue_.take_unread());
    }

    LoginDialogue dialogue_;
    std::string greeting_;
    Played played_;
};

inline Played play(std::string_view input,
                   std::size_t piece_bytes,
                   DialogueLimits limits = {},
                   Transport transport = Transport::tls,
                   SaslTerms terms = {}) {
    Driver driver(limits, transport, std::move(terms));
    for (std::size_t at = 0; at < input.size(); at += piece_bytes) driver.send(input.substr(at, piece_bytes));
    return driver.played();
}

inline Played play(std::string_view input, DialogueLimits limits = {}) {
    return play(input, input.size() + 1, limits);
}

/// In two pieces.
inline Played play_split(std::string_view input, std::size_t first_bytes, DialogueLimits limits = {}) {
    Driver driver(limits);
    driver.send(input.substr(0, first_bytes));
    driver.send(input.substr(first_bytes));
    return driver.played();
}

/// Limits that tests with many bad commands do not run into.
inline DialogueLimits patient() {
    DialogueLimits limits;
    limits.bad_commands = 1000;
    limits.login_attempts = 1000;
    return limits;
}

}  // namespace postern::proxy::imap::fakes
