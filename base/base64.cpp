#include "base/base64.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace postern::base {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t not_base64 = 0xFF;

constexpr std::array<std::uint8_t, 256> digit_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(not_base64);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return values;
}();

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
    return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
}

}  // namespace

std::optional<WipingBuffer> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t digits = text.size();
    while (digits > 0 && text.size() - digits < 2 && text[digits - 1] == '=') --digits;

    WipingBuffer bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    unsigned held = 0;  // how many bits of `bits` are not yet given out
    for (const char digit : text.substr(0, digits)) {
        const std::uint8_t value = digit_values[static_cast<unsigned char>(digit)];
        if (value == not_base64) return std::nullopt;
        bits = bits << 6U | value;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes.push_back(static_cast<char>(bits >> held & 0xFFU));
    }
    if ((bits & ((1U << held) - 1U)) != 0) return std::nullopt;
    return bytes;
}

WipingBuffer base64_encode(std::string_view bytes) {
    WipingBuffer text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::uint32_t group = byte_at(bytes, at) << 16U | byte_at(bytes, at + 1) << 8U | byte_at(bytes, at + 2);
        text.push_back(alphabet[group >> 18U & 63U]);
        text.push_back(alphabet[group >> 12U & 63U]);
        text.push_back(at + 1 < bytes.size() ? alphabet[group >> 6U & 63U] : '=');
        text.push_back(at + 2 < bytes.size() ? alphabet[group & 63U] : '=');
    }
    return text;
}

}  // namespace postern::base
