/// The web face of autoconfiguration: documents over https, redirects to them over http.
///
/// What is answered depends on the host and path asked for, never on who asks: there is no account, no log-in and no
/// look-up behind it. No answer ever carries 401 or WWW-Authenticate, because mail clients would follow up with the
/// mail password. Thread rule: both classes are immutable after their making; `answer` may be called from any thread
/// and throws for nothing that a request can contain.
#pragma once

#include "autoconfig/mail_services.hpp"
#include "config/settings.hpp"
#include "net/http.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace postern::autoconfig {

/// For https listeners. Everything but a POX answer with a login name is rendered when it is made.
///
///     GET, HEAD        /mail/config-v1.1.xml, /.well-known/autoconfig/mail/config-v1.1.xml    any query is ignored
///     GET, HEAD, POST  /autodiscover/autodiscover.xml in any case; errors, too, travel with status 200
///     OPTIONS          on these paths: 204 and Allow; any other method: 405 and Allow
///
/// Every other path is 404, a host of no domain 421 (RFC 9110 section 15.5.20).
class AutoconfigSite final : public net::HttpHandler {
public:
    /// `domains` as `announced_services` gives them: no host belongs to two.
    explicit AutoconfigSite(std::vector<MailServices> domains);

    [[nodiscard]] net::HttpResponse answer(const net::HttpRequest& request) const override;

private:
    using Body = std::shared_ptr<const std::string>;
    struct Domain {
        MailServices services;
        Body config;
        std::string config_etag;
        Body autodiscover;  // without login name
    };

    [[nodiscard]] const Domain* domain_of_host(const std::string& host) const;
    [[nodiscard]] Body autodiscover_answer(const Domain& domain, const net::HttpRequest& request) const;

    std::vector<Domain> domains_;
    std::unordered_map<std::string, std::size_t> index_of_host_;
    Body error_600_;
    Body error_601_;
    Body not_found_;
    Body method_not_allowed_;
    Body misdirected_;
};

/// For http listeners: sends to https on the same host, path and query kept, and serves no document in clear.
/// 301 for GET and HEAD; 302 on the path of autodiscover, for POST as well, because that is what Outlook follows;
/// otherwise 405. 404 for a host of no domain and for a path or query with anything but visible ASCII in it.
class RedirectSite final : public net::HttpHandler {
public:
    /// Sends to the public port of the first https listener; without one to 443, where something else must then answer.
    explicit RedirectSite(const config::Settings& settings);

    [[nodiscard]] net::HttpResponse answer(const net::HttpRequest& request) const override;

private:
    std::unordered_set<std::string> hosts_;
    std::string port_suffix_;  // ":8443", or empty for 443
};

}  // namespace postern::autoconfig
