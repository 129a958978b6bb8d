#include "autoconfig/site.hpp"

#include "example.hpp"

#include <random>

namespace postern::autoconfig {
namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr const char* config_path = "/mail/config-v1.1.xml";
constexpr const char* well_known_path = "/.well-known/autoconfig/mail/config-v1.1.xml";
constexpr const char* autodiscover_path = "/autodiscover/autodiscover.xml";

class Site : public testing::Test {
protected:
    HttpResponse ask(std::string method, std::string path, std::string host = "autoconfig.ac-amiens.fr") const {
        HttpRequest request;
        request.method = std::move(method);
        request.path = std::move(path);
        request.host = std::move(host);
        return site_.answer(request);
    }

    HttpResponse post(std::string body, std::string host = "autodiscover.ac-amiens.fr") const {
        HttpRequest request;
        request.method = "POST";
        request.path = autodiscover_path;
        request.host = std::move(host);
        request.body = std::move(body);
        return site_.answer(request);
    }

    AutoconfigSite site_{example::all_services(example::settings_of_two_domains())};
};

TEST_F(Site, ServesTheConfigOfADomainOnItsHostsAndBothPaths) {
    for (const char* host : {"ac-amiens.fr", "autoconfig.ac-amiens.fr", "autodiscover.ac-amiens.fr"})
        for (const char* path : {config_path, well_known_path})
            for (const char* method : {"GET", "HEAD"}) {
                const HttpResponse answer = ask(method, path, host);
                EXPECT_EQ(answer.status, 200U) << method << " " << host << path;
                EXPECT_EQ(example::body(answer), example::data("config-v1.1.xml"));
            }
    EXPECT_THAT(example::body(ask("GET", config_path, "courriel.ac-lille.fr")), testing::HasSubstr("imap.ac-lille.fr"));
}

TEST_F(Site, TellsHowTheConfigMayBeKept) {
    const HttpResponse answer = ask("GET", config_path);
    EXPECT_EQ(example::header(answer, "Content-Type"), "text/xml; charset=utf-8");
    EXPECT_EQ(example::header(answer, "Cache-Control"), "public, max-age=3600");
    EXPECT_EQ(example::header(answer, "X-Content-Type-Options"), "nosniff");
    EXPECT_THAT(example::header(answer, "ETag"), testing::MatchesRegex("\"[0-9a-f]{16}\""));
    EXPECT_NE(example::header(answer, "ETag"), example::header(ask("GET", config_path, "ac-lille.fr"), "ETag"));
}

TEST_F(Site, DoesNotSendAnUnchangedConfigAgain) {
    const std::string tag = example::header(ask("GET", config_path), "ETag");
    const std::vector<std::pair<std::string, unsigned>> cases{
        {tag, 304},           {"W/" + tag, 304},  {"\"a\", " + tag + ",\"b\"", 304},
        {"*", 304},           {"\"other\"", 200}, {"", 200},
        {tag.substr(1), 200}, {",,,", 200},       {"W/\"other\"", 200},
        {"W/", 200},
    };
    for (const auto& [if_none_match, status] : cases) {
        HttpRequest request;
        request.method = "GET";
        request.path = config_path;
        request.host = "ac-amiens.fr";
        request.if_none_match = if_none_match;
        const HttpResponse answer = site_.answer(request);
        EXPECT_EQ(answer.status, status) << if_none_match;
        EXPECT_EQ(answer.body == nullptr, status == 304);
        EXPECT_EQ(example::header(answer, "ETag"), tag);
        EXPECT_EQ(example::header(answer, "Cache-Control"), "public, max-age=3600");
    }
}

TEST_F(Site, GivesTheSameBytesWhateverTheQuery) {
    std::mt19937 random(1);  // NOLINT(bugprone-random-generator-seed): the same queries in every run
    std::uniform_int_distribution<int> byte(0, 255);
    std::uniform_int_distribution<std::size_t> length(0, 80);
    const HttpResponse plain = ask("GET", config_path);
    for (int i = 0; i < 1000; ++i) {
        HttpRequest request;
        request.method = "GET";
        request.path = i % 2 == 0 ? config_path : well_known_path;
        request.host = "autoconfig.ac-amiens.fr";
        request.query = i % 3 == 0 ? "" : "emailaddress=";
        for (std::size_t n = length(random); n > 0; --n) request.query += static_cast<char>(byte(random));
        request.query += i % 5 == 0 ? "@ac-amiens.fr" : "";
        const HttpResponse answer = site_.answer(request);
        ASSERT_EQ(answer.status, 200U);
        ASSERT_EQ(*answer.body, *plain.body);
        ASSERT_EQ(answer.headers, plain.headers);
    }
}

TEST_F(Site, TellsNothingToAHostOfNoDomain) {
    for (const char* host : {"", "evil.example", "ac-amiens.fr.evil.example", "mail.ac-amiens.fr", "10.0.0.1"})
        for (const char* path : {config_path, autodiscover_path, "/", "/other"})
            for (const char* method : {"GET", "POST", "OPTIONS", "PROPFIND"}) {
                const HttpResponse answer = ask(method, path, host);
                EXPECT_EQ(answer.status, 421U) << method << " " << host << path;
                EXPECT_EQ(example::body(answer), "This host is not served here.\n");
                EXPECT_EQ(example::header(answer, "Allow"), "");
            }
}

TEST_F(Site, AnswersAutodiscoverInAnyCaseOfThePath) {
    for (const char* path : {autodiscover_path, "/Autodiscover/Autodiscover.xml", "/AutoDiscover/AutoDiscover.xml",
                             "/AUTODISCOVER/AUTODISCOVER.XML"})
        for (const char* method : {"GET", "HEAD"}) {
            const HttpResponse answer = ask(method, path);
            EXPECT_EQ(answer.status, 200U) << path;
            EXPECT_EQ(example::body(answer), example::data("autodiscover-response-get.xml"));
            EXPECT_EQ(example::header(answer, "Content-Type"), "text/xml; charset=utf-8");
            EXPECT_EQ(example::header(answer, "Cache-Control"), "no-store");
        }
}

TEST_F(Site, PutsTheAddressOfADomainIntoItsSettings) {
    EXPECT_EQ(example::body(post(example::pox_request("prenom.nom@ac-amiens.fr"))),
              example::data("autodiscover-response.xml"));
    const std::string lille = example::body(post(example::pox_request("p.n@AC-Lille.fr")));
    EXPECT_THAT(lille, testing::HasSubstr("<LoginName>p.n@AC-Lille.fr</LoginName>"));
    EXPECT_THAT(lille, testing::HasSubstr("imap.ac-lille.fr")) << "the domain of the address decides, not the host";
}

TEST_F(Site, LeavesTheLoginNameOutForAnyOtherAddress) {
    for (const char* address :
         {"a@evil.example", "a@autoconfig.ac-amiens.fr", "a@courriel.ac-lille.fr", "no address", ""})
        EXPECT_EQ(example::body(post(example::pox_request(address))), example::data("autodiscover-response-get.xml"))
            << address;
}

TEST_F(Site, SaysAutodiscoverErrorsWithStatus200) {
    const HttpResponse answer = post("not XML");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(example::body(answer), example::data("autodiscover-error-600.xml"));
    EXPECT_EQ(example::header(answer, "Cache-Control"), "no-store");
}

struct RouteCase {
    std::string name;
    std::string method;
    std::string path;
    unsigned status;
    std::string allow;
};

class SiteRoutes : public Site, public testing::WithParamInterface<RouteCase> {};

TEST_P(SiteRoutes, AreExactAndNeverAskForAPassword) {
    const HttpResponse answer = ask(GetParam().method, GetParam().path);
    EXPECT_EQ(answer.status, GetParam().status);
    EXPECT_EQ(example::header(answer, "Allow"), GetParam().allow);
    EXPECT_EQ(example::header(answer, "WWW-Authenticate"), "");
    EXPECT_LT(example::body(answer).size(), 64U);
}

INSTANTIATE_TEST_SUITE_P(Http,
                         SiteRoutes,
                         testing::ValuesIn(std::vector<RouteCase>{
                             {"OptionsOfConfig", "OPTIONS", config_path, 204, "GET, HEAD, OPTIONS"},
                             {"OptionsOfWellKnown", "OPTIONS", well_known_path, 204, "GET, HEAD, OPTIONS"},
                             {"OptionsOfAutodiscover", "OPTIONS", autodiscover_path, 204, "GET, HEAD, OPTIONS, POST"},
                             {"OptionsOfNothing", "OPTIONS", "/", 404, ""},
                             {"PostToConfig", "POST", config_path, 405, "GET, HEAD, OPTIONS"},
                             {"PutToConfig", "PUT", config_path, 405, "GET, HEAD, OPTIONS"},
                             {"DeleteAutodiscover", "DELETE", autodiscover_path, 405, "GET, HEAD, OPTIONS, POST"},
                             {"MethodInLowerCase", "get", config_path, 405, "GET, HEAD, OPTIONS"},
                             {"TraceOfConfig", "TRACE", config_path, 405, "GET, HEAD, OPTIONS"},
                             {"Root", "GET", "/", 404, ""},
                             {"ConfigInUpperCase", "GET", "/MAIL/config-v1.1.xml", 404, ""},
                             {"ConfigWithSlash", "GET", "/mail/config-v1.1.xml/", 404, ""},
                             {"ConfigInAnotherFolder", "GET", "/x/../mail/config-v1.1.xml", 404, ""},
                             {"AutodiscoverFolder", "GET", "/autodiscover/", 404, ""},
                             {"CarddavProbe", "PROPFIND", "/.well-known/carddav", 404, ""},
                             {"CaldavProbe", "HEAD", "/.well-known/caldav", 404, ""},
                             {"DavProbeOfRoot", "PROPFIND", "/", 404, ""},
                             {"Put", "PUT", "/evil", 404, ""},
                             {"Connect", "CONNECT", "/", 404, ""},
                         }),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace postern::autoconfig
