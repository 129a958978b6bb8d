/// IP addresses and networks as values: what rules compare, without sockets.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::base {

/// An IPv4 or IPv6 address. IPv4 is kept as its IPv4-mapped IPv6 form (RFC 4291 section 2.5.5.2), so `::ffff:10.1.2.3`
/// (a client on a dual-stack socket) and `10.1.2.3` are the same address.
struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};

    /// Reads "10.1.2.3" or "2001:db8::1"; no zone, no port. nullopt for anything else.
    [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);

    [[nodiscard]] bool is_v4() const noexcept;
    /// The usual text: dotted decimal for IPv4 and mapped addresses, RFC 5952 for IPv6.
    [[nodiscard]] std::string text() const;

    friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

/// A network in CIDR form (RFC 4632). An address without "/n" is a network of one.
struct IpNetwork {
    IpAddress address;
    std::uint8_t prefix_bits = 128;  ///< of the 128-bit form: an IPv4 /8 is 104

    /// Reads "10.0.0.0/8", "2001:db8::/32" or a single address. nullopt for anything else, also when bits behind the
    /// prefix are set ("10.1.2.3/8" is more likely a mistake than a network).
    [[nodiscard]] static std::optional<IpNetwork> parse(std::string_view text);

    [[nodiscard]] bool contains(const IpAddress& candidate) const noexcept;
    [[nodiscard]] std::string text() const;

    friend bool operator==(const IpNetwork&, const IpNetwork&) = default;
};

}  // namespace postern::base
