#include "auth/coarse_network.hpp"

#include <cassert>
#include <cstddef>

namespace postern::auth {

std::string network_of(const base::IpAddress& address, int prefix_v4, int prefix_v6) {
    constexpr int mapped_bits = 96;
    const int bits = address.is_v4() ? mapped_bits + prefix_v4 : prefix_v6;
    assert(bits >= 0 && bits <= 128);
    base::IpNetwork network{.address = address, .prefix_bits = static_cast<std::uint8_t>(bits)};
    for (int bit = bits; bit < 128; ++bit) {
        auto& byte = network.address.bytes[static_cast<std::size_t>(bit / 8)];
        byte = static_cast<std::uint8_t>(byte & ~(0x80U >> static_cast<unsigned>(bit % 8)));
    }
    return network.text();
}

}  // namespace postern::auth
