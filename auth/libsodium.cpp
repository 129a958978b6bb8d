#include "auth/libsodium.hpp"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>

namespace postern::auth {

void start_libsodium() {
    if (sodium_init() < 0) throw std::runtime_error("libsodium cannot start: no source of random numbers");
}

std::optional<base::WipingBuffer> base64_decoded(std::string_view text, int variant) {
    // libsodium 1.0.18 reads every byte above ASCII as the last character of the alphabet.
    if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) return std::nullopt;
    base::WipingBuffer bytes(text.size() / 4 * 3 + 3);
    std::size_t count = 0;
    const char* end = nullptr;
    const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                                         text.size(), nullptr, &count, &end, variant);
    if (failed != 0 || end != text.data() + text.size()) return std::nullopt;
    bytes.resize(count);
    return bytes;
}

}  // namespace postern::auth
