#include "net/http_server.hpp"

#include "base/ascii.hpp"
#include "base/secret.hpp"
#include "net/deadline.hpp"
#include "net/learn_peer.hpp"
#include "net/log.hpp"
#include "net/metrics.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>
#include <ctime>
#include <memory>
#include <optional>
#include <string>

namespace postern::net {
namespace {

namespace http = boost::beast::http;
// Mail programs send passwords (Authorization) that nobody has asked for.
using RequestParser = http::request_parser<http::string_body, base::WipingAllocator<char>>;

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7). Valid until the thread asks again; made once a second.
std::string_view http_date() {
    struct Told {
        std::time_t second = -1;
        std::array<char, 64> text{};
        std::size_t size = 0;
    };
    static thread_local Told told;
    if (const std::time_t now = std::time(nullptr); told.second != now) {
        told.second = now;
        std::tm utc{};
        gmtime_r(&now, &utc);
        told.size = std::strftime(told.text.data(), told.text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    }
    return {told.text.data(), told.size};
}

/// The name of a Host header without its port; empty if it cannot be a host name.
std::string host_name(std::string_view host) {
    const bool literal = host.starts_with('[');
    const std::size_t end = literal ? host.find(']') : host.find(':');
    const std::string_view name =
        literal && end != std::string_view::npos ? host.substr(0, end + 1) : host.substr(0, end);
    return base::to_lower(name);
}

HttpRequest to_request(const RequestParser::value_type& message) {
    const std::string_view target = message.target();
    const std::size_t mark = target.find('?');
    return {
        .method = std::string(message.method_string()),
        .path = std::string(target.substr(0, mark)),
        .query = mark == std::string_view::npos ? std::string() : std::string(target.substr(mark + 1)),
        .host = host_name(message[http::field::host]),
        .if_none_match = std::string(message[http::field::if_none_match]),
        .body = message.body(),
    };
}

/// The octets of an answer; without its body for HEAD.
std::string octets_of(const HttpResponse& response, bool keep_alive, bool has_body) {
    constexpr std::size_t usual_head = 512;
    const std::size_t length = response.body ? response.body->size() : 0;
    const std::string_view reason = http::obsolete_reason(static_cast<http::status>(response.status));
    std::string text;
    text.reserve(usual_head + length);
    text.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ").append(reason);
    text.append("\r\nDate: ").append(http_date()).append("\r\n");
    for (const auto& [name, value] : response.headers) text.append(name).append(": ").append(value).append("\r\n");
    const bool bodiless = response.status == 204 || response.status == 304;  // RFC 9110 section 8.6
    if (!bodiless) text.append("Content-Length: ").append(std::to_string(length)).append("\r\n");
    text += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    if (response.body && has_body) text += *response.body;
    return text;
}

unsigned status_of(const boost::system::error_code& error) {
    if (error == http::error::body_limit) return 413;
    if (error == http::error::header_limit) return 431;
    return 400;
}

/// What a stranger sends as a method is not for the log.
std::string_view known_method(std::string_view method) {
    const http::verb verb = http::string_to_verb(method);
    return verb == http::verb::unknown ? std::string_view("other") : method;
}

class HttpConnection final : public Connection, public std::enable_shared_from_this<HttpConnection> {
public:
    HttpConnection(Worker& worker,
                   TcpSocket socket,
                   ConnectionLimit::Ticket ticket,
                   const TlsContext* tls,
                   std::shared_ptr<const HttpHandler> handler,
                   const HttpLimits& limits,
                   std::span<const base::IpNetwork> balancers,
                   HttpReporting reporting)
        : Connection(worker),
          ticket_(std::move(ticket)),
          stream_(std::move(socket)),
          tls_(tls),
          handler_(std::move(handler)),
          limits_(limits),
          balancers_(balancers),
          reporting_(reporting),
          deadline_(worker.context().get_executor(), [this] { stream_.cancel(); }) {}

    /// Takes itself by value: the coroutine's frame keeps the connection alive.
    static boost::asio::awaitable<void> run(std::shared_ptr<HttpConnection> self) {
        self->deadline_.set(self->limits_.request_timeout);
        if (const auto learned = co_await learn_peer(self->stream_, self->balancers_); !learned) {
            log(config::LogLevel::debug, "tls_failed", {{"protocol", "http"}, {"reason", learned.error()}});
            co_return;
        }
        if (self->limits_.addresses != nullptr) {
            self->room_ =
                self->limits_.addresses->enter(self->stream_.peer_address(), self->limits_.connections_per_address);
            if (!self->room_) co_return;
        }
        if (self->tls_ != nullptr) {
            const auto greeted = co_await self->stream_.handshake_as_server(*self->tls_);
            if (self->reporting_.counters != nullptr)
                self->reporting_.counters->handshake_ended(greeted ? self->stream_.tls_version() : "");
            if (!greeted) {
                log(config::LogLevel::debug, "tls_failed", {{"protocol", "https"}, {"reason", greeted.error()}});
                co_return;
            }
        }
        self->client_ = self->stream_.peer_address().text();
        for (unsigned served = 1; served <= self->limits_.requests; ++served) {
            const bool go_on = co_await self->serve_one(served < self->limits_.requests);
            if (!go_on) break;
        }
        self->stream_.end_output();
    }

    void shut_down() override { stream_.cancel(); }

private:
    /// False: the connection is over.
    boost::asio::awaitable<bool> serve_one(bool may_go_on) {
        deadline_.set(limits_.request_timeout);
        RequestParser parser;
        parser.header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
        parser.body_limit(limits_.body_bytes);
        const auto wrong = co_await read_request(parser);
        if (!wrong) co_return false;  // the peer has left, or the time is over
        const auto begun = std::chrono::steady_clock::now();
        if (*wrong != 0) {
            const HttpResponse refusal{.status = *wrong, .headers = {}, .body = nullptr};
            co_await write_response(refusal, "", false, begun);
            co_return false;
        }
        const HttpRequest request = to_request(parser.get());
        const bool keep_alive = may_go_on && parser.get().keep_alive();
        const HttpResponse response = handler_->answer(request);
        const bool sent = co_await write_response(response, request.method, keep_alive, begun);
        co_return sent&& keep_alive;
    }

    /// Zero: a whole request. A status: what is wrong with it. nullopt: nobody is there any more.
    boost::asio::awaitable<std::optional<unsigned>> read_request(RequestParser& parser) {
        std::array<char, 4096> chunk{};
        for (;;) {
            while (!unread_.empty()) {
                boost::system::error_code error;
                const std::size_t used = parser.put(boost::asio::buffer(unread_), error);
                unread_.erase(unread_.begin(), unread_.begin() + static_cast<std::ptrdiff_t>(used));
                if (parser.is_done()) co_return 0U;
                if (error == http::error::need_more || (!error && used == 0)) break;
                if (error) co_return status_of(error);
            }
            if (unread_.size() > limits_.header_bytes) co_return 431U;
            const auto count = co_await stream_.read_some(chunk);
            if (!count) co_return std::nullopt;
            base::append(unread_, {chunk.data(), *count});
            base::wipe({chunk.data(), *count});
        }
    }

    boost::asio::awaitable<bool> write_response(const HttpResponse& response,
                                                std::string_view method,
                                                bool keep_alive,
                                                std::chrono::steady_clock::time_point begun) {
        const auto written = co_await stream_.write(octets_of(response, keep_alive, method != "HEAD"));
        const auto spent = std::chrono::steady_clock::now() - begun;
        if (reporting_.counters != nullptr) reporting_.counters->answered(response.status);
        log(reporting_.request_level, "http",
            {{"method", known_method(method)},
             {"status", response.status},
             {"tls", stream_.tls_version()},
             {"client", client_},
             {"duration_us", std::chrono::duration_cast<std::chrono::microseconds>(spent).count()}});
        co_return written.has_value();
    }

    ConnectionLimit::Ticket ticket_;
    std::optional<AddressLimit::Ticket> room_;
    Stream stream_;
    const TlsContext* tls_;
    const std::shared_ptr<const HttpHandler> handler_;
    const HttpLimits limits_;
    const std::span<const base::IpNetwork> balancers_;
    const HttpReporting reporting_;
    Deadline deadline_;
    std::string client_;         // its address, for the log
    base::WipingBuffer unread_;  // bytes read and not yet parsed: at most one chunk more than header_bytes
};

}  // namespace

void serve_http(Worker& worker,
                TcpSocket socket,
                ConnectionLimit::Ticket ticket,
                const TlsContext* tls,
                std::shared_ptr<const HttpHandler> handler,
                const HttpLimits& limits,
                std::span<const base::IpNetwork> balancers,
                HttpReporting reporting) {
    auto connection = std::make_shared<HttpConnection>(worker, std::move(socket), std::move(ticket), tls,
                                                       std::move(handler), limits, balancers, reporting);
    worker.spawn(HttpConnection::run(std::move(connection)));
}

}  // namespace postern::net
