// The POX request as it comes from the network, through the reader alone and through the whole site.
#include "autoconfig/autodiscover_pox.hpp"

#include "autoconfig/site.hpp"
#include "base/ascii.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace postern;

autoconfig::MailServices example() {
    return {.domain = "ac-amiens.fr",
            .display_name = "Amiens",
            .display_short_name = "Amiens",
            .imap = {.hostname = "imap.ac-amiens.fr", .port = 993},
            .submission = {.hostname = "smtp.ac-amiens.fr", .port = 465},
            .documentation = std::nullopt,
            .hosts = {"ac-amiens.fr"}};
}

// libFuzzer takes an abort for a finding; assert would be gone in an optimised build.
void demand(bool holds) {
    if (!holds) std::abort();
}

// Another reader must find exactly the address and nothing that the request smuggled in beside it.
void check_settings_for(const std::string& answer, const std::string& address) {
    pugi::xml_document document;
    demand(document.load_buffer(answer.data(), answer.size(), pugi::parse_full, pugi::encoding_utf8));
    const auto names = document.select_nodes("//LoginName");
    demand(names.size() == 2);
    for (const auto& name : names) demand(name.node().text().get() == address);
    demand(document.select_nodes("//*").size() == 27);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const autoconfig::AutoconfigSite site({example()});
    static const std::string settings = autoconfig::autodiscover_settings(example(), std::nullopt);
    static const std::string error_600 = autoconfig::autodiscover_error(autoconfig::AutodiscoverError::invalid_request);
    static const std::string error_601 =
        autoconfig::autodiscover_error(autoconfig::AutodiscoverError::provider_is_not_available);

    net::HttpRequest request;
    request.method = "POST";
    request.host = "ac-amiens.fr";
    request.path = "/autodiscover/autodiscover.xml";
    request.body.assign(reinterpret_cast<const char*>(data), size);
    const net::HttpResponse response = site.answer(request);
    demand(response.status == 200 && response.body);

    const auto asked = autoconfig::read_autodiscover_request(request.body);
    if (!asked) {
        demand(*response.body == error_600 || *response.body == error_601);
    } else if (!asked->address || asked->address->domain != "ac-amiens.fr") {
        demand(*response.body == settings);
    } else {
        demand(std::ranges::all_of(asked->address->text, [](char c) { return base::is_visible(c); }));
        check_settings_for(*response.body, asked->address->text);
    }
    return 0;
}
