/// HTTP messages as plain values, so that whoever answers them needs no HTTP library and no socket.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace postern::net {

/// A request as it matters here. Everything in it is hostile; sizes are bounded by the HttpServer. There is no
/// Authorization and no Cookie in it: what is not handed on cannot be logged.
struct HttpRequest {
    std::string method;  ///< as sent, upper case for every known method
    std::string path;    ///< target without its query, percent-encoding left as it is; starts with "/"
    std::string query;   ///< behind "?", as sent; holds addresses of persons: never log it
    std::string host;    ///< Host header, lower case, without port; empty if there was none
    std::string if_none_match;
    std::string body;
};

/// An answer. The server adds Date, Content-Length and Connection, and leaves the body out for HEAD.
struct HttpResponse {
    unsigned status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::shared_ptr<const std::string> body;  ///< shared, so that a constant document is never copied; may be null
};

/// Thread rule: `answer` is called from every I/O thread at once and must not block.
class HttpHandler {
public:
    HttpHandler() = default;
    HttpHandler(const HttpHandler&) = delete;
    HttpHandler& operator=(const HttpHandler&) = delete;
    HttpHandler(HttpHandler&&) = delete;
    HttpHandler& operator=(HttpHandler&&) = delete;
    virtual ~HttpHandler() = default;

    [[nodiscard]] virtual HttpResponse answer(const HttpRequest& request) const = 0;
};

}  // namespace postern::net
