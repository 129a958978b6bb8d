#include "proxy/smtp/capability_inquiry.hpp"

#include "proxy/smtp/extensions.hpp"

namespace postern::proxy::smtp {

CapabilityInquiry::CapabilityInquiry(std::string_view hostname, bool has_greeted)
    : hostname_(hostname), has_greeted_(has_greeted) {
    if (has_greeted) ask();
}

InquiryStep CapabilityInquiry::next() {
    const ReplyEvent event = reader_.next();
    if (std::holds_alternative<NoReplyYet>(event)) return ReadMore{};
    if (const auto* const fault = std::get_if<ReplyFault>(&event))
        return BackendFailed{.fault = BackendFault::protocol, .detail = std::string(describe(*fault))};
    InquiryStep step = take(std::get<Reply>(event));
    if (!std::holds_alternative<BackendFailed>(step) && reader_.has_unread())
        return BackendFailed{.fault = BackendFault::protocol, .detail = "it says more than it was asked"};
    return step;
}

InquiryStep CapabilityInquiry::take(const Reply& reply) {
    const unsigned expected = has_greeted_ ? 250 : 220;
    if (reply.code != expected)
        return BackendFailed{.fault = reply.code / 100 == 4 ? BackendFault::unavailable : BackendFault::protocol,
                             .detail = (has_greeted_ ? "EHLO: " : "greeting: ") + std::to_string(reply.code) + ' ' +
                                       printable(reply.lines.front())};
    if (has_greeted_) return server_capabilities(Extensions(reply));
    has_greeted_ = true;
    ask();
    return ReadMore{};
}

void CapabilityInquiry::ask() {
    output_.append("EHLO ").append(hostname_).append("\r\n");
}

}  // namespace postern::proxy::smtp
