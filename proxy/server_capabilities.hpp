/// What a server can do, as it says before anybody has logged in.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace postern::proxy {

/// What postern tells clients of before it knows which server they go to, and cannot do without that server.
enum class Capability : std::uint8_t {
    // Submission
    eight_bit_mime,  ///< 8BITMIME, RFC 6152
    smtputf8,        ///< RFC 6531
    chunking,        ///< RFC 3030
    binarymime,      ///< the same
    dsn,             ///< RFC 3461
    size,            ///< RFC 1870
    // IMAP
    id,             ///< RFC 2971
    enable,         ///< RFC 5161
    literal_plus,   ///< LITERAL+, RFC 7888
    literal_minus,  ///< LITERAL-, or what includes it
};

/// A set of capabilities; none at first. A value that fits one machine word, so that it can be atomic without a lock.
class Capabilities {
public:
    /// In octets. A limit that is larger is taken for this one.
    static constexpr std::uint64_t largest_limit = (std::uint64_t{1} << 48) - 1;

    constexpr void add(Capability capability) noexcept { keywords_ |= bit(capability); }
    [[nodiscard]] constexpr bool has(Capability capability) const noexcept {
        return (keywords_ & bit(capability)) != 0;
    }

    /// The largest message, in octets (RFC 1870); 0: no limit is fixed.
    [[nodiscard]] constexpr std::uint64_t message_limit() const noexcept { return message_limit_; }
    /// One more limit: the smallest holds, and 0 is none.
    constexpr void limit_messages(std::uint64_t octets) noexcept {
        octets = std::min(octets, largest_limit);
        if (octets != 0 && (message_limit_ == 0 || octets < message_limit_)) message_limit_ = octets;
    }

    /// What both have.
    [[nodiscard]] friend constexpr Capabilities common(Capabilities one, Capabilities other) noexcept {
        one.keywords_ &= other.keywords_;
        one.limit_messages(other.message_limit_);
        return one;
    }

    friend constexpr bool operator==(Capabilities, Capabilities) noexcept = default;

private:
    static constexpr std::uint64_t bit(Capability capability) noexcept {
        return std::uint64_t{1} << std::to_underlying(capability);
    }

    std::uint64_t keywords_ : 16 = 0;
    std::uint64_t message_limit_ : 48 = 0;
};
static_assert(std::atomic<Capabilities>::is_always_lock_free);

/// One server's answer.
struct ServerCapabilities {
    Capabilities known;
    std::vector<std::string> list;  ///< all that it named, for people: printable, each and all of them bounded
};

}  // namespace postern::proxy
