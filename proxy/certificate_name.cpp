#include "proxy/certificate_name.hpp"

#include "auth/identifier.hpp"

namespace postern::proxy {

std::string certificate_name(std::span<const std::string> addresses) {
    if (addresses.size() != 1) return {};
    const auto name = auth::Identifier::parse(addresses.front());
    // One without a domain is no address, and would be completed with that of the listener.
    return name && name->has_domain() ? name->text() : std::string();
}

}  // namespace postern::proxy
