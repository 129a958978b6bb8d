/// Which dialogues belong to which protocol: the one place where the sessions meet imap/ and smtp/.
#pragma once

#include "auth/verdict.hpp"
#include "base/clock.hpp"
#include "config/settings.hpp"
#include "proxy/backend_login.hpp"
#include "proxy/backend_starttls.hpp"
#include "proxy/capability_inquiry.hpp"
#include "proxy/login_dialogue.hpp"
#include "proxy/relay_guard.hpp"
#include "proxy/sasl.hpp"
#include "proxy/sending_limits.hpp"
#include "proxy/server_capabilities.hpp"

#include <memory>
#include <string_view>

namespace postern::proxy {

/// Of a listener that speaks a mail protocol; any other is our bug.
[[nodiscard]] config::MailProtocol mail_protocol_of(config::ListenerProtocol protocol);

/// `backends`: what every server has that the client may come to.
[[nodiscard]] std::unique_ptr<LoginDialogue> make_login_dialogue(config::MailProtocol protocol,
                                                                 const config::Settings& settings,
                                                                 Transport transport,
                                                                 Capabilities backends,
                                                                 SaslTerms terms = {});

/// What comes before the login where a backend has `tls: starttls`. `hostname`: our own name.
[[nodiscard]] std::unique_ptr<BackendStartTls> make_backend_starttls(config::MailProtocol protocol,
                                                                     std::string_view hostname);

/// `hostname`: our own name. `has_greeted`: the server, before this began.
[[nodiscard]] std::unique_ptr<CapabilityInquiry> make_capability_inquiry(config::MailProtocol protocol,
                                                                         std::string_view hostname,
                                                                         bool has_greeted);

/// The dialogue of the user's backend. What `user` refers to must outlive it.
[[nodiscard]] std::unique_ptr<BackendLogin> make_backend_login(const BackendUser& user);

/// What a guard is made for. References are needed for as long as it lives, but for `identity` and `ready`.
struct GuardedSession {
    config::MailProtocol protocol = config::MailProtocol::imap;
    const auth::Identity& identity;
    const BackendReady& ready;
    config::Compression compress = config::Compression::strip;  ///< of IMAP
    config::SenderCheck senders = config::SenderCheck::own;
    SendingLimits& sending;
    const base::Clock& clock;
    config::Language language = config::Language::english;
};

/// What looks at the relay of a session; null: nothing has to.
[[nodiscard]] std::unique_ptr<RelayGuard> make_relay_guard(const GuardedSession& session);

}  // namespace postern::proxy
