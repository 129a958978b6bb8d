#include "proxy/smtp/backend_starttls.hpp"

#include "proxy/smtp/extensions.hpp"

#include <cassert>
#include <utility>

namespace postern::proxy::smtp {

BackendTlsStep BackendStartTls::next() {
    assert(awaiting_ != Awaiting::nothing);
    const ReplyEvent event = reader_.next();
    if (std::holds_alternative<NoReplyYet>(event)) return ReadMore{};
    if (const auto* const fault = std::get_if<ReplyFault>(&event))
        return fail(BackendFault::protocol, std::string(describe(*fault)));
    BackendTlsStep step = take(std::get<Reply>(event));
    if (!std::holds_alternative<BackendFailed>(step) && reader_.has_unread())
        return fail(BackendFault::protocol, "it says more than it was asked before TLS");
    return step;
}

BackendTlsStep BackendStartTls::take(const Reply& reply) {
    const unsigned expected = awaiting_ == Awaiting::hello ? 250 : 220;
    if (reply.code != expected) return refuse(reply);
    switch (awaiting_) {
        case Awaiting::greeting:
            return ask(Awaiting::hello, "EHLO " + hostname_);
        case Awaiting::hello:
            if (!Extensions(reply).offers("STARTTLS"))
                return fail(BackendFault::missing_capability, "STARTTLS is not offered");
            return ask(Awaiting::start_tls, "STARTTLS");
        case Awaiting::start_tls:
            awaiting_ = Awaiting::nothing;
            return StartTls{};
        case Awaiting::nothing:
            break;
    }
    std::unreachable();
}

BackendTlsStep BackendStartTls::ask(Awaiting awaiting, std::string_view line) {
    output_.append(line).append("\r\n");
    awaiting_ = awaiting;
    return ReadMore{};
}

BackendTlsStep BackendStartTls::refuse(const Reply& reply) {
    BackendFault fault = BackendFault::protocol;
    if (awaiting_ == Awaiting::start_tls && reply.code / 100 == 5) fault = BackendFault::missing_capability;
    if (reply.code / 100 == 4) fault = BackendFault::unavailable;
    std::string_view what = "greeting: ";
    if (awaiting_ == Awaiting::hello) what = "EHLO: ";
    if (awaiting_ == Awaiting::start_tls) what = "STARTTLS: ";
    return fail(fault, std::string(what) + std::to_string(reply.code) + ' ' + printable(reply.lines.front()));
}

BackendTlsStep BackendStartTls::fail(BackendFault fault, std::string detail) {
    awaiting_ = Awaiting::nothing;
    output_.clear();
    return BackendFailed{fault, std::move(detail)};
}

}  // namespace postern::proxy::smtp
