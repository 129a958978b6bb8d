/// STARTTLS towards an IMAP backend: RFC 9051 section 6.2.1.
#pragma once

#include "proxy/backend_starttls.hpp"
#include "proxy/imap/response_reader.hpp"

#include <cstdint>
#include <string_view>

namespace postern::proxy::imap {

/// The promises of proxy::BackendStartTls. Capabilities are not asked for before TLS: whoever could add STARTTLS to the
/// list could also take it away, and a backend that does not have it says so.
class BackendStartTls final : public proxy::BackendStartTls {
public:
    explicit BackendStartTls(ResponseLimits limits = {}) : reader_(limits) {}

    void receive(std::string_view bytes) override { reader_.receive(bytes); }
    BackendTlsStep next() override;

private:
    enum class State : std::uint8_t { greeting, asking, asked, over };

    BackendTlsStep take(const Response& response);
    BackendTlsStep take_greeting(const Response& response);
    BackendTlsStep take_answer(const Response& response);
    BackendTlsStep fail(BackendFault fault, std::string_view what, std::string_view said = {});

    ResponseReader reader_;
    State state_ = State::greeting;
};

}  // namespace postern::proxy::imap
