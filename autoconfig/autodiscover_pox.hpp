/// Autodiscover in its "plain old XML" form: what Outlook asks by POST, and several other mail clients after it.
/// Sources: MS-OXDSCLI, "Protocol (POX)" of Microsoft's Outlook reference, MS-ASCMD 2.2.3.64 for the error codes.
#pragma once

#include "autoconfig/mail_services.hpp"
#include "autoconfig/names.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace postern::autoconfig {

/// The longest request that is looked at, in bytes. Real ones have about 400.
inline constexpr std::size_t max_autodiscover_request = 8192;

/// ErrorCode of an answer. They travel with HTTP status 200.
enum class AutodiscoverError : std::uint16_t {
    invalid_request = 600,            ///< not XML, or not a request
    provider_is_not_available = 601,  ///< asks for an answer in another schema than Outlook's, such as MobileSync's
};

struct AutodiscoverRequest {
    std::optional<MailAddress> address;  ///< none, or no usable one: the client gets settings without a login name
};

/// Reads a request, hostile bytes included: at most `max_autodiscover_request` of UTF-8 without control characters,
/// document type, entities of its own, other encoding or depth beyond 16. Of the elements only EMailAddress and
/// AcceptableResponseSchema count, under any namespace prefix. Pure; memory and time are bounded by the size limit.
[[nodiscard]] std::expected<AutodiscoverRequest, AutodiscoverError> read_autodiscover_request(std::string_view body);

/// The settings of a domain. `address` becomes the login name, XML-escaped: the only thing that any answer takes from
/// its request. It must be one of the domain. Without it clients ask the person for the login name.
[[nodiscard]] std::string autodiscover_settings(const MailServices& services,
                                                const std::optional<MailAddress>& address);

/// An error answer; always the same bytes for the same code.
[[nodiscard]] std::string autodiscover_error(AutodiscoverError error);

}  // namespace postern::autoconfig
