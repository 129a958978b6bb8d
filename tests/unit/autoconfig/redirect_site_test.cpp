#include "autoconfig/site.hpp"
#include "example.hpp"

namespace postern::autoconfig {
namespace {

using net::HttpRequest;
using net::HttpResponse;

struct RedirectCase {
    std::string name;
    std::string method;
    std::string host;
    std::string path;
    std::string query;
    unsigned status;
    std::string location;
};

HttpResponse answer_of(const config::Settings& settings, const RedirectCase& asked) {
    HttpRequest request;
    request.method = asked.method;
    request.host = asked.host;
    request.path = asked.path;
    request.query = asked.query;
    request.body = "<LoginName>marker</LoginName>";
    return RedirectSite(settings).answer(request);
}

class Redirects : public testing::TestWithParam<RedirectCase> {};

TEST_P(Redirects, GoToHttpsOfTheSameHostAndServeNothing) {
    const HttpResponse answer = answer_of(example::settings_of_two_domains(), GetParam());
    EXPECT_EQ(answer.status, GetParam().status);
    EXPECT_EQ(example::header(answer, "Location"), GetParam().location);
    EXPECT_EQ(answer.body, nullptr);
}

const std::string autodiscover = "/Autodiscover/Autodiscover.xml";

INSTANTIATE_TEST_SUITE_P(Port80,
                         Redirects,
                         testing::ValuesIn(std::vector<RedirectCase>{
                             {"Config", "GET", "autoconfig.ac-amiens.fr", "/mail/config-v1.1.xml", "emailaddress=a%40b",
                              301, "https://autoconfig.ac-amiens.fr/mail/config-v1.1.xml?emailaddress=a%40b"},
                             {"Head", "HEAD", "ac-amiens.fr", "/", "", 301, "https://ac-amiens.fr/"},
                             {"AnyPathOfAConfiguredHost", "GET", "courriel.ac-lille.fr", "/a/../b%0d%0a", "", 301,
                              "https://courriel.ac-lille.fr/a/../b%0d%0a"},
                             {"TwoSlashes", "GET", "ac-amiens.fr", "//evil.example/", "", 301,
                              "https://ac-amiens.fr//evil.example/"},
                             {"AutodiscoverByGet", "GET", "autodiscover.ac-amiens.fr", autodiscover, "", 302,
                              "https://autodiscover.ac-amiens.fr" + autodiscover},
                             {"AutodiscoverByPost", "POST", "autodiscover.ac-amiens.fr", autodiscover, "x=1", 302,
                              "https://autodiscover.ac-amiens.fr" + autodiscover + "?x=1"},
                             {"AutodiscoverByPut", "PUT", "autodiscover.ac-amiens.fr", autodiscover, "", 405, ""},
                             {"PostToConfig", "POST", "ac-amiens.fr", "/mail/config-v1.1.xml", "", 405, ""},
                             {"Propfind", "PROPFIND", "ac-amiens.fr", "/.well-known/carddav", "", 405, ""},
                             {"UnknownHost", "GET", "evil.example", "/mail/config-v1.1.xml", "", 404, ""},
                             {"NoHost", "GET", "", "/mail/config-v1.1.xml", "", 404, ""},
                             {"LineFeedInPath", "GET", "ac-amiens.fr", "/a\r\nSet-Cookie: x", "", 404, ""},
                             {"LineFeedInQuery", "GET", "ac-amiens.fr", "/", "a\nSet-Cookie:x", 404, ""},
                             {"NulInPath", "GET", "ac-amiens.fr", std::string("/a\0b", 4), "", 404, ""},
                             {"SpaceInQuery", "GET", "ac-amiens.fr", "/", "a b", 404, ""},
                             {"OutsideAscii", "GET", "ac-amiens.fr", "/\xc3\xa9", "", 404, ""},
                             {"PathThatLengthensTheHost", "GET", "ac-amiens.fr", ".evil.example/", "", 404, ""},
                             {"EmptyPath", "GET", "ac-amiens.fr", "", "", 404, ""},
                         }),
                         [](const auto& test) { return test.param.name; });

const RedirectCase usual{"", "GET", "ac-amiens.fr", "/x", "", 301, ""};

TEST(RedirectPort, IsTheOneThatClientsSeeAndLeftOutIfItIs443) {
    config::Settings settings = example::settings();
    settings.listeners[2].port = 8443;
    EXPECT_EQ(example::header(answer_of(settings, usual), "Location"), "https://ac-amiens.fr/x") << "public_port 443";
    settings.listeners[2].public_port = 10443;
    EXPECT_EQ(example::header(answer_of(settings, usual), "Location"), "https://ac-amiens.fr:10443/x");
    settings.listeners[2].public_port = 0;
    EXPECT_EQ(example::header(answer_of(settings, usual), "Location"), "https://ac-amiens.fr:8443/x");
}

TEST(RedirectPort, Is443WithoutAnHttpsListener) {
    config::Settings settings = example::settings();
    settings.listeners.erase(settings.listeners.begin() + 2);
    EXPECT_EQ(example::header(answer_of(settings, usual), "Location"), "https://ac-amiens.fr/x");
}

TEST(RedirectMethods, AreNamedWhenAnotherIsRefused) {
    RedirectCase put = usual;
    put.method = "PUT";
    EXPECT_EQ(example::header(answer_of(example::settings(), put), "Allow"), "GET, HEAD");
    put.path = autodiscover;
    EXPECT_EQ(example::header(answer_of(example::settings(), put), "Allow"), "GET, HEAD, POST");
}

}  // namespace
}  // namespace postern::autoconfig
