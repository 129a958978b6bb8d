// Bodies made to hurt, each in a file: the answer is one of three constant documents, so nothing of them can be in it.
#include "autoconfig/site.hpp"
#include "base/ascii.hpp"
#include "example.hpp"

#include <algorithm>
#include <set>

namespace postern::autoconfig {
namespace {

class HostileBodies : public testing::TestWithParam<std::string> {};

// Well-formed requests in Outlook's schema without an address of the domain.
const std::set<std::string> without_usable_address{
    "pox-cdata-injection.xml",
    "pox-empty-address.xml",
    "pox-foreign-domain.xml",
    "pox-long-address.xml",
    "pox-long-local-part.xml",
    "pox-no-email-legacydn.xml",
    "pox-numeric-reference-line-feed.xml",
    "pox-numeric-reference-nul.xml",
    "pox-quoted-local-part.xml",
    "pox-subdomain.xml",
    "pox-two-at-signs.xml",
    "pox-xml-injection-email.xml",
};

std::string expected_document(const std::string& file) {
    if (without_usable_address.contains(file)) return "autodiscover-response-get.xml";
    if (file == "pox-mobilesync-injection.xml") return "autodiscover-error-601.xml";
    return "autodiscover-error-600.xml";
}

TEST_P(HostileBodies, GetAConstantDocument) {
    const AutoconfigSite site(example::all_services(example::settings()));
    net::HttpRequest request;
    request.method = "POST";
    request.host = "autodiscover.ac-amiens.fr";
    request.path = "/autodiscover/autodiscover.xml";
    request.body = example::data("hostile/" + GetParam());
    const net::HttpResponse answer = site.answer(request);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(example::body(answer), example::data(expected_document(GetParam())));
}

INSTANTIATE_TEST_SUITE_P(Files, HostileBodies, testing::ValuesIn(example::data_names("hostile")), [](const auto& test) {
    std::string name = test.param;
    std::ranges::replace_if(name, [](char c) { return !base::is_alpha(c) && !base::is_digit(c); }, '_');
    return name;
});

}  // namespace
}  // namespace postern::autoconfig
