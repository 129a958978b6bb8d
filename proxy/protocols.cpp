#include "proxy/protocols.hpp"

#include "proxy/imap/backend_login.hpp"
#include "proxy/imap/backend_starttls.hpp"
#include "proxy/imap/capabilities.hpp"
#include "proxy/imap/capability_inquiry.hpp"
#include "proxy/imap/command_guard.hpp"
#include "proxy/imap/login_dialogue.hpp"
#include "proxy/sending_policy.hpp"
#include "proxy/smtp/backend_login.hpp"
#include "proxy/smtp/backend_starttls.hpp"
#include "proxy/smtp/capability_inquiry.hpp"
#include "proxy/smtp/login_dialogue.hpp"
#include "proxy/smtp/transaction_guard.hpp"

#include <cassert>

namespace postern::proxy {

using config::MailProtocol;

MailProtocol mail_protocol_of(config::ListenerProtocol protocol) {
    assert(protocol == config::ListenerProtocol::imap || protocol == config::ListenerProtocol::submission);
    return protocol == config::ListenerProtocol::imap ? MailProtocol::imap : MailProtocol::submission;
}

std::unique_ptr<LoginDialogue> make_login_dialogue(MailProtocol protocol,
                                                   const config::Settings& settings,
                                                   Transport transport,
                                                   Capabilities backends,
                                                   SaslTerms terms) {
    if (protocol == MailProtocol::imap) {
        imap::DialogueLimits limits;
        limits.bad_commands = settings.limits.imap_bad_commands;
        limits.login_attempts = settings.limits.login_attempts;
        return std::make_unique<imap::LoginDialogue>(imap::LoginDialogueOptions{.hostname = settings.server.hostname,
                                                                                .backends = backends,
                                                                                .limits = limits,
                                                                                .transport = transport,
                                                                                .language = settings.server.language,
                                                                                .sasl = std::move(terms)});
    }
    smtp::LoginDialogueOptions options;
    options.hostname = settings.server.hostname;
    options.backends = backends;
    options.backends.limit_messages(settings.submission.max_message_bytes);
    options.bad_commands = settings.limits.submission_bad_commands;
    options.login_attempts = settings.limits.login_attempts;
    options.transport = transport;
    options.language = settings.server.language;
    options.sasl = std::move(terms);
    return std::make_unique<smtp::LoginDialogue>(std::move(options));
}

std::unique_ptr<BackendStartTls> make_backend_starttls(MailProtocol protocol, std::string_view hostname) {
    if (protocol == MailProtocol::imap) return std::make_unique<imap::BackendStartTls>();
    return std::make_unique<smtp::BackendStartTls>(hostname);
}

std::unique_ptr<CapabilityInquiry> make_capability_inquiry(MailProtocol protocol,
                                                           std::string_view hostname,
                                                           bool has_greeted) {
    if (protocol == MailProtocol::imap) return std::make_unique<imap::CapabilityInquiry>(has_greeted);
    return std::make_unique<smtp::CapabilityInquiry>(hostname, has_greeted);
}

std::unique_ptr<BackendLogin> make_backend_login(const BackendUser& user) {
    if (user.backend.protocol == MailProtocol::imap) return std::make_unique<imap::BackendLogin>(user);
    return std::make_unique<smtp::BackendLogin>(user);
}

std::unique_ptr<RelayGuard> make_relay_guard(const GuardedSession& session) {
    if (session.protocol == MailProtocol::imap) {
        const std::string_view capabilities = session.ready.capabilities;
        const bool takes_literals_at_once = imap::lists_capability(capabilities, "LITERAL+") ||
                                            imap::lists_capability(capabilities, "LITERAL-") ||
                                            imap::lists_capability(capabilities, "IMAP4rev2");
        return std::make_unique<imap::CommandGuard>(takes_literals_at_once, session.compress, session.language);
    }
    auto policy = std::make_unique<SendingPolicy>(session.identity, session.senders, session.sending, session.clock,
                                                  session.language);
    return std::make_unique<smtp::TransactionGuard>(std::move(policy), session.ready.takes_chunks, session.language);
}

}  // namespace postern::proxy
