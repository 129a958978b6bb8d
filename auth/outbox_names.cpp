#include "auth/records/outbox_records.hpp"

namespace postern::auth {

std::string_view name_of(OutboxKind kind) {
    switch (kind) {
        case OutboxKind::mail:
            return "mail";
        case OutboxKind::sms:
            return "sms";
        case OutboxKind::hook:
            return "hook";
    }
    return "";
}

std::optional<OutboxKind> outbox_kind(std::string_view name) {
    for (const auto kind : {OutboxKind::mail, OutboxKind::sms, OutboxKind::hook})
        if (name == name_of(kind)) return kind;
    return std::nullopt;
}

std::string_view name_of(OutboxState state) {
    switch (state) {
        case OutboxState::waiting:
            return "waiting";
        case OutboxState::sent:
            return "sent";
        case OutboxState::failed:
            return "failed";
    }
    return "";
}

std::optional<OutboxState> outbox_state(std::string_view name) {
    for (const auto state : {OutboxState::waiting, OutboxState::sent, OutboxState::failed})
        if (name == name_of(state)) return state;
    return std::nullopt;
}

}  // namespace postern::auth
