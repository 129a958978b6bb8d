#include "proxy/imap/capability_inquiry.hpp"

#include "proxy/imap/capabilities.hpp"
#include "proxy/imap/status_text.hpp"

namespace postern::proxy::imap {
namespace {

using Condition = StatusText::Condition;

constexpr std::string_view tag = "C";

BackendFailed failed(BackendFault fault, std::string_view what, std::string_view said = {}) {
    std::string detail(what);
    if (!said.empty()) detail.append(": ").append(printable(said));
    return {.fault = fault, .detail = std::move(detail)};
}

}  // namespace

CapabilityInquiry::CapabilityInquiry(bool has_greeted, ResponseLimits limits)
    : reader_(limits), has_greeted_(has_greeted) {
    if (has_greeted) ask();
}

InquiryStep CapabilityInquiry::next() {
    for (;;) {
        const ResponseEvent event = reader_.next();
        if (std::holds_alternative<NeedResponseBytes>(event)) return ReadMore{};
        if (const auto* fault = std::get_if<ResponseFault>(&event))
            return failed(BackendFault::protocol, describe(*fault));
        InquiryStep step = take(std::get<Response>(event));
        if (!std::holds_alternative<ReadMore>(step)) return step;
    }
}

InquiryStep CapabilityInquiry::take(const Response& response) {
    if (!has_greeted_) return take_greeting(response);
    if (response.kind == Response::Kind::continuation)
        return failed(BackendFault::protocol, "it asks for more than there is", response.text);
    const auto status = parse_status_text(response.text);
    if (response.kind == Response::Kind::untagged && status && status->condition == Condition::bye)
        return failed(BackendFault::unavailable, "it says BYE", response.text);
    if (const auto told = capabilities_told_by(response)) list_ = *told;
    return take_answer(response);
}

InquiryStep CapabilityInquiry::take_greeting(const Response& response) {
    const auto status = parse_status_text(response.text);
    if (response.kind != Response::Kind::untagged || !status)
        return failed(BackendFault::protocol, "no IMAP greeting", response.text);
    if (status->condition == Condition::bye)
        return failed(BackendFault::unavailable, "it greets with BYE", response.text);
    if (status->condition != Condition::ok)
        return failed(BackendFault::protocol, "its greeting is not OK", response.text);
    has_greeted_ = true;
    if (const auto told = capabilities_told_by(response)) return read_capabilities(*told);
    ask();
    return ReadMore{};
}

InquiryStep CapabilityInquiry::take_answer(const Response& response) {
    if (response.kind != Response::Kind::tagged || response.tag != tag) return ReadMore{};
    const auto status = parse_status_text(response.text);
    if (!status || status->condition != Condition::ok || !list_)
        return failed(BackendFault::protocol, "it does not list its capabilities", response.text);
    return read_capabilities(*list_);
}

void CapabilityInquiry::ask() {
    output_.append(tag).append(" CAPABILITY\r\n");
}

}  // namespace postern::proxy::imap
