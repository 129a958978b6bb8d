#include "proxy/imap/capabilities.hpp"

#include "base/ascii.hpp"
#include "proxy/imap/grammar.hpp"
#include "proxy/imap/status_text.hpp"

#include <algorithm>

namespace postern::proxy::imap {
namespace {

constexpr std::string_view hidden[] = {"STARTTLS", "LOGINDISABLED", "LOGIN-REFERRALS", "UNAUTHENTICATE"};

struct Named {
    std::string_view name;
    Capability capability;
};
// IMAP4rev2 includes what it names here: RFC 9051 appendix E.
constexpr Named named[] = {
    {"ID", Capability::id},
    {"ENABLE", Capability::enable},
    {"LITERAL+", Capability::literal_plus},
    {"LITERAL+", Capability::literal_minus},
    {"LITERAL-", Capability::literal_minus},
    {"IMAP4rev2", Capability::enable},
    {"IMAP4rev2", Capability::literal_minus},
};

bool begins_with(std::string_view capability, std::string_view prefix) {
    return base::iequals(capability.substr(0, prefix.size()), prefix);
}

bool is_hidden(std::string_view capability, config::Compression compress) {
    return begins_with(capability, "AUTH=") ||
           (compress == config::Compression::strip && begins_with(capability, "COMPRESS=")) ||
           std::ranges::any_of(hidden, [&](std::string_view name) { return base::iequals(name, capability); });
}

}  // namespace

bool lists_capability(std::string_view list, std::string_view capability) {
    while (!list.empty())
        if (base::iequals(take_word(list), capability)) return true;
    return false;
}

std::optional<std::string_view> capabilities_told_by(const Response& response) {
    if (response.kind == Response::Kind::untagged) {
        if (const auto list = parse_capability_response(response.text)) return list;
    }
    const auto status = parse_status_text(response.text);
    if (!status || status->condition != StatusText::Condition::ok || !base::iequals(status->code, "CAPABILITY"))
        return std::nullopt;
    return status->code_arguments;
}

ServerCapabilities read_capabilities(std::string_view list) {
    ServerCapabilities found;
    std::size_t told = 0;
    while (!list.empty()) {
        const std::string_view word = take_word(list);
        if (!is_atom(word)) continue;
        for (const auto& [name, capability] : named)
            if (base::iequals(word, name)) found.known.add(capability);
        told += word.size() + 1;
        if (told <= max_capability_list) found.list.emplace_back(word);
    }
    return found;
}

std::string capabilities_before_login(Transport transport,
                                      Capabilities backends,
                                      std::span<const std::string_view> mechanisms) {
    const bool is_on_tls = transport == Transport::tls;
    std::string list = is_on_tls ? "IMAP4rev1 SASL-IR" : "IMAP4rev1";
    if (backends.has(Capability::id)) list += " ID";
    if (backends.has(Capability::enable)) list += " ENABLE";
    // On plaintext nothing that would shorten the way of a password.
    if (!is_on_tls) return list + " STARTTLS LOGINDISABLED";
    if (backends.has(Capability::literal_plus)) {
        list += " LITERAL+";
    } else if (backends.has(Capability::literal_minus)) {
        list += " LITERAL-";
    }
    for (const std::string_view mechanism : mechanisms) list.append(" AUTH=").append(mechanism);
    return list;
}

std::string capabilities_after_login(std::string_view list, config::Compression compress) {
    std::string kept;
    while (!list.empty()) {
        const std::string_view capability = take_word(list);
        if (!is_atom(capability) || is_hidden(capability, compress)) continue;
        if (kept.size() + 1 + capability.size() > max_capability_list) break;
        if (!kept.empty()) kept.push_back(' ');
        kept.append(capability);
    }
    return kept.empty() ? "IMAP4rev1" : kept;
}

}  // namespace postern::proxy::imap
