#include "proxy/imap/backend_login.hpp"

#include "base/ascii.hpp"
#include "proxy/imap/capabilities.hpp"
#include "proxy/imap/login_command.hpp"
#include "proxy/imap/status_text.hpp"

#include <cassert>
#include <iterator>
#include <utility>

namespace postern::proxy::imap {
namespace {

using Condition = StatusText::Condition;

constexpr std::string_view capability_tag = "C";
constexpr std::string_view id_tag = "I";
constexpr std::string_view login_tag = "L";
constexpr std::string_view capability_after_login_tag = "P";

bool is_reply_to(std::string_view tag, const Response& response) {
    return response.kind == Response::Kind::tagged && response.tag == tag;
}

}  // namespace

/// Where TLS was started by STARTTLS the greeting was heard before that, and forgotten: capabilities are asked for
/// anew.
BackendLogin::BackendLogin(const BackendUser& user, ResponseLimits limits) : user_(user), reader_(limits) {
    if (user.backend.tls == config::BackendTls::starttls) ask_capability(State::capability);
}

BackendStep BackendLogin::next() {
    assert(state_ != State::over);
    for (;;) {
        const ResponseEvent event = reader_.next();
        if (std::holds_alternative<NeedResponseBytes>(event)) return ReadMore{};
        if (const auto* fault = std::get_if<ResponseFault>(&event))
            return fail(BackendFault::protocol, describe(*fault));
        if (Outcome outcome = take(std::get<Response>(event))) return std::move(*outcome);
    }
}

BackendLogin::Outcome BackendLogin::take(const Response& response) {
    if (state_ == State::greeting) return take_greeting(response);
    if (response.kind == Response::Kind::untagged) return take_untagged(response);
    if (response.kind == Response::Kind::continuation) return take_continuation(response);
    if (state_ == State::capability && is_reply_to(capability_tag, response)) {
        note_capabilities(response);
        return log_in();
    }
    if (state_ == State::login && is_reply_to(login_tag, response)) return take_login_result(response);
    if (state_ == State::capability_after_login && is_reply_to(capability_after_login_tag, response)) {
        note_capabilities(response);
        return ready();
    }
    return std::nullopt;
}

BackendLogin::Outcome BackendLogin::take_greeting(const Response& response) {
    const std::optional<StatusText> status = parse_status_text(response.text);
    if (response.kind != Response::Kind::untagged || !status)
        return fail(BackendFault::protocol, "no IMAP greeting", response.text);
    if (status->condition == Condition::bye)
        return fail(BackendFault::unavailable, "it greets with BYE", response.text);
    if (status->condition != Condition::ok)
        return fail(BackendFault::protocol, "its greeting is not OK", response.text);
    note_capabilities(response);
    if (capabilities_) return log_in();
    ask_capability(State::capability);
    return std::nullopt;
}

BackendLogin::Outcome BackendLogin::take_untagged(const Response& response) {
    const std::optional<StatusText> status = parse_status_text(response.text);
    if (status && status->condition == Condition::bye)
        return fail(BackendFault::unavailable, "it says BYE", response.text);
    note_capabilities(response);
    return std::nullopt;
}

BackendLogin::Outcome BackendLogin::take_continuation(const Response& response) {
    if (unsent_parts_.empty()) return fail(BackendFault::protocol, "it asks for more than there is", response.text);
    base::append(output_, base::view(unsent_parts_.back()));
    unsent_parts_.pop_back();
    return std::nullopt;
}

BackendLogin::Outcome BackendLogin::take_login_result(const Response& response) {
    const std::optional<StatusText> status = parse_status_text(response.text);
    if (status && status->condition == Condition::no)
        return fail(is_temporary(*status) ? BackendFault::unavailable : BackendFault::refused, "it refuses the login",
                    response.text);
    if (!status || status->condition != Condition::ok)
        return fail(BackendFault::protocol, "it does not understand the login", response.text);
    if (!unsent_parts_.empty())
        return fail(BackendFault::protocol, "it accepts a login that it has not read", response.text);
    note_capabilities(response);
    if (capabilities_) return ready();
    ask_capability(State::capability_after_login);
    return std::nullopt;
}

void BackendLogin::note_capabilities(const Response& response) {
    if (const auto list = capabilities_told_by(response)) capabilities_ = *list;
}

void BackendLogin::ask_capability(State next_state) {
    state_ = next_state;
    base::append(output_, next_state == State::capability ? capability_tag : capability_after_login_tag);
    base::append(output_, " CAPABILITY\r\n");
}

BackendLogin::Outcome BackendLogin::log_in() {
    const std::string capabilities = std::exchange(capabilities_, std::nullopt).value_or("");
    std::optional<CommandParts> parts = login_command(login_tag, user_, capabilities);
    if (!parts)
        return fail(BackendFault::missing_capability, "it offers neither AUTH=PLAIN nor a LOGIN that would do",
                    capabilities);
    state_ = State::login;
    if (lists_capability(capabilities, "ID")) base::append(output_, id_command(id_tag, user_));
    base::append(output_, base::view(parts->front()));
    unsent_parts_.assign(std::make_move_iterator(parts->rbegin()), std::make_move_iterator(std::prev(parts->rend())));
    return std::nullopt;
}

BackendStep BackendLogin::ready() {
    state_ = State::over;
    return BackendReady{.capabilities = capabilities_after_login(capabilities_.value_or(""), user_.backend.compress),
                        .takes_chunks = false};
}

BackendStep BackendLogin::fail(BackendFault fault, std::string_view what, std::string_view said) {
    state_ = State::over;
    unsent_parts_.clear();
    std::string detail(what);
    if (repeats_password(said, user_)) {
        detail.append(" (its words repeat a password)");
    } else if (!said.empty()) {
        detail.append(": ").append(printable(said));
    }
    return BackendFailed{fault, std::move(detail)};
}

}  // namespace postern::proxy::imap
