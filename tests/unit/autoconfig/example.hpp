/// The settings and files that the tests of this room share.
#pragma once

#include "autoconfig/mail_services.hpp"
#include "autoconfig/site.hpp"
#include "config/settings.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace postern::autoconfig::example {

/// One domain, ac-amiens.fr, as the expected documents show it.
[[nodiscard]] config::Settings settings();

/// The same with a second domain, ac-lille.fr, with other hosts and no documentation.
[[nodiscard]] config::Settings settings_of_two_domains();

/// The model of the first domain of `settings()`.
[[nodiscard]] MailServices services();

[[nodiscard]] std::vector<MailServices> all_services(const config::Settings& settings);

/// A file below tests/data/autoconfig, byte for byte.
[[nodiscard]] std::string data(std::string_view name);

/// Names of the files below a folder there, relative to it, sorted.
[[nodiscard]] std::vector<std::string> data_names(std::string_view folder);

/// A request for an answer in Outlook's schema.
[[nodiscard]] std::string pox_request(std::string_view address);

/// Value of a header of an answer; empty if there is none.
[[nodiscard]] std::string header(const net::HttpResponse& response, std::string_view name);

[[nodiscard]] std::string body(const net::HttpResponse& response);

}  // namespace postern::autoconfig::example
