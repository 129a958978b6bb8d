#include "proxy/imap/login_command.hpp"

#include "proxy/imap/capabilities.hpp"
#include "proxy/sasl_passwords.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace postern::proxy::imap {
namespace {

constexpr std::size_t max_literal_minus = 4096;  // RFC 7888 section 5

/// The three parts of SASL PLAIN.
struct Login {
    std::string authzid;
    std::string authcid;
    const base::Secret& password;
};

std::optional<Login> login_for(const BackendUser& user) {
    const config::BackendSettings& backend = user.backend;
    const std::string name(user.login);
    switch (backend.login) {
        case config::BackendLogin::master_user:
            return Login{{}, name + backend.master_separator + backend.master_user, backend.master_password};
        case config::BackendLogin::authzid:
            return Login{name, backend.master_user, backend.master_password};
        case config::BackendLogin::password:
            return Login{{}, name, user.password};
        case config::BackendLogin::xclient:
            return std::nullopt;  // SMTP only
    }
    std::unreachable();
}

bool fits_quoted_string(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < '\x7f'; });
}

base::WipingBuffer quoted(std::string_view text) {
    base::WipingBuffer result;
    result.reserve(text.size() + 2);
    result.push_back('"');
    for (const char c : text) {
        if (c == '"' || c == '\\') result.push_back('\\');
        result.push_back(c);
    }
    result.push_back('"');
    return result;
}

bool takes_literal_at_once(std::size_t bytes, std::string_view capabilities) {
    return lists_capability(capabilities, "LITERAL+") ||
           (lists_capability(capabilities, "LITERAL-") && bytes <= max_literal_minus);
}

void append_string(CommandParts& parts, std::string_view text, std::string_view capabilities) {
    if (fits_quoted_string(text)) {
        base::append(parts.back(), base::view(quoted(text)));
        return;
    }
    const bool at_once = takes_literal_at_once(text.size(), capabilities);
    base::append(parts.back(), "{" + std::to_string(text.size()) + (at_once ? "+}\r\n" : "}\r\n"));
    if (!at_once) parts.emplace_back();
    base::append(parts.back(), text);
}

base::WipingBuffer buffer_with(std::string_view text) {
    return {text.begin(), text.end()};
}

CommandParts authenticate_command(std::string_view tag, const Login& login, std::string_view capabilities) {
    CommandParts parts;
    parts.push_back(buffer_with(std::string(tag) + " AUTHENTICATE PLAIN"));
    if (lists_capability(capabilities, "SASL-IR")) {
        base::append(parts.back(), " ");
    } else {
        base::append(parts.back(), "\r\n");
        parts.emplace_back();
    }
    base::append(parts.back(), base::view(encode_sasl_plain(login.authzid, login.authcid, login.password)));
    base::append(parts.back(), "\r\n");
    return parts;
}

CommandParts plain_login_command(std::string_view tag, const Login& login, std::string_view capabilities) {
    CommandParts parts;
    parts.push_back(buffer_with(std::string(tag) + " LOGIN "));
    append_string(parts, login.authcid, capabilities);
    base::append(parts.back(), " ");
    append_string(parts, login.password.reveal(), capabilities);
    base::append(parts.back(), "\r\n");
    return parts;
}

}  // namespace

std::optional<CommandParts> login_command(std::string_view tag,
                                          const BackendUser& user,
                                          std::string_view capabilities) {
    const std::optional<Login> login = login_for(user);
    if (!login) return std::nullopt;
    if (lists_capability(capabilities, "AUTH=PLAIN")) return authenticate_command(tag, *login, capabilities);
    if (!login->authzid.empty() || lists_capability(capabilities, "LOGINDISABLED")) return std::nullopt;
    return plain_login_command(tag, *login, capabilities);
}

std::string id_command(std::string_view tag, const BackendUser& user) {
    return std::string(tag) + " ID (\"x-originating-ip\" \"" + user.client_address.text() +
           "\" \"x-originating-port\" \"" + std::to_string(user.client_port) + "\")\r\n";
}

bool repeats_password(std::string_view said, const BackendUser& user) {
    const std::optional<Login> login = login_for(user);
    if (!login || login->password.empty()) return false;
    const std::string_view password = login->password.reveal();
    return said.contains(password) || said.contains(base::view(quoted(password))) ||
           said.contains(base::view(encode_sasl_plain(login->authzid, login->authcid, login->password)));
}

}  // namespace postern::proxy::imap
