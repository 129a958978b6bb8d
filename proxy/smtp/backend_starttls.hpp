/// STARTTLS towards a submission server: RFC 3207.
///
///     220 -> EHLO ours -> 250 with STARTTLS -> STARTTLS -> 220 -> TLS
#pragma once

#include "proxy/backend_starttls.hpp"
#include "proxy/smtp/reply_reader.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::proxy::smtp {

/// The promises of proxy::BackendStartTls.
class BackendStartTls final : public proxy::BackendStartTls {
public:
    /// `hostname`: our own name.
    explicit BackendStartTls(std::string_view hostname) : hostname_(hostname) {}

    void receive(std::string_view bytes) override { reader_.receive(bytes); }
    BackendTlsStep next() override;

private:
    /// What the next reply answers.
    enum class Awaiting : std::uint8_t { greeting, hello, start_tls, nothing };

    BackendTlsStep take(const Reply& reply);
    BackendTlsStep ask(Awaiting awaiting, std::string_view line);
    BackendTlsStep refuse(const Reply& reply);
    BackendTlsStep fail(BackendFault fault, std::string detail);

    std::string hostname_;
    ReplyReader reader_;
    Awaiting awaiting_ = Awaiting::greeting;
};

}  // namespace postern::proxy::smtp
