/// Which dialogues belong to which protocol: the one place where the sessions meet imap/ and smtp/.
#pragma once

#include "config/settings.hpp"
#include "proxy/backend_login.hpp"
#include "proxy/login_dialogue.hpp"

#include <memory>

namespace postern::proxy {

/// Of a listener that speaks a mail protocol; any other is our bug.
[[nodiscard]] config::MailProtocol mail_protocol_of(config::ListenerProtocol protocol);

[[nodiscard]] std::unique_ptr<LoginDialogue> make_login_dialogue(config::MailProtocol protocol,
                                                                 const config::Settings& settings);

/// The dialogue of the user's backend. What `user` refers to must outlive it.
[[nodiscard]] std::unique_ptr<BackendLogin> make_backend_login(const BackendUser& user);

}  // namespace postern::proxy
