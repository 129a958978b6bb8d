#include "net/http_server.hpp"

#include "tests/unit/net/loopback.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

namespace postern::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Answers with what it was asked.
class Echo final : public HttpHandler {
public:
    HttpResponse answer(const HttpRequest& request) const override {
        const std::string text = request.method + '|' + request.path + '|' + request.query + '|' + request.host + '|' +
                                 request.if_none_match + '|' + request.body;
        return {.status = 200,
                .headers = {{"Content-Type", "text/plain"}},
                .body = std::make_shared<const std::string>(text)};
    }
};

/// One worker that serves one connection, and a blocking client's socket to it.
class HttpServerTest : public testing::Test {
protected:
    void serve(const HttpLimits& limits = {}) {
        TcpAcceptor acceptor(worker_.context(), {asio::ip::address_v4::loopback(), 0});
        client_.connect(acceptor.local_endpoint());
        TcpSocket accepted = acceptor.accept();
        auto ticket = connections_.enter();
        serve_http(worker_, std::move(accepted), std::move(*ticket), nullptr, std::make_shared<const Echo>(), limits);
        worker_.start();
    }

    ~HttpServerTest() override {
        client_.close();
        worker_.finish(60s);
    }

    void send(std::string_view text) { asio::write(client_, asio::buffer(text)); }

    /// Everything until the server closes.
    std::string read_all() {
        std::string text;
        boost::system::error_code error;
        asio::read(client_, asio::dynamic_buffer(text), error);
        return text;
    }

    ConnectionLimit connections_{10};
    Worker worker_;
    asio::io_context context_;
    asio::ip::tcp::socket client_{context_};
};

std::string body_of(const std::string& response) {
    return response.substr(response.find("\r\n\r\n") + 4);
}

TEST_F(HttpServerTest, HandsOnWhatWasAskedAndNothingElse) {
    serve();
    send(
        "POST /a%20b?x=1&y=2 HTTP/1.1\r\nHost: Mail.Example.ORG:8443\r\nAuthorization: Basic c2VjcmV0\r\n"
        "If-None-Match: \"e\"\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody");
    const std::string response = read_all();
    EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\n")) << response;
    EXPECT_EQ(body_of(response), "POST|/a%20b|x=1&y=2|mail.example.org|\"e\"|body");
}

TEST_F(HttpServerTest, KeepsAConnectionForPipelinedRequestsInOrder) {
    serve();
    send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const std::string response = read_all();
    EXPECT_LT(response.find("GET|/1|"), response.find("GET|/2|")) << response;
    EXPECT_NE(response.find("GET|/2|"), std::string::npos) << response;
}

TEST_F(HttpServerTest, ARequestMayArriveByteByByte) {
    serve();
    const std::string request = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc";
    client_.set_option(asio::ip::tcp::no_delay(true));
    for (const char byte : request) send({&byte, 1});
    EXPECT_EQ(body_of(read_all()), "POST|/x||h||abc");
}

TEST_F(HttpServerTest, HeadHasTheLengthButNotTheBody) {
    serve();
    send("HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const std::string response = read_all();
    EXPECT_NE(response.find("Content-Length: 12\r\n"), std::string::npos) << response;
    EXPECT_EQ(body_of(response), "");
}

TEST_F(HttpServerTest, Http10ClosesAfterItsAnswer) {
    serve();
    send("GET /x HTTP/1.0\r\n\r\n");
    const std::string response = read_all();
    EXPECT_NE(response.find("Connection: close\r\n"), std::string::npos) << response;
}

struct Refusal {
    std::string name;
    std::string request;
    std::string status;
};

class HttpRefusal : public HttpServerTest, public testing::WithParamInterface<Refusal> {};

TEST_P(HttpRefusal, IsAnsweredWithItsStatusAndTheConnectionCloses) {
    serve({.header_bytes = 2000, .body_bytes = 100});
    send(GetParam().request);
    const std::string response = read_all();
    EXPECT_TRUE(response.starts_with("HTTP/1.1 " + GetParam().status)) << response;
    EXPECT_NE(response.find("Connection: close"), std::string::npos) << response;
}

INSTANTIATE_TEST_SUITE_P(
    Bad,
    HttpRefusal,
    testing::Values(Refusal{"NotHttp", "EHLO example.org\r\n\r\n", "400"},
                    Refusal{"BareControlInHeader", std::string("GET / HTTP/1.1\r\nA: \x01\r\n\r\n"), "400"},
                    Refusal{"BodyTooLarge", "POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", "413"},
                    Refusal{"LengthOverflow", "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
                            "400"},
                    Refusal{"HeaderTooLarge", "GET / HTTP/1.1\r\nA: " + std::string(2100, 'a') + "\r\n\r\n", "431"},
                    Refusal{"TwoLengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
                    Refusal{"LengthAndChunked",
                            "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"}),
    [](const auto& test) { return test.param.name; });

TEST_F(HttpServerTest, ASilentClientIsClosedWhenItsTimeIsOver) {
    serve({.request_timeout = 20ms});
    send("GET / HT");
    EXPECT_EQ(read_all(), "");
}

TEST_F(HttpServerTest, AConnectionServesNoMoreThanItsShareOfRequests) {
    serve({.requests = 2});
    send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    const std::string response = read_all();
    EXPECT_NE(response.find("GET|/2|"), std::string::npos) << response;
    EXPECT_NE(response.find("Connection: close\r\n"), std::string::npos) << response;
}

}  // namespace
}  // namespace postern::net
