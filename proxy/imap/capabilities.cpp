#include "proxy/imap/capabilities.hpp"

#include "base/ascii.hpp"
#include "proxy/imap/grammar.hpp"

#include <algorithm>

namespace postern::proxy::imap {
namespace {

constexpr std::string_view hidden[] = {"STARTTLS", "LOGINDISABLED", "LOGIN-REFERRALS", "UNAUTHENTICATE",
                                       "COMPRESS=DEFLATE"};
constexpr std::string_view mechanism_prefix = "AUTH=";

bool is_hidden(std::string_view capability) {
    return base::iequals(capability.substr(0, mechanism_prefix.size()), mechanism_prefix) ||
           std::ranges::any_of(hidden, [&](std::string_view name) { return base::iequals(name, capability); });
}

}  // namespace

bool lists_capability(std::string_view list, std::string_view capability) {
    while (!list.empty())
        if (base::iequals(take_word(list), capability)) return true;
    return false;
}

std::string capabilities_after_login(std::string_view list) {
    std::string kept;
    while (!list.empty()) {
        const std::string_view capability = take_word(list);
        if (!is_atom(capability) || is_hidden(capability)) continue;
        if (kept.size() + 1 + capability.size() > max_capability_list) break;
        if (!kept.empty()) kept.push_back(' ');
        kept.append(capability);
    }
    return kept.empty() ? "IMAP4rev1" : kept;
}

}  // namespace postern::proxy::imap
