#include "proxy/imap/status_text.hpp"

#include "base/ascii.hpp"
#include "proxy/imap/grammar.hpp"

#include <algorithm>
#include <utility>

namespace postern::proxy::imap {
namespace {

std::optional<StatusText::Condition> parse_condition(std::string_view word) {
    using enum StatusText::Condition;
    constexpr std::pair<std::string_view, StatusText::Condition> conditions[] = {
        {"OK", ok}, {"NO", no}, {"BAD", bad}, {"BYE", bye}, {"PREAUTH", preauth}};
    for (const auto& [name, condition] : conditions)
        if (base::iequals(word, name)) return condition;
    return std::nullopt;
}

}  // namespace

std::optional<StatusText> parse_status_text(std::string_view text) {
    const std::optional<StatusText::Condition> condition = parse_condition(take_word(text));
    if (!condition) return std::nullopt;
    StatusText status{.condition = *condition, .code = {}, .code_arguments = {}};
    const std::size_t bracket = text.find(']');
    if (!text.starts_with('[') || bracket == std::string_view::npos) return status;
    status.code_arguments = text.substr(1, bracket - 1);
    status.code = take_word(status.code_arguments);
    return status;
}

std::optional<std::string_view> parse_capability_response(std::string_view text) {
    if (!base::iequals(take_word(text), "CAPABILITY")) return std::nullopt;
    return text;
}

bool is_temporary(const StatusText& status) {
    constexpr std::string_view temporary[] = {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"};
    return std::ranges::any_of(temporary, [&](std::string_view code) { return base::iequals(code, status.code); });
}

}  // namespace postern::proxy::imap
