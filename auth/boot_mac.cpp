#include "auth/boot_mac.hpp"

#include "auth/libsodium.hpp"

#include <sodium.h>

#include <cstring>

namespace postern::auth {

namespace {

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

BootMac::BootMac() : key_(crypto_generichash_KEYBYTES) {
    start_libsodium();
    randombytes_buf(key_.data(), key_.size());
}

BootKey BootMac::of(std::initializer_list<std::string_view> parts) const {
    crypto_generichash_state state;
    crypto_generichash_init(&state, bytes_of(base::view(key_)), key_.size(), sizeof(BootKey::bits));
    for (const std::string_view part : parts) {
        const std::uint64_t length = part.size();
        unsigned char length_bytes[sizeof length];
        std::memcpy(length_bytes, &length, sizeof length);
        crypto_generichash_update(&state, length_bytes, sizeof length_bytes);
        crypto_generichash_update(&state, bytes_of(part), part.size());
    }
    BootKey key;
    unsigned char bits[sizeof key.bits];
    crypto_generichash_final(&state, bits, sizeof bits);
    std::memcpy(key.bits.data(), bits, sizeof bits);
    sodium_memzero(&state, sizeof state);
    return key;
}

}  // namespace postern::auth
