/// What a mail domain announces to mail clients: the one model that every document is made from.
///
/// Every value in it has passed the rules that clients impose on documents, so that a writer only writes. A setting
/// that would make some client fail is refused when the model is built, with a message that names the client. All of it
/// is public: it depends on the domain alone, never on a person.
#pragma once

#include "config/settings.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace postern::autoconfig {

/// When TLS starts between a client and a service.
enum class SocketSecurity : std::uint8_t {
    implicit_tls,  ///< from the first byte (RFC 8314 section 3); clients call it SSL
    starttls,      ///< by command (RFC 2595, RFC 3207)
};

/// Where clients find one service. They log in with their full address and their password: no document says otherwise.
struct MailService {
    std::string hostname;    ///< a host name, lower case
    std::uint16_t port = 0;  ///< as seen from outside
    SocketSecurity security = SocketSecurity::implicit_tls;
};

struct MailServices {
    std::string domain;              ///< a host name, lower case
    std::string display_name;        ///< one line of UTF-8, never empty
    std::string display_short_name;  ///< the same
    MailService imap;
    MailService submission;
    std::optional<config::DomainDocumentation> documentation;  ///< an http or https page; no empty titles
    std::vector<std::string> hosts;  ///< names under which the documents are served, lower case
};

/// The host names under which the documents of a domain are served: its own, `autoconfig.` and `autodiscover.` before
/// it, and its web_hosts. Lower case, none twice.
[[nodiscard]] std::vector<std::string> web_hosts_of(const config::DomainSettings& domain);

/// The model of one domain, or why it cannot be announced: "domain NAME: SETTING: reason", for the administrator.
[[nodiscard]] std::expected<MailServices, std::string> mail_services_of(const config::Settings& settings,
                                                                        const config::DomainSettings& domain);

/// The models of all domains, in the order of the settings, or the first reason why not. No host may serve two domains.
[[nodiscard]] std::expected<std::vector<MailServices>, std::string> announced_services(
    const config::Settings& settings);

}  // namespace postern::autoconfig
