#include "net/proxy_header.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <vector>

namespace postern::net {

namespace {

constexpr std::string_view text_signature = "PROXY ";
constexpr std::string_view binary_signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t binary_head = 16;
constexpr std::size_t longest_text = 107;

// The thirteenth byte of version 2, and its fourteenth.
constexpr unsigned char local_command = 0x20;
constexpr unsigned char proxy_command = 0x21;
constexpr unsigned char unspecified = 0x00;
constexpr unsigned char tcp_over_ipv4 = 0x11;
constexpr unsigned char tcp_over_ipv6 = 0x21;

unsigned char byte_at(std::string_view text, std::size_t position) {
    return static_cast<unsigned char>(text[position]);
}

std::size_t number_at(std::string_view text, std::size_t position) {
    return static_cast<std::size_t>(byte_at(text, position)) << 8 | byte_at(text, position + 1);
}

std::optional<std::uint16_t> port_in(std::string_view text) {
    const bool is_plain = !text.empty() && std::ranges::all_of(text, base::is_digit) && (text == "0" || text[0] != '0');
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (!is_plain || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return port;
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    for (;;) {
        const auto space = text.find(' ');
        words.push_back(text.substr(0, space));
        if (space == std::string_view::npos) return words;
        text.remove_prefix(space + 1);
    }
}

}  // namespace

std::size_t ProxyHeaderReader::wants() const {
    if (outcome_) return 0;
    if (header_.size() < binary_signature.size()) return binary_signature.size() - header_.size();
    if (!header_.starts_with(text_signature)) {
        if (header_.size() < binary_head) return binary_head - header_.size();
        return binary_head + number_at(header_, binary_head - 2) - header_.size();
    }
    return header_.ends_with('\r') ? 1 : 2;  // no more than CR LF may be left of it
}

void ProxyHeaderReader::receive(std::string_view bytes) {
    assert(bytes.size() <= wants());
    header_ += bytes;
    judge();
}

void ProxyHeaderReader::judge() {
    const auto begins = [this](std::string_view signature) {
        return std::string_view(header_).substr(0, signature.size()) == signature.substr(0, header_.size());
    };
    if (begins(text_signature)) return judge_text();
    if (begins(binary_signature)) return judge_binary();
    outcome_ = std::unexpected("is missing");
}

void ProxyHeaderReader::judge_text() {
    if (header_.size() < binary_signature.size()) return;
    const bool has_end = header_.ends_with("\r\n");
    if (header_.size() > longest_text || (!has_end && header_.size() == longest_text)) {
        outcome_ = std::unexpected("is longer than 107 bytes");
        return;
    }
    if (!has_end) return;
    outcome_ = std::unexpected("is malformed");
    const auto words = words_of(std::string_view(header_).substr(0, header_.size() - 2));
    if (words.size() >= 2 && words[1] == "UNKNOWN") {
        outcome_ = ProxyHeader{.is_local = true, .client = {}, .port = 0};
        return;
    }
    constexpr std::size_t words_of_tcp = 6;
    if (words.size() != words_of_tcp || (words[1] != "TCP4" && words[1] != "TCP6")) return;
    const auto client = base::IpAddress::parse(words[2]);
    const auto here = base::IpAddress::parse(words[3]);
    const auto port = port_in(words[4]);
    const bool is_v6 = words[1] == "TCP6";
    const bool is_good = client && here && port && port_in(words[5]) && words[2].contains(':') == is_v6 &&
                         words[3].contains(':') == is_v6;
    if (is_good) outcome_ = ProxyHeader{.is_local = false, .client = *client, .port = *port};
}

void ProxyHeaderReader::judge_binary() {
    if (header_.size() < binary_head) return;
    const std::size_t length = number_at(header_, binary_head - 2);
    if (binary_head + length > longest) {
        outcome_ = std::unexpected("is longer than 1024 bytes");
        return;
    }
    const unsigned char command = byte_at(header_, binary_signature.size());
    if (command != local_command && command != proxy_command) {
        outcome_ = std::unexpected("is of an unknown version or command");
        return;
    }
    if (header_.size() < binary_head + length) return;
    const unsigned char family = byte_at(header_, binary_signature.size() + 1);
    if (command == local_command || family == unspecified) {
        outcome_ = ProxyHeader{.is_local = true, .client = {}, .port = 0};
        return;
    }
    const std::size_t address_bytes = family == tcp_over_ipv4 ? 4 : 16;
    if ((family != tcp_over_ipv4 && family != tcp_over_ipv6) || length < 2 * address_bytes + 4) {
        outcome_ = std::unexpected("is not of TCP");
        return;
    }
    ProxyHeader header;
    if (family == tcp_over_ipv4) header.client.bytes[10] = header.client.bytes[11] = 0xFF;
    std::copy_n(header_.begin() + binary_head, address_bytes,
                header.client.bytes.end() - static_cast<std::ptrdiff_t>(address_bytes));
    header.port = static_cast<std::uint16_t>(number_at(header_, binary_head + 2 * address_bytes));
    outcome_ = header;
}

std::string make_proxy_header(const ProxyHeader& header, const base::IpAddress& server, std::uint16_t server_port) {
    std::string text(binary_signature);
    const auto add_number = [&](std::size_t number) {
        text += static_cast<char>(number >> 8U);
        text += static_cast<char>(number & 0xFFU);
    };
    if (header.is_local) {
        text += static_cast<char>(local_command);
        text += static_cast<char>(unspecified);
        add_number(0);
        return text;
    }
    const bool is_v4 = header.client.is_v4() && server.is_v4();
    const std::size_t address_bytes = is_v4 ? 4 : 16;
    text += static_cast<char>(proxy_command);
    text += static_cast<char>(is_v4 ? tcp_over_ipv4 : tcp_over_ipv6);
    add_number(2 * address_bytes + 4);
    for (const base::IpAddress& address : {header.client, server})
        text.append(address.bytes.end() - static_cast<std::ptrdiff_t>(address_bytes), address.bytes.end());
    add_number(header.port);
    add_number(server_port);
    return text;
}

}  // namespace postern::net
