/// Asking a server what it can do, without I/O and without logging in.
#pragma once

#include "proxy/backend_login.hpp"
#include "proxy/server_capabilities.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace postern::proxy {

using InquiryStep = std::variant<ReadMore, ServerCapabilities, BackendFailed>;

/// As BackendLogin: `receive` bytes, ask `next` until it gives anything but ReadMore, write `take_output` before
/// reading again. Begins with the server's greeting; where TLS was started by STARTTLS that came before, and we begin.
class CapabilityInquiry {
public:
    CapabilityInquiry() = default;
    CapabilityInquiry(const CapabilityInquiry&) = delete;
    CapabilityInquiry& operator=(const CapabilityInquiry&) = delete;
    CapabilityInquiry(CapabilityInquiry&&) = delete;
    CapabilityInquiry& operator=(CapabilityInquiry&&) = delete;
    virtual ~CapabilityInquiry() = default;

    virtual void receive(std::string_view bytes) = 0;
    virtual InquiryStep next() = 0;

    /// Whether it was willing to serve, whatever came after that.
    [[nodiscard]] virtual bool has_greeted() const = 0;

    [[nodiscard]] std::string take_output() { return std::exchange(output_, {}); }

protected:
    std::string output_;
};

}  // namespace postern::proxy
