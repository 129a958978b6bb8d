/// Short-lived memory of secrets: what a process must recognise while it runs, and nobody afterwards.
#pragma once

#include "base/secret.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace postern::auth {

/// 128 bits that stand for some texts.
struct BootKey {
    std::array<std::uint64_t, 2> bits{};

    friend bool operator==(const BootKey&, const BootKey&) = default;
};

/// For std::unordered_map: the bits are as good as random already.
struct BootKeyHash {
    std::size_t operator()(const BootKey& key) const noexcept { return static_cast<std::size_t>(key.bits[0]); }
};

/// Keyed BLAKE2b (RFC 7693) under a random key that dies with the process. Thread rule: any thread.
class BootMac {
public:
    /// Throws std::runtime_error when libsodium cannot start.
    BootMac();

    /// Of the parts, each behind its length.
    [[nodiscard]] BootKey of(std::initializer_list<std::string_view> parts) const;

private:
    base::WipingBuffer key_;
};

}  // namespace postern::auth
