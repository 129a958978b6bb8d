/// Plays a backend's bytes to a BackendLogin and writes down everything that happens.
#pragma once

#include "proxy/smtp/backend_login.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postern::proxy::smtp {

/// A user, and the things that BackendUser only refers to.
struct Somebody {
    config::BackendLogin login = config::BackendLogin::xclient;
    std::string name = "alice@example.org";
    std::string password = "s3cret-word";
    ClientGreeting greeting{.name = "[192.168.1.2]", .extended = true};
    config::BackendTls tls = config::BackendTls::implicit;
};

/// One conversation: replies of the server in, commands and the outcome out.
class Conversation {
public:
    explicit Conversation(const Somebody& somebody)
        : somebody_(somebody),
          secret_(somebody_.password),
          login_((backend_.login = somebody_.login, backend_.tls = somebody_.tls, user())) {}

    /// What postern says to `replies`, given in pieces; the outcome in brackets when there is one.
    void receive(std::string_view replies, std::size_t piece) {
        for (std::size_t at = 0; at < replies.size() && !over_; at += piece) {
            login_.receive(replies.substr(at, piece));
            note(login_.next());
        }
    }
    void note(const BackendStep& step) {
        text_ += base::view(login_.take_output());
        over_ = !std::holds_alternative<ReadMore>(step);
        ready_ = std::holds_alternative<BackendReady>(step);
        if (ready_) rest_ = login_.take_unread();
        if (const auto* failed = std::get_if<BackendFailed>(&step)) {
            failure_ = *failed;
            text_ += '[' + name_of(failed->fault) + ": " + failed->detail + ']';
        }
    }

    BackendLogin& login() { return login_; }
    [[nodiscard]] bool over() const { return over_; }
    [[nodiscard]] bool ready() const { return ready_; }
    [[nodiscard]] std::string text() const { return text_ + (ready_ ? "[ready, rest: " + rest_ + ']' : ""); }
    [[nodiscard]] const std::string& text_without_rest() const { return text_; }
    [[nodiscard]] const std::optional<BackendFailed>& failure() const { return failure_; }

    static std::string name_of(BackendFault fault) {
        switch (fault) {
            case BackendFault::unreachable:
                return "unreachable";
            case BackendFault::unavailable:
                return "unavailable";
            case BackendFault::refused:
                return "refused";
            case BackendFault::missing_capability:
                return "missing";
            case BackendFault::protocol:
                return "protocol";
        }
        return "?";
    }

private:
    [[nodiscard]] BackendUser user() const {
        return {.backend = backend_,
                .login = somebody_.name,
                .password = secret_,
                .client_address = base::IpAddress::parse("2001:db8::7").value(),
                .client_port = 50123,
                .client_greeting = somebody_.greeting,
                .hostname = "mail.example.org"};
    }

    Somebody somebody_;
    config::BackendSettings backend_;
    base::Secret secret_;
    BackendLogin login_;
    std::string text_;
    std::optional<BackendFailed> failure_;
    std::string rest_;
    bool ready_ = false;
    bool over_ = false;
};

}  // namespace postern::proxy::smtp
