#include "base/ip_network.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include <arpa/inet.h>

namespace postern::base {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr std::uint8_t mapped_bits = 96;

std::uint8_t mask_of_byte(std::size_t index, std::uint8_t prefix_bits) {
    const std::size_t bits_before = index * 8;
    if (prefix_bits >= bits_before + 8) return 0xFF;
    if (prefix_bits <= bits_before) return 0;
    return static_cast<std::uint8_t>(0xFFU << (8 - (prefix_bits - bits_before)));
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    const std::string terminated(text);
    if (terminated.find('\0') != std::string::npos) return std::nullopt;
    IpAddress address;
    if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
    if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data() + mapped_prefix.size()) != 1) return std::nullopt;
    std::ranges::copy(mapped_prefix, address.bytes.begin());
    return address;
}

bool IpAddress::is_v4() const noexcept {
    return std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes.begin());
}

std::string IpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (!is_v4()) {
        inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
        return out.data();
    }
    // inet_ntop goes through sprintf, and every login asks three times.
    char* end = out.data();
    for (std::size_t i = mapped_prefix.size(); i != bytes.size(); ++i) {
        if (end != out.data()) *end++ = '.';
        end = std::to_chars(end, out.data() + out.size(), bytes[i]).ptr;
    }
    return {out.data(), end};
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    // "::ffff:10.0.0.0/104" is written with 128 bits, "10.0.0.0/8" with 32.
    const bool dotted_only = text.substr(0, slash).find(':') == std::string_view::npos;
    IpNetwork network{.address = *address};
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        unsigned bits = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
        const bool plain = digits.size() == 1 || (digits.size() > 1 && digits.front() != '0');
        if (error != std::errc{} || end != digits.data() + digits.size() || !plain) return std::nullopt;
        if (bits > (dotted_only ? 32U : 128U)) return std::nullopt;
        network.prefix_bits = static_cast<std::uint8_t>(dotted_only ? bits + mapped_bits : bits);
    }
    for (std::size_t i = 0; i < address->bytes.size(); ++i)
        if ((address->bytes[i] & ~mask_of_byte(i, network.prefix_bits)) != 0) return std::nullopt;
    return network;
}

bool IpNetwork::contains(const IpAddress& candidate) const noexcept {
    for (std::size_t i = 0; i < address.bytes.size(); ++i)
        if (((address.bytes[i] ^ candidate.bytes[i]) & mask_of_byte(i, prefix_bits)) != 0) return false;
    return true;
}

std::string IpNetwork::text() const {
    const bool v4 = address.is_v4() && prefix_bits >= mapped_bits;
    return address.text() + '/' + std::to_string(v4 ? prefix_bits - mapped_bits : prefix_bits);
}

}  // namespace postern::base
