#include "example.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace postern::autoconfig::example {
namespace {

std::filesystem::path data_folder() {
    return std::filesystem::path(POSTERN_SOURCE_DIR) / "tests" / "data" / "autoconfig";
}

config::ListenerSettings listener(std::string name, config::ListenerProtocol protocol, std::uint16_t port) {
    config::ListenerSettings listener;
    listener.name = std::move(name);
    listener.protocol = protocol;
    listener.address = "::";
    listener.port = port;
    listener.public_port = port;
    return listener;
}

}  // namespace

config::Settings settings() {
    config::Settings settings;
    settings.listeners = {listener("imaps", config::ListenerProtocol::imap, 993),
                          listener("submissions", config::ListenerProtocol::submission, 465),
                          listener("web", config::ListenerProtocol::https, 443),
                          listener("plain-web", config::ListenerProtocol::http, 80)};
    config::DomainSettings domain;
    domain.name = "ac-amiens.fr";
    domain.display_name = "Académie d'Amiens";
    domain.display_short_name = "Amiens";
    domain.imap = {.hostname = "imap.ac-amiens.fr", .listener = "imaps"};
    domain.submission = {.hostname = "smtp.ac-amiens.fr", .listener = "submissions"};
    domain.documentation = config::DomainDocumentation{
        .url = "https://portail.ac-amiens.fr/aide/messagerie",
        .title = {{"fr", "Configurer votre messagerie"}, {"en", "Set up your mail client"}}};
    settings.domains = {domain};
    return settings;
}

config::Settings settings_of_two_domains() {
    config::Settings two = settings();
    config::DomainSettings lille;
    lille.name = "ac-lille.fr";
    lille.display_name = "Académie de Lille";
    lille.imap = {.hostname = "imap.ac-lille.fr", .listener = "imaps"};
    lille.submission = {.hostname = "smtp.ac-lille.fr", .listener = "submissions"};
    lille.web_hosts = {"courriel.ac-lille.fr"};
    two.domains.push_back(lille);
    return two;
}

MailServices services() {
    return all_services(settings()).front();
}

std::vector<MailServices> all_services(const config::Settings& settings) {
    auto all = announced_services(settings);
    if (!all) throw std::runtime_error(all.error());
    return *std::move(all);
}

std::string data(std::string_view name) {
    std::ifstream file(data_folder() / name, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + std::string(name));
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> data_names(std::string_view folder) {
    std::vector<std::string> names;
    const auto root = data_folder() / folder;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
        if (entry.is_regular_file()) names.push_back(std::filesystem::relative(entry.path(), root).string());
    std::ranges::sort(names);
    return names;
}

std::string pox_request(std::string_view address) {
    return R"(<?xml version="1.0" encoding="utf-8"?>)"
           R"(<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>)"
           "<EMailAddress>" +
           std::string(address) +
           "</EMailAddress><AcceptableResponseSchema>"
           "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
           "</AcceptableResponseSchema></Request></Autodiscover>";
}

std::string header(const net::HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
        if (base::iequals(key, name)) return value;
    return {};
}

std::string body(const net::HttpResponse& response) {
    return response.body ? *response.body : std::string();
}

}  // namespace postern::autoconfig::example
