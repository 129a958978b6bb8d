#include "proxy/smtp/xclient.hpp"

#include "base/xtext.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace postern::proxy::smtp {
namespace {

constexpr std::string_view keyword = "XCLIENT";
constexpr std::array<std::string_view, 4> dispensable{"HELO", "NAME", "PORT", "PROTO"};

struct Attribute {
    std::string_view name;
    std::string value;
};

std::string address_of(const base::IpAddress& client) {
    return (client.is_v4() ? "" : "IPV6:") + client.text();
}

std::vector<Attribute> attributes_of(const BackendUser& user) {
    const ClientGreeting& greeting = user.client_greeting;
    return {
        {"NAME", "[UNAVAILABLE]"},
        {"ADDR", address_of(user.client_address)},
        {"PORT", std::to_string(user.client_port)},
        {"PROTO", greeting.extended ? "ESMTP" : "SMTP"},
        {"HELO", greeting.name.empty() ? "[UNAVAILABLE]" : greeting.name},
        {"LOGIN", std::string(user.login)},
    };
}

std::string command_of(const std::vector<Attribute>& attributes) {
    std::string command(keyword);
    for (const auto& [name, value] : attributes) {
        command += ' ';
        command += name;
        command += '=';
        command += base::xtext_encode(value);
    }
    return command + "\r\n";
}

}  // namespace

bool offers_xclient_login(const Extensions& extensions) {
    return extensions.offers(keyword, "ADDR") && extensions.offers(keyword, "LOGIN");
}

std::expected<std::string, std::string_view> xclient_command(const Extensions& extensions, const BackendUser& user) {
    if (user.login.empty() || user.login.front() == '[')
        return std::unexpected("XCLIENT would take the login name for a missing one");
    std::vector<Attribute> attributes = attributes_of(user);
    std::erase_if(attributes, [&](const Attribute& each) { return !extensions.offers(keyword, each.name); });
    std::string command = command_of(attributes);
    for (const std::string_view name : dispensable) {
        if (command.size() <= longest_command_line) break;
        std::erase_if(attributes, [&](const Attribute& each) { return each.name == name; });
        command = command_of(attributes);
    }
    if (command.size() > longest_command_line) return std::unexpected("the login name is too long for XCLIENT");
    return command;
}

}  // namespace postern::proxy::smtp
