#include "auth/random_code.hpp"

#include "auth/libsodium.hpp"

#include <sodium.h>

#include <array>
#include <cassert>

namespace postern::auth {

namespace {

constexpr std::size_t token_bytes = 18;
constexpr std::string_view slip_alphabet = "bcdfghjkmnpqrstvwxyz23456789";
constexpr std::size_t slip_groups = 3;
constexpr std::size_t slip_group_characters = 5;

}  // namespace

base::Secret random_characters(std::string_view alphabet, std::size_t count) {
    assert(!alphabet.empty() && alphabet.size() <= 256);
    start_libsodium();
    base::WipingBuffer text(count);
    for (char& c : text) c = alphabet[randombytes_uniform(static_cast<std::uint32_t>(alphabet.size()))];
    return base::Secret(std::move(text));
}

base::Secret random_token() {
    start_libsodium();
    std::array<unsigned char, token_bytes> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    base::WipingBuffer text(sodium_base64_ENCODED_LEN(token_bytes, variant));
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
    sodium_memzero(bytes.data(), bytes.size());
    text.pop_back();  // NUL
    return base::Secret(std::move(text));
}

base::Secret random_digits(std::size_t count) {
    assert(count >= 1 && count <= max_random_digits);
    return random_characters("0123456789", count);
}

std::int64_t random_id() {
    start_libsodium();
    std::int64_t id = 0;
    while (id == 0) {
        std::uint64_t bits = 0;
        randombytes_buf(&bits, sizeof bits);
        id = static_cast<std::int64_t>(bits & static_cast<std::uint64_t>(max_random_id));
    }
    return id;
}

base::Secret random_password_slip() {
    const base::Secret characters = random_characters(slip_alphabet, slip_groups * slip_group_characters);
    base::WipingBuffer slip;
    for (std::size_t group = 0; group < slip_groups; ++group) {
        if (group > 0) slip.push_back('-');
        base::append(slip, characters.reveal().substr(group * slip_group_characters, slip_group_characters));
    }
    return base::Secret(std::move(slip));
}

}  // namespace postern::auth
