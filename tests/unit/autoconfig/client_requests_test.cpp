// The requests of real clients, as captured from Thunderbird or rebuilt from the sources of the others, and what each
// gets.
#include "autoconfig/site.hpp"
#include "base/ascii.hpp"
#include "example.hpp"

#include <algorithm>
#include <stdexcept>

namespace postern::autoconfig {
namespace {

using net::HttpRequest;
using net::HttpResponse;

// Cuts a recorded request the way the HTTP server hands it on: credentials stay behind.
HttpRequest split(const std::string& raw) {
    const std::size_t head_end = raw.find("\r\n\r\n");
    const std::size_t line_end = raw.find("\r\n");
    const std::string line = raw.substr(0, line_end);
    const std::size_t method_end = line.find(' ');
    const std::size_t target_end = line.rfind(' ');
    if (head_end == std::string::npos || method_end == target_end) throw std::runtime_error("not a request");
    const std::string target = line.substr(method_end + 1, target_end - method_end - 1);
    const std::size_t question = std::min(target.find('?'), target.size());
    HttpRequest request;
    request.method = line.substr(0, method_end);
    request.path = target.substr(0, question);
    request.query = target.substr(std::min(question + 1, target.size()));
    request.body = raw.substr(head_end + 4);
    for (std::size_t at = line_end; at < head_end;) {
        const std::size_t end = raw.find("\r\n", at + 2);
        const std::string header = raw.substr(at + 2, end - at - 2);
        if (base::to_lower(header).starts_with("host: ")) request.host = base::to_lower(header.substr(6));
        at = end;
    }
    return request;
}

struct ClientCase {
    std::string file;
    unsigned status;
    std::string document;  ///< expected body, or the Location of a redirect
};

std::string title(const testing::TestParamInfo<ClientCase>& test) {
    std::string name = test.param.file;
    std::ranges::replace_if(name, [](char c) { return !base::is_alpha(c) && !base::is_digit(c); }, '_');
    return name;
}

class HttpsClients : public testing::TestWithParam<ClientCase> {};

TEST_P(HttpsClients, GetTheDocumentTheyCanRead) {
    const AutoconfigSite site(example::all_services(example::settings()));
    const HttpResponse answer = site.answer(split(example::data("requests/" + GetParam().file)));
    EXPECT_EQ(answer.status, GetParam().status);
    EXPECT_EQ(example::header(answer, "WWW-Authenticate"), "");
    if (!GetParam().document.empty()) EXPECT_EQ(example::body(answer), example::data(GetParam().document));
}

const std::string config = "config-v1.1.xml";
const std::string pox = "autodiscover-response.xml";
const std::string pox_get = "autodiscover-response-get.xml";
const std::string thunderbird = "thunderbird-153.7.0/";

const std::vector<ClientCase>& https_cases() {
    static const std::vector<ClientCase> cases{
        {"derived/activesync-pox.http", 200, "autodiscover-error-601.xml"},
        {"derived/deltachat-autoconfig.http", 200, config},
        {"derived/deltachat-autodiscover-GET.http", 200, pox_get},
        {"derived/deltachat-wellknown.http", 200, config},
        {"derived/evolution.http", 200, config},
        {"derived/fairemail.http", 200, config},
        {"derived/geary.http", 200, config},
        {"derived/k9-thunderbird-android.http", 200, config},
        {"derived/kmail-wizard.http", 200, config},
        {"derived/outlook-json-probe-v1.0.http", 404, ""},
        {"derived/outlook-json-probe.http", 404, ""},
        {"derived/outlook-pox-uppercase-path.http", 200, pox},
        {"derived/outlook-pox.http", 200, pox},
        {"derived/pacc.http", 421, ""},
        {thunderbird + "https-GET-ac-amiens.fr-wellknown.http", 200, config},
        {thunderbird + "https-GET-autoconfig.ac-amiens.fr-autoconfig.http", 200, config},
        {thunderbird + "https-GET-live.thunderbird.net-ispdb-mx.http", 421, ""},
        {thunderbird + "https-GET-live.thunderbird.net-ispdb.http", 421, ""},
        {thunderbird + "https-POST-ac-amiens.fr-autodiscover.http", 200, pox},
        {thunderbird + "https-POST-autodiscover-with-password.http", 200, pox},
        {thunderbird + "https-POST-autodiscover.ac-amiens.fr-autodiscover.http", 200, pox},
        {thunderbird + "https-PROPFIND-carddav-after-401.http", 404, ""},
        {thunderbird + "https-PROPFIND-carddav.http", 404, ""},
        {thunderbird + "oauth-addon-authorize.http", 421, ""},
        {thunderbird + "oauth-addon-token.http", 421, ""},
    };
    return cases;
}

INSTANTIATE_TEST_SUITE_P(Recorded, HttpsClients, testing::ValuesIn(https_cases()), title);

class HttpClients : public testing::TestWithParam<ClientCase> {};

TEST_P(HttpClients, AreSentToHttpsOfTheSameHost) {
    const RedirectSite site(example::settings());
    const HttpResponse answer = site.answer(split(example::data("requests/" + GetParam().file)));
    EXPECT_EQ(answer.status, GetParam().status);
    EXPECT_EQ(example::header(answer, "Location"), GetParam().document);
    EXPECT_EQ(answer.body, nullptr);
}

const std::vector<ClientCase>& http_cases() {
    static const std::vector<ClientCase> cases{
        {"derived/outlook-http-redirect-probe.http", 302,
         "https://autodiscover.ac-amiens.fr/autodiscover/autodiscover.xml"},
        {thunderbird + "http-GET-ac-amiens.fr-wellknown.http", 301,
         "https://ac-amiens.fr/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=prenom.nom%40ac-amiens.fr"},
        {thunderbird + "http-GET-autoconfig.ac-amiens.fr-autoconfig.http", 301,
         "https://autoconfig.ac-amiens.fr/mail/config-v1.1.xml?emailaddress=prenom.nom%40ac-amiens.fr"},
        {thunderbird + "http-POST-autodiscover.ac-amiens.fr-autodiscover.http", 302,
         "https://autodiscover.ac-amiens.fr/autodiscover/autodiscover.xml"},
    };
    return cases;
}

INSTANTIATE_TEST_SUITE_P(Recorded, HttpClients, testing::ValuesIn(http_cases()), title);

TEST(RecordedRequests, AreAllReplayed) {
    std::vector<std::string> replayed;
    for (const ClientCase& https : https_cases()) replayed.push_back(https.file);
    for (const ClientCase& http : http_cases()) replayed.push_back(http.file);
    EXPECT_THAT(replayed, testing::UnorderedElementsAreArray(example::data_names("requests")));
}

}  // namespace
}  // namespace postern::autoconfig
