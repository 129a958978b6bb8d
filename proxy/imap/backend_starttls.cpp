#include "proxy/imap/backend_starttls.hpp"

#include "proxy/imap/status_text.hpp"

#include <cassert>
#include <optional>
#include <utility>

namespace postern::proxy::imap {
namespace {

using Condition = StatusText::Condition;

constexpr std::string_view tag = "S";

}  // namespace

BackendTlsStep BackendStartTls::next() {
    assert(state_ != State::over);
    // Only now has the command been written: an answer that was there before is nobody's who has read it.
    if (state_ == State::asking) state_ = State::asked;
    for (;;) {
        const ResponseEvent event = reader_.next();
        if (std::holds_alternative<NeedResponseBytes>(event)) return ReadMore{};
        if (const auto* fault = std::get_if<ResponseFault>(&event))
            return fail(BackendFault::protocol, describe(*fault));
        BackendTlsStep step = take(std::get<Response>(event));
        if (!std::holds_alternative<ReadMore>(step)) return step;
    }
}

BackendTlsStep BackendStartTls::take(const Response& response) {
    if (state_ == State::greeting) return take_greeting(response);
    if (response.kind == Response::Kind::continuation)
        return fail(BackendFault::protocol, "it asks for more than there is", response.text);
    if (response.kind == Response::Kind::tagged) return take_answer(response);
    const std::optional<StatusText> status = parse_status_text(response.text);
    if (status && status->condition == Condition::bye)
        return fail(BackendFault::unavailable, "it says BYE", response.text);
    return ReadMore{};
}

/// After PREAUTH there would be no TLS and no login any more.
BackendTlsStep BackendStartTls::take_greeting(const Response& response) {
    const std::optional<StatusText> status = parse_status_text(response.text);
    if (response.kind != Response::Kind::untagged || !status)
        return fail(BackendFault::protocol, "no IMAP greeting", response.text);
    if (status->condition == Condition::bye)
        return fail(BackendFault::unavailable, "it greets with BYE", response.text);
    if (status->condition != Condition::ok)
        return fail(BackendFault::protocol, "its greeting is not OK", response.text);
    output_.append(tag).append(" STARTTLS\r\n");
    state_ = State::asking;
    return ReadMore{};
}

BackendTlsStep BackendStartTls::take_answer(const Response& response) {
    if (response.tag != tag) return ReadMore{};
    if (state_ == State::asking)
        return fail(BackendFault::protocol, "it answers STARTTLS before it was sent", response.text);
    const std::optional<StatusText> status = parse_status_text(response.text);
    if (!status) return fail(BackendFault::protocol, "its answer to STARTTLS is none", response.text);
    if (status->condition != Condition::ok)
        return fail(is_temporary(*status) ? BackendFault::unavailable : BackendFault::missing_capability,
                    "it does not take STARTTLS", response.text);
    if (reader_.bytes_held() != 0) return fail(BackendFault::protocol, "it says more between STARTTLS and TLS");
    state_ = State::over;
    return StartTls{};
}

BackendTlsStep BackendStartTls::fail(BackendFault fault, std::string_view what, std::string_view said) {
    state_ = State::over;
    output_.clear();
    std::string detail(what);
    if (!said.empty()) detail.append(": ").append(printable(said));
    return BackendFailed{fault, std::move(detail)};
}

}  // namespace postern::proxy::imap
