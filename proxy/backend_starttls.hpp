/// Asking a backend for TLS, without I/O: what comes before `BackendLogin` where a backend has `tls: starttls`.
#pragma once

#include "proxy/backend_login.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace postern::proxy {

/// StartTls: shake hands, and begin a BackendLogin on TLS.
using BackendTlsStep = std::variant<ReadMore, StartTls, BackendFailed>;

/// As BackendLogin, from the greeting on. Everything that it hears may be anybody's, so nothing of it is kept: it ends
/// with StartTls or fails, and there is no way on without TLS. A backend that says more than it was asked fails,
/// because what stands behind its last reply would be taken for something that came by TLS (CVE-2021-38371).
class BackendStartTls {
public:
    BackendStartTls() = default;
    BackendStartTls(const BackendStartTls&) = delete;
    BackendStartTls& operator=(const BackendStartTls&) = delete;
    BackendStartTls(BackendStartTls&&) = delete;
    BackendStartTls& operator=(BackendStartTls&&) = delete;
    virtual ~BackendStartTls() = default;

    virtual void receive(std::string_view bytes) = 0;
    virtual BackendTlsStep next() = 0;

    [[nodiscard]] std::string take_output() { return std::exchange(output_, {}); }

protected:
    std::string output_;
};

}  // namespace postern::proxy
