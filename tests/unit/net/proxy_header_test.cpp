#include "net/proxy_header.hpp"

#include "net/learn_peer.hpp"
#include "tests/unit/net/loopback.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace postern::net {
namespace {

const std::string binary_signature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string binary(unsigned char command, unsigned char family, const std::string& body) {
    std::string header = binary_signature;
    header += static_cast<char>(command);
    header += static_cast<char>(family);
    header += static_cast<char>(body.size() >> 8);
    header += static_cast<char>(body.size() & 0xFF);
    return header + body;
}

const std::string v4_body("\x0A\x01\x02\x03\x7F\x00\x00\x01\xC0\x01\x03\xE1", 12);
const std::string v6_body = std::string("\x20\x01\x0D\xB8", 4) + std::string(11, '\0') + "\x07" +
                            std::string(15, '\0') + "\x01" + std::string("\xC0\x01\x03\xE1", 4);

/// What was read of `bytes`, in pieces of at most `size`, and what came of it.
struct Read {
    std::size_t taken = 0;
    std::string said;
};
Read read(std::string_view bytes, std::size_t size) {
    ProxyHeaderReader reader;
    Read result;
    while (reader.wants() > 0 && result.taken < bytes.size()) {
        const auto piece = bytes.substr(result.taken, std::min(size, reader.wants()));
        reader.receive(piece);
        result.taken += piece.size();
    }
    if (reader.wants() > 0) {
        result.said = "more";
    } else if (const auto& header = reader.outcome(); !header) {
        result.said = header.error();
    } else {
        result.said = header->is_local ? "local" : header->client.text() + ' ' + std::to_string(header->port);
    }
    return result;
}

TEST(ProxyHeaderWriter, SaysWhatTheReaderReads) {
    const auto address = [](const char* text) { return *base::IpAddress::parse(text); };
    const auto said = [&](const char* client, const char* server) {
        const std::string header =
            make_proxy_header({.is_local = false, .client = address(client), .port = 49153}, address(server), 993);
        const Read result = read(header, header.size());
        return result.taken == header.size() ? result.said : "bytes are left";
    };
    EXPECT_EQ(said("10.1.2.3", "127.0.0.1"), "10.1.2.3 49153");
    EXPECT_EQ(said("2001:db8::7", "2001:db8::1"), "2001:db8::7 49153");
    EXPECT_EQ(said("10.1.2.3", "2001:db8::1"), "10.1.2.3 49153") << "in the form of IPv6";
    EXPECT_EQ(said("2001:db8::7", "10.1.2.4"), "2001:db8::7 49153");
    const std::string local = make_proxy_header({.is_local = true, .client = {}, .port = 0}, {}, 0);
    EXPECT_EQ(read(local, local.size()).said, "local");
    EXPECT_EQ(make_proxy_header({.is_local = false, .client = address("10.1.2.3"), .port = 0xC001},
                                address("127.0.0.1"), 993),
              binary(0x21, 0x11, v4_body));
}

struct Case {
    std::string name, header, said;
};
class GoodHeader : public testing::TestWithParam<Case> {};

TEST_P(GoodHeader, IsReadToItsEndAndNotFurther) {
    for (std::size_t size = 1; size <= GetParam().header.size() + 5; ++size) {
        const Read result = read(GetParam().header + "\x16\x03\x01", size);
        EXPECT_EQ(result.said, GetParam().said) << "in pieces of " << size;
        EXPECT_EQ(result.taken, GetParam().header.size()) << "in pieces of " << size;
    }
    for (std::size_t cut = 0; cut < GetParam().header.size(); ++cut)
        EXPECT_EQ(read(GetParam().header.substr(0, cut), 1).said, "more") << cut;
}

INSTANTIATE_TEST_SUITE_P(
    Proxy,
    GoodHeader,
    testing::ValuesIn(std::vector<Case>{
        {"TextOverIpv4", "PROXY TCP4 10.1.2.3 127.0.0.1 49153 993\r\n", "10.1.2.3 49153"},
        {"TextOverIpv6", "PROXY TCP6 2001:db8::7 ::1 49153 993\r\n", "2001:db8::7 49153"},
        {"ShortText", "PROXY TCP4 1.1.1.1 2.2.2.2 0 1\r\n", "1.1.1.1 0"},
        {"TextOfNobody", "PROXY UNKNOWN\r\n", "local"},
        {"LongTextOfNobody", "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", "local"},
        {"LongestText", "PROXY UNKNOWN " + std::string(91, 'x') + "\r\n", "local"},
        {"BinaryOverIpv4", binary(0x21, 0x11, v4_body), "10.1.2.3 49153"},
        {"BinaryOverIpv6", binary(0x21, 0x21, v6_body), "2001:db8::7 49153"},
        {"BinaryWithExtensions", binary(0x21, 0x11, v4_body + std::string(200, 'x')), "10.1.2.3 49153"},
        {"BinaryLocal", binary(0x20, 0x00, ""), "local"},
        {"BinaryLocalWithAddresses", binary(0x20, 0x11, v4_body), "local"},
        {"BinaryUnspecified", binary(0x21, 0x00, ""), "local"},
    }),
    [](const auto& test) { return test.param.name; });

class BadHeader : public testing::TestWithParam<Case> {};

TEST_P(BadHeader, IsRefusedWithTheReason) {
    for (const std::size_t size : {1U, 2U, 7U, 5000U}) EXPECT_EQ(read(GetParam().header, size).said, GetParam().said);
}

INSTANTIATE_TEST_SUITE_P(
    Proxy,
    BadHeader,
    testing::ValuesIn(std::vector<Case>{
        {"Tls", "\x16\x03\x01\x02\x00\x01", "is missing"},
        {"Imap", "a LOGIN x y\r\n", "is missing"},
        {"SmallLetters", "proxy TCP4 1.1.1.1 2.2.2.2 1 1\r\n", "is missing"},
        {"NoAddress", "PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n", "is malformed"},
        {"OtherFamily", "PROXY TCP6 1.1.1.1 2.2.2.2 1 1\r\n", "is malformed"},
        {"Name", "PROXY TCP4 localhost 2.2.2.2 1 1\r\n", "is malformed"},
        {"LargePort", "PROXY TCP4 1.1.1.1 2.2.2.2 65536 1\r\n", "is malformed"},
        {"SignedPort", "PROXY TCP4 1.1.1.1 2.2.2.2 +1 1\r\n", "is malformed"},
        {"LongNumbers", "PROXY TCP4 1.1.1.1 2.2.2.2 " + std::string(40, '9') + " 1\r\n", "is malformed"},
        {"TwoSpaces", "PROXY TCP4  1.1.1.1 2.2.2.2 1 1\r\n", "is malformed"},
        {"Udp", "PROXY UDP4 1.1.1.1 2.2.2.2 1 1\r\n", "is malformed"},
        {"Endless", "PROXY TCP4 " + std::string(300, 'x'), "is longer than 107 bytes"},
        {"OneByteTooMany", "PROXY UNKNOWN " + std::string(92, 'x') + "\r\n", "is longer than 107 bytes"},
        {"EndlessBinary", binary_signature + "\x21\x11\xFF\xFF", "is longer than 1024 bytes"},
        {"VersionThree", binary(0x31, 0x11, v4_body), "is of an unknown version or command"},
        {"OtherCommand", binary(0x22, 0x11, v4_body), "is of an unknown version or command"},
        {"BinaryUdp", binary(0x21, 0x12, v4_body), "is not of TCP"},
        {"BinaryUnixSocket", binary(0x21, 0x31, std::string(216, 'x')), "is not of TCP"},
        {"BinaryTooShort", binary(0x21, 0x21, v4_body), "is not of TCP"},
    }),
    [](const auto& test) { return test.param.name; });

TEST(LearnPeer, BelievesOnlyThoseWhoAreListed) {
    using namespace boost::asio::experimental::awaitable_operators;
    const std::vector<base::IpNetwork> here{*base::IpNetwork::parse("127.0.0.0/8")};
    const std::vector<base::IpNetwork> elsewhere{*base::IpNetwork::parse("10.0.0.0/8")};
    for (const auto& [listed, expected] : {std::pair(&here, "10.1.2.3"), std::pair(&elsewhere, "127.0.0.1")}) {
        boost::asio::io_context context;
        auto [outer, inner] = test::connected_sockets(context);
        Stream client(std::move(outer));
        Stream server(std::move(inner));
        test::run_to_end(context, [&]() -> boost::asio::awaitable<void> {
            (void)co_await client.write("PROXY TCP4 10.1.2.3 127.0.0.1 49153 993\r\nrest");
            const auto learned = co_await learn_peer(server, *listed);
            EXPECT_TRUE(learned);
            std::array<char, 100> bytes{};
            const auto count = co_await server.read_some(bytes);
            EXPECT_TRUE(count);
            const std::string_view read(bytes.data(), count.value_or(0));
            EXPECT_EQ(read, listed == &here ? "rest" : "PROXY TCP4 10.1.2.3 127.0.0.1 49153 993\r\nrest");
        }());
        EXPECT_EQ(server.peer_address().text(), expected);
    }
}

TEST(LearnPeer, EndsWithAPeerThatSaysNothingOfTheKind) {
    const std::vector<base::IpNetwork> here{*base::IpNetwork::parse("127.0.0.0/8")};
    boost::asio::io_context context;
    auto [outer, inner] = test::connected_sockets(context);
    Stream client(std::move(outer));
    Stream server(std::move(inner));
    test::run_to_end(context, [&]() -> boost::asio::awaitable<void> {
        (void)co_await client.write("\x16\x03\x01");
        const auto learned = co_await learn_peer(server, here);
        EXPECT_FALSE(learned);
        if (!learned) EXPECT_EQ(learned.error(), "the PROXY header is missing");
    }());
}

}  // namespace
}  // namespace postern::net
