/// config-v1.1.xml: the document of Thunderbird, and of most free mail clients after it
/// (draft-ietf-mailmaint-autoconfig; the element names are Mozilla's).
#pragma once

#include "autoconfig/mail_services.hpp"

#include <string>

namespace postern::autoconfig {

/// The document of a domain, in UTF-8. Pure and deterministic. It obeys what existing readers need beyond the draft:
/// one section for each direction, IMAP and SMTP first, no attribute on text elements, a user name everywhere, no
/// OAuth2, no password (docs/autoconfig.md, "Rules of the document").
[[nodiscard]] std::string autoconfig_xml(const MailServices& services);

}  // namespace postern::autoconfig
