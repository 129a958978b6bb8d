#include "auth/records/contact_records.hpp"
#include "auth/records/flow_records.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace postern::auth {

namespace {

template <class Value, std::size_t Size>
using Names = std::array<std::pair<Value, std::string_view>, Size>;

constexpr Names<ContactKind, 2> contact_names{{{ContactKind::mail, "mail"}, {ContactKind::sms, "sms"}}};
constexpr Names<RedirectState, 3> redirect_names{
    {{RedirectState::pending, "pending"}, {RedirectState::active, "active"}, {RedirectState::paused, "paused"}}};
constexpr Names<FlowKind, 7> flow_names{{{FlowKind::activation, "activation"},
                                         {FlowKind::recovery, "recovery"},
                                         {FlowKind::code, "code"},
                                         {FlowKind::screen, "screen"},
                                         {FlowKind::contact, "contact"},
                                         {FlowKind::undo, "undo"},
                                         {FlowKind::redirect, "redirect"}}};

template <class Table, class Value>
std::string_view name_in(const Table& table, Value value) {
    return std::ranges::find(table, value, &Table::value_type::first)->second;
}

template <class Table>
auto value_in(const Table& table, std::string_view name) -> std::optional<typename Table::value_type::first_type> {
    const auto found = std::ranges::find(table, name, &Table::value_type::second);
    if (found == table.end()) return std::nullopt;
    return found->first;
}

}  // namespace

std::string_view name_of(ContactKind kind) {
    return name_in(contact_names, kind);
}
std::optional<ContactKind> contact_kind(std::string_view name) {
    return value_in(contact_names, name);
}
std::string_view name_of(RedirectState state) {
    return name_in(redirect_names, state);
}
std::optional<RedirectState> redirect_state(std::string_view name) {
    return value_in(redirect_names, name);
}
std::string_view name_of(FlowKind kind) {
    return name_in(flow_names, kind);
}
std::optional<FlowKind> flow_kind(std::string_view name) {
    return value_in(flow_names, name);
}
std::string_view name_of(SecretPurpose purpose) {
    return purpose == SecretPurpose::link ? "link" : "code";
}

}  // namespace postern::auth
