/// What follows from the settings alone: where somebody goes, and what mail clients are told.
#include "autoconfig/autoconfig_xml.hpp"
#include "autoconfig/site.hpp"
#include "config/load.hpp"
#include "proxy/routing/router.hpp"
#include "tests/bench/hot/hot_function.hpp"

#include <fstream>
#include <memory>
#include <string>
#include <utility>

namespace postern::bench {
namespace {

const std::string example_file = POSTERN_SOURCE_DIR "/docs/examples/academie.yaml";
/// The loader wants files that are there; nothing here looks into them.
const std::string any_tls = "tls: {certificate: academie.yaml, key: academie.yaml}";

std::string example() {
    std::ifstream file(example_file);
    std::string text;
    for (std::string line; std::getline(file, line);) text += (line.starts_with("tls:") ? any_tls : line) + "\n";
    return text;
}

/// Thirty rules, and a domain that is announced.
std::shared_ptr<const config::Settings> settings() {
    const std::string text =
        example() +
        "domains:\n"
        "  - name: ac-amiens.fr\n"
        "    display_name: Messagerie de l'académie d'Amiens\n"
        "    imap: {hostname: imap.ac-amiens.fr, listener: imaps}\n"
        "    submission: {hostname: smtp.ac-amiens.fr, listener: submissions}\n"
        "    documentation: {url: https://www.ac-amiens.fr/messagerie, title: {fr: Aide, en: Help}}\n";
    auto loaded = config::load_text(text, example_file, [](const std::string&) { return std::nullopt; });
    if (!loaded) throw std::runtime_error(loaded.error().front().text());
    return std::make_shared<const config::Settings>(std::move(*loaded));
}

/// A teacher, whom no rule concerns, so that each is looked at.
Call route() {
    struct Teacher {
        std::shared_ptr<const config::Settings> all = settings();
        proxy::routing::Router router{all->routing};
        std::vector<std::string> groups{"staff", "teacher"};
        base::IpAddress client = base::IpAddress::parse("192.0.2.17").value();
    };
    return [teacher = std::make_shared<const Teacher>()] {
        const proxy::routing::Route route = teacher->router.route({.protocol = config::MailProtocol::imap,
                                                                   .listener = "imaps",
                                                                   .login = "anne.durand@ac-amiens.fr",
                                                                   .groups = teacher->groups,
                                                                   .client = teacher->client});
        require(route.backend == "teachers", "sent elsewhere");
    };
}

std::vector<autoconfig::MailServices> services() {
    auto announced = autoconfig::announced_services(*settings());
    if (!announced) throw std::runtime_error(announced.error());
    return std::move(*announced);
}

Call document() {
    return [model = services()] { require(autoconfig::autoconfig_xml(model.front()).size() > 500, "no document"); };
}

Call answer(net::HttpRequest request) {
    return [site = std::make_shared<const autoconfig::AutoconfigSite>(services()), request = std::move(request)] {
        const net::HttpResponse response = site->answer(request);
        require(response.status == 200 && response.body->size() > 500, "no document");
    };
}

Call autoconfig_answer() {
    return answer({.method = "GET",
                   .path = "/mail/config-v1.1.xml",
                   .query = "emailaddress=anne.durand@ac-amiens.fr",
                   .host = "autoconfig.ac-amiens.fr",
                   .if_none_match = {},
                   .body = {}});
}

Call autodiscover_answer() {
    constexpr const char* schema = "http://schemas.microsoft.com/exchange/autodiscover/outlook/";
    return answer({.method = "POST",
                   .path = "/autodiscover/autodiscover.xml",
                   .query = {},
                   .host = "autodiscover.ac-amiens.fr",
                   .if_none_match = {},
                   .body = "<Autodiscover xmlns=\"" + std::string(schema) +
                           "requestschema/2006\"><Request><EMailAddress>anne.durand@ac-amiens.fr</EMailAddress>"
                           "<AcceptableResponseSchema>" +
                           schema + "responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>"});
}

}  // namespace

std::vector<HotFunction> settings_functions() {
    return {
        {.name = "route/default_behind_30_rules", .prepare = route, .counted_calls = 2000},
        {.name = "autoconfig/document", .prepare = document, .counted_calls = 200},
        {.name = "autoconfig/answer", .prepare = autoconfig_answer, .counted_calls = 2000},
        {.name = "autoconfig/autodiscover_answer", .prepare = autodiscover_answer, .counted_calls = 200},
    };
}

}  // namespace postern::bench
