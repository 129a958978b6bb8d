/// A scripted IMAP backend around one imap::BackendLogin.
#pragma once

#include "proxy/imap/backend_login.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace postern::proxy::imap::fakes {

/// Who logs in and how. Owns what BackendUser only refers to.
struct Visitor {
    explicit Visitor(config::BackendLogin login = config::BackendLogin::password,
                     std::string_view name = "alice",
                     std::string_view user_password = "secret")
        : password(user_password), login_name(name) {
        backend.login = login;
        backend.master_user = "master";
        backend.master_password = base::Secret("m-secret");
    }

    [[nodiscard]] BackendUser user() const {
        return {.backend = backend,
                .login = login_name,
                .password = password,
                .client_address = *base::IpAddress::parse("192.0.2.7"),
                .client_port = 40123,
                .client_greeting = {},
                .hostname = "mail.example.org"};
    }

    config::BackendSettings backend;
    base::Secret password;
    std::string login_name;
};

/// What the backend says, and what we must have written since it said the line before.
struct Turn {
    std::string backend_says;
    std::string we_write;
};

/// "more", "ready <capabilities>" or "failed <fault> <detail>".
inline std::string describe(const BackendStep& step) {
    if (std::holds_alternative<ReadMore>(step)) return "more";
    if (const auto* ready = std::get_if<BackendReady>(&step)) return "ready " + ready->capabilities;
    const auto& failed = std::get<BackendFailed>(step);
    return "failed " + std::to_string(static_cast<int>(failed.fault)) + " " + failed.detail;
}

/// All that we wrote, then " => " and the last step. What comes after the end is given to `unread`.
inline std::string play(std::string_view input,
                        std::size_t piece_bytes,
                        const Visitor& visitor,
                        std::string& unread,
                        ResponseLimits limits = {}) {
    BackendLogin login(visitor.user(), limits);
    std::string written;
    std::string last = "more";
    for (std::size_t at = 0; at < input.size(); at += piece_bytes) {
        login.receive(input.substr(at, piece_bytes));
        last = describe(login.next());
        written.append(base::view(login.take_output()));
        if (last == "more") continue;
        unread = login.take_unread().append(input.substr(std::min(at + piece_bytes, input.size())));
        break;
    }
    return written + " => " + last;
}

inline std::string play(std::string_view input, const Visitor& visitor = Visitor(), ResponseLimits limits = {}) {
    std::string unread;
    return play(input, input.size() + 1, visitor, unread, limits);
}

}  // namespace postern::proxy::imap::fakes
